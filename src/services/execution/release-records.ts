import type { Database, Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { GateApproval } from '../../domain/gates/approvals.ts';
import type { SubjectBuild } from '../../domain/gates/subject.ts';
import type { ShippedChange } from '../../domain/notes/shipped-changes.ts';
import type { AutomationEvidence } from '../../domain/release/regression-gate.ts';
import type { TaskStatus } from '../../domain/run.ts';
import type { ClaimedTask } from '../../engine/vocabulary.ts';
import { type BlockerRow, labelOf } from '../blockers/blocker-row.ts';
import { candidateBuilds, notesDigestOf } from '../gates/gate-subject.ts';
import { givenApprovals } from '../gates/given-approvals.ts';
import { type GateReminder, remindApprovers } from '../gates/remind-approvers.ts';
import { keepChanges } from '../notes/keep-changes.ts';
import { type ComposedNotes, type KeptNotes, keepNotes } from '../notes/keep-notes.ts';
import { databaseNow } from '../release-configs/database-now.ts';
import { recordOutcome, recordReleased } from '../releases/tasks/record-outcome.ts';

/** Keys a release's own row in the tenant. */
export interface RecordKey {
  tenantId: string;
  /** Of the row that is written. */
  id: string;
}

/** What task handlers write down about a release, and read of its other tasks. Every write may be repeated. */
export interface ReleaseRecords {
  branchForked(release: RecordKey, commit: string): Promise<void>;
  candidateTagged(cycle: RecordKey, tag: string, commit: string): Promise<void>;
  releaseTagged(release: RecordKey, tag: string): Promise<void>;
  ticketCreated(platform: RecordKey, ticket: { ticketKey: string; url: string }): Promise<void>;
  testRunCreated(platform: RecordKey, run: { runId: string; url: string }): Promise<void>;
  /** Keeps composed notes, with what people changed of them, and by which words the release is found. */
  notesWritten(release: RecordKey, notes: ComposedNotes, changes: readonly ShippedChange[]): Promise<KeptNotes>;
  /** The task of this type in the same round as `task`; null when there is none. */
  sibling(task: ClaimedTask, type: string): Promise<{ id: string; output: Record<string, unknown> } | null>;
  plannedSlots(release: RecordKey): Promise<number>;
  /** As people call them, with their links. */
  openBlockers(release: RecordKey): Promise<string[]>;
  /** The latest task of this type in the run; null when there is none. */
  latest(task: ClaimedTask, type: string): Promise<{ id: string; output: Record<string, unknown> } | null>;
  /** The other tasks of the same round. */
  round(task: ClaimedTask): Promise<{ key: string; type: string; status: TaskStatus }[]>;
  /** What was said at gates of this type, about any candidate, with the roles that people have now. */
  approvals(release: RecordKey, gateType: string): Promise<GateApproval[]>;
  /** The builds of one regression cycle. */
  candidateBuilds(release: RecordKey, cycle: number): Promise<SubjectBuild[]>;
  /** How the automated tests of a cycle ended; null = it ran none. */
  automation(release: RecordKey, cycle: number): Promise<AutomationEvidence | null>;
  /** @param cycle null = the final notes. @returns null where there are none */
  notesDigest(release: RecordKey, cycle: number | null): Promise<string | null>;
  /** By the database's clock. */
  now(): Promise<Date>;
  /** Tells people that a gate still waits for them, once for each instant at which that is due. */
  remindApprovers(release: RecordKey, reminder: GateReminder): Promise<void>;
  /** Every target is live. The first instant stays. */
  released(release: RecordKey): Promise<void>;
}

export function createReleaseRecords(db: Database): ReleaseRecords {
  return {
    branchForked: (release, commit) => db.transact((tx) => recordOutcome(tx, release, 'forkCommit', commit)),
    async candidateTagged({ tenantId, id }, tag, commit) {
      await db.run('UPDATE regression_cycles SET rc_tag = ?, rc_commit = ? WHERE tenant_id = ? AND id = ?', [tag, commit, tenantId, id]);
    },
    releaseTagged: (release, tag) => db.transact((tx) => recordOutcome(tx, release, 'releaseTag', tag)),
    async ticketCreated({ tenantId, id }, { ticketKey, url }) {
      await db.run('UPDATE platform_releases SET ticket_key = ?, ticket_url = ? WHERE tenant_id = ? AND id = ?', [
        ticketKey,
        url,
        tenantId,
        id,
      ]);
    },
    async testRunCreated({ tenantId, id }, { runId, url }) {
      await db.run('UPDATE platform_releases SET test_run_id = ?, test_run_url = ? WHERE tenant_id = ? AND id = ?', [
        runId,
        url,
        tenantId,
        id,
      ]);
    },
    notesWritten: (release, notes, changes) =>
      db.transact(async (tx) => {
        const kept = await keepNotes(tx, release, notes);
        await keepChanges(tx, release, notes.cycle, changes);
        return kept;
      }),
    async sibling(task, type) {
      const [row] = await db.rows<{ id: string; output: unknown }>(
        'SELECT id, output FROM tasks WHERE stage_id = ? AND stage_attempt = ? AND type = ? ORDER BY id DESC LIMIT 1',
        [task.stageId, task.stageAttempt, type],
      );
      return row === undefined ? null : { id: row.id, output: (parseJson(row.output) as Record<string, unknown> | null) ?? {} };
    },
    async plannedSlots({ tenantId, id }) {
      const [row] = await db.rows<{ planned: number }>(
        `SELECT COUNT(*) AS planned FROM regression_slots WHERE tenant_id = ? AND release_id = ? AND status = 'PLANNED'`,
        [tenantId, id],
      );
      return Number(row?.planned ?? 0);
    },
    async openBlockers({ tenantId, id }) {
      const rows = await db.rows<Pick<BlockerRow, 'title' | 'ticketKey' | 'url'>>(
        `SELECT title, ticket_key AS ticketKey, url FROM release_blockers WHERE tenant_id = ? AND release_id = ? AND status = 'OPEN' ORDER BY id`,
        [tenantId, id],
      );
      return rows.map((row) => `${labelOf(row)}${row.url === null ? '' : ` (${row.url})`}`);
    },
    async latest(task, type) {
      const [row] = await db.rows<{ id: string; output: unknown }>(
        `SELECT id, output FROM tasks WHERE run_id = ? AND type = ? AND status <> 'CANCELLED' ORDER BY id DESC LIMIT 1`,
        [task.runId, type],
      );
      return row === undefined ? null : { id: row.id, output: (parseJson(row.output) as Record<string, unknown> | null) ?? {} };
    },
    round(task) {
      return db.rows<{ key: string; type: string; status: TaskStatus }>(
        'SELECT task_key AS `key`, type, status FROM tasks WHERE stage_id = ? AND stage_attempt = ? AND id <> ? ORDER BY id',
        [task.stageId, task.stageAttempt, task.id],
      );
    },
    approvals: (release, gateType) => givenApprovals(db, release, [gateType]),
    automation: (release, cycle) => automationOf(db, release, cycle),
    candidateBuilds: (release, cycle) => candidateBuilds(db, release, cycle),
    notesDigest: (release, cycle) => notesDigestOf(db, release, cycle),
    now: () => databaseNow(db),
    remindApprovers: (release, reminder) => remindApprovers(db, release, reminder),
    released: (release) => db.transact((tx) => recordReleased(tx, release)),
  };
}

async function automationOf(sql: Pick<Sql, 'rows'>, { tenantId, id }: RecordKey, cycle: number): Promise<AutomationEvidence | null> {
  const [row] = await sql.rows<{ status: TaskStatus; settledBy: string | null; output: unknown }>(
    `SELECT t.status, t.settled_by AS settledBy, t.output FROM releases r JOIN tasks t ON t.run_id = r.run_id
     WHERE r.tenant_id = ? AND r.id = ? AND t.type = 'AUTOMATION_RUNS' AND JSON_UNQUOTE(JSON_EXTRACT(t.input, '$.cycle')) = ?
     ORDER BY t.id DESC LIMIT 1`,
    [tenantId, id, String(cycle)],
  );
  if (row === undefined) return null;
  // The handler wrote it; while it waited it wrote something else.
  const { results, threshold } = (parseJson(row.output) ?? {}) as { results?: { status: string }[]; threshold?: number };
  const passed = results?.filter(({ status }) => status === 'SUCCEEDED').length ?? 0;
  return {
    status: row.status,
    byPerson: row.settledBy !== null,
    result: results === undefined || threshold === undefined ? null : { passed, total: results.length, thresholdPercent: threshold },
  };
}
