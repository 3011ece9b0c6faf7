import { ulid } from 'ulid';
import type { Database, Sql, Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { NotificationType, StoreEvent } from '../../../domain/release/notification-data.ts';
import { type HistoryEvent, type HistoryItem, statusItem, writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { Ring } from '../../../platform/ring.ts';
import { leftReview } from '../../releases/turn-signals.ts';
import { notesOfRelease } from '../../store-notes/store-notes-view.ts';
import type { SubmissionStatus } from '../../submissions/submission-view.ts';
import { becomesChanged, told as toldOf } from '../deployments/changing-service.ts';
import { type Message, tell } from '../tell.ts';
import { noteSubmitted } from './note-submitted.ts';
import { columnsOf, isOfRelease, ownerOf, type ReleaseSubmission, type SubmissionPlace } from './submission-place.ts';

/*
 * Submissions to stores, of releases and of deployments. The row is written first, with the build and the notes it is about: it is the intent. Then the store is
 * asked, which submits once however often it is asked for the same; then what it shows is written. Whichever step a crash falls between, the next
 * look asks the store again.
 */

export interface SubmissionRecord {
  id: string;
  ordinal: number;
  buildNumber: string;
  status: SubmissionStatus;
  reason: string | null;
  notes: Record<string, string>;
  createdAt: Date;
  /** When it was rejected, withdrawn or approved. */
  decidedAt: Date | null;
}

/** What a look at the store says of a submission. */
export interface SubmissionFinding {
  status: SubmissionStatus;
  /** The store's own word, where it is not simply one of ours. */
  providerState: string | null;
  reason: string | null;
  externalId: string | null;
  url: string | null;
}

export interface SubmissionService {
  /** The latest of the place; null = nothing was submitted yet. */
  latest(place: SubmissionPlace): Promise<SubmissionRecord | null>;
  /** Writes the next one down, once: whoever comes second gets the first one's. @param after ordinal of the one before, 0 = none */
  plan(place: SubmissionPlace, after: number, what: { buildNumber: string; notes: Record<string, string> }): Promise<SubmissionRecord>;
  /** Another build and other notes, for one that the store has refused to take. */
  replan(place: SubmissionPlace, id: string, what: { buildNumber: string; notes: Record<string, string> }): Promise<SubmissionRecord>;
  /** Writes down what the store shows, with what follows: history, messages, and whether every store has a release. */
  found(place: SubmissionPlace, id: string, finding: SubmissionFinding): Promise<SubmissionRecord>;
  /** Whether a person sent the task on after it had given up at or after `since`. What became of the attempts since then does not matter. */
  sentOnSince(task: { id: string; attempt: number }, since: Date): Promise<boolean>;
  /** What people wrote by locale, and what goes out where nobody did; null = the release has no notes. */
  notes(place: ReleaseSubmission, runId: string): Promise<{ written: Record<string, string>; generated: string | null }>;
}

/** Of the columns that keep the store's words. */
const STATE_CHARS = 128;
const URL_CHARS = 1024;
const ID_CHARS = 255;
const REASON_CHARS = 8_000;
const WHY_CHARS = 1_000;

const messageOf: Partial<Record<SubmissionStatus, NotificationType>> = {
  IN_REVIEW: 'STORE_SUBMITTED',
  APPROVED: 'STORE_APPROVED',
  REJECTED: 'STORE_REJECTED',
  WITHDRAWN: 'STORE_REJECTED',
};

export function createSubmissionService(db: Database, ring: Ring): SubmissionService {
  async function read(sql: Sql, place: SubmissionPlace, id: string | null, lock = ''): Promise<SubmissionRecord | null> {
    const [where, key] = columnsOf(place);
    const [row] = await sql.rows<Omit<SubmissionRecord, 'notes'> & { notes: unknown }>(
      `SELECT id, ordinal, build_number AS buildNumber, status, reason, notes, created_at AS createdAt, decided_at AS decidedAt
       FROM store_submissions WHERE tenant_id = ? AND ${where} ${id === null ? '' : 'AND id = ?'}
       ORDER BY ordinal DESC LIMIT 1 ${lock}`,
      [ownerOf(place).tenantId, ...key, ...(id === null ? [] : [id])],
    );
    return row === undefined ? null : { ...row, notes: parseJson(row.notes) as Record<string, string> };
  }

  async function demand(sql: Sql, place: SubmissionPlace, id: string | null, lock = ''): Promise<SubmissionRecord> {
    const row = await read(sql, place, id, lock);
    if (row === null) throw new Error(`a submission of ${ownerOf(place).id} to ${place.target} is gone`);
    return row;
  }

  /** Releases have messages for each edge; a deployment has one that shows how it stands. */
  async function told(tx: Tx, place: SubmissionPlace, messages: readonly Message[]): Promise<void> {
    if (isOfRelease(place)) await tell(tx, ring, place.release, messages);
    else toldOf(tx, ring, place.deployment);
  }

  return {
    latest: (place) => read(db, place, null),

    async plan(place, after, { buildNumber, notes }) {
      const { tenantId } = ownerOf(place);
      const id = ulid();
      const row = { id, tenant_id: tenantId, ...place.row, target: place.target, task_id: place.taskId };
      const values = { ...row, ordinal: after + 1, build_number: buildNumber, status: 'PREPARING', notes: JSON.stringify(notes) };
      await db.transact(async (tx) => {
        // From here on the store may have it.
        if (!isOfRelease(place)) await becomesChanged(tx, ring, place);
        const inserted = await tx.run(`INSERT IGNORE INTO store_submissions (${Object.keys(values).join(', ')}) VALUES (?)`, [
          Object.values(values),
        ]);
        if (inserted === 0) return;
        const items = [...named(place), { field: 'buildNumber', before: null, after: buildNumber }];
        await writeHistory(tx, [historyOf(place, id, 'CREATE', items)]);
        await told(tx, place, []);
      });
      return demand(db, place, null);
    },

    async replan(place, id, { buildNumber, notes }) {
      await db.transact(async (tx) => {
        const before = await demand(tx, place, id, 'FOR UPDATE');
        const changed = await tx.run(
          `UPDATE store_submissions SET build_number = ?, notes = ? WHERE tenant_id = ? AND id = ? AND status = 'PREPARING'`,
          [buildNumber, JSON.stringify(notes), ownerOf(place).tenantId, id],
        );
        if (changed === 0 || before.buildNumber === buildNumber) return;
        const items = [...named(place), { field: 'buildNumber', before: before.buildNumber, after: buildNumber }];
        await writeHistory(tx, [historyOf(place, id, 'UPDATE', items)]);
      });
      return demand(db, place, id);
    },

    async found(place, id, finding) {
      const { tenantId, id: ownerId } = ownerOf(place);
      return db.transact(async (tx) => {
        // Targets that are found at the same instant must not each miss the other.
        if (isOfRelease(place)) await tx.rows('SELECT id FROM releases WHERE tenant_id = ? AND id = ? FOR UPDATE', [tenantId, ownerId]);
        const before = await demand(tx, place, id, 'FOR UPDATE');
        await write(tx, tenantId, before, finding);
        const after = await demand(tx, place, id);
        if (after.status === before.status) return after;
        await writeHistory(tx, [
          {
            ...historyOf(place, id, 'UPDATE', [statusItem(before.status, after.status), ...named(place)]),
            why: finding.reason?.slice(0, WHY_CHARS) ?? null,
          },
        ]);
        if (isOfRelease(place)) await noteSubmitted(tx, place.release);
        if (before.status === 'IN_REVIEW') {
          const wakes = await leftReview(tx, ownerId, place.target);
          tx.afterCommit(() => ring(wakes));
        }
        await told(tx, place, messagesOf(place, before, after, finding));
        return after;
      });
    },

    async sentOnSince({ id, attempt }, since) {
      const rows = await db.rows(
        `SELECT 1 FROM attempts WHERE task_id = ? AND number < ? AND outcome = 'failed' AND ended_at >= ?
           AND JSON_UNQUOTE(JSON_EXTRACT(failure, '$.kind')) IN ('conflict', 'invalid', 'not-found', 'forbidden') LIMIT 1`,
        [id, attempt, since],
      );
      return rows.length > 0;
    },

    async notes({ release, platform }, runId) {
      const { rows, generated } = await notesOfRelease(db, { tenantId: release.tenantId, id: release.id, runId });
      const written = rows.filter(({ target }) => target === platform.target).map(({ locale, text }) => [locale, text]);
      return { written: Object.fromEntries(written), generated };
    },
  };
}

async function write(tx: Tx, tenantId: string, before: SubmissionRecord, finding: SubmissionFinding): Promise<void> {
  const { status, providerState, reason, externalId, url } = finding;
  const submitted = status === 'IN_REVIEW' || status === 'APPROVED';
  const decided = before.status !== status && status !== 'PREPARING' && status !== 'IN_REVIEW';
  await tx.run(
    `UPDATE store_submissions SET status = ?, provider_state = ?, reason = COALESCE(?, reason), external_id = COALESCE(?, external_id),
       url = COALESCE(?, url), submitted_at = ${submitted ? 'COALESCE(submitted_at, UTC_TIMESTAMP(3))' : 'submitted_at'},
       decided_at = ${decided ? 'UTC_TIMESTAMP(3)' : 'decided_at'} WHERE tenant_id = ? AND id = ?`,
    [
      ...[status, providerState?.slice(0, STATE_CHARS) ?? null, reason?.slice(0, REASON_CHARS) ?? null],
      ...[externalId?.slice(0, ID_CHARS) ?? null, url !== null && url.length <= URL_CHARS ? url : null, tenantId, before.id],
    ],
  );
}

function messagesOf(place: SubmissionPlace, before: SubmissionRecord, after: SubmissionRecord, finding: SubmissionFinding): Message[] {
  if (!isOfRelease(place)) return [];
  const { platform, target, version } = place.platform;
  const data: StoreEvent = { platform, target, version, buildNumber: after.buildNumber, url: finding.url };
  const type = messageOf[after.status];
  // Some stores let pass at once.
  const types =
    before.status === 'PREPARING' && type === 'STORE_APPROVED' ? (['STORE_SUBMITTED', type] as const) : type === undefined ? [] : [type];
  return types.map((of) => ({
    type: of,
    data: of === 'STORE_REJECTED' ? { ...data, reason: after.reason, outside: after.status === 'WITHDRAWN' } : data,
    dedupeKey: `${of}/${after.id}`,
  }));
}

const named = ({ named: after }: SubmissionPlace): HistoryItem[] => [{ field: 'version', before: null, after }];

function historyOf(place: SubmissionPlace, id: string, action: HistoryEvent['action'], items: HistoryItem[]): HistoryEvent {
  const { tenantId, id: scopeId } = ownerOf(place);
  return { tenantId, scopeId, entityType: 'submission', entityId: id, action, actor: engineActor, items };
}
