import { expect } from 'vitest';
import type { Sql } from '../../src/db/client.ts';
import { type HistoryStep, type ReplayedFields, type ReplayedState, replay } from '../../src/domain/history/replay.ts';
import { waitFor } from './wait-for.ts';

/** What the database says of a release, in the words of a replayed history. */
type Present = Omit<ReplayedState, 'breaks' | 'release'> & { release: ReplayedFields };

/**
 * Demands that the history of a release, replayed, leads to the rows as they are. Rows that are being executed show in the history as what they
 * were before.
 */
export async function expectHistoryReplays(db: Pick<Sql, 'rows'>, releaseId: string): Promise<void> {
  const { breaks, ...replayed } = replay(await readSteps(db, releaseId));
  const present = await readPresent(db, releaseId);
  for (const [id, task] of Object.entries(present.tasks)) {
    // A claim is no part of the history.
    if (task.status === 'IN_PROGRESS') present.tasks[id] = { ...task, ...replayed.tasks[id] };
  }
  // Stages of later are told when they open.
  for (const [id, stage] of Object.entries(present.stages)) {
    if (stage.attempt === '0' && stage.status === 'PENDING' && replayed.stages[id] === undefined) delete present.stages[id];
  }
  const known = Object.keys(present) as (keyof Present)[];

  expect(breaks).toEqual([]);
  for (const part of known) expect({ [part]: only(replayed[part], present[part]) }).toEqual({ [part]: present[part] });
  expect(Object.keys(present.tasks).length).toBeGreaterThan(0);
}

/** The same of every release in a database, while they may still move. */
export async function expectEveryHistoryReplays(db: Pick<Sql, 'rows'>): Promise<void> {
  const releases = await db.rows<{ id: string }>('SELECT id FROM releases');
  expect(releases.length).toBeGreaterThan(0);
  for (const { id } of releases) {
    const replays = () => expectHistoryReplays(db, id).then(() => true);
    await waitFor(replays, { what: `the history of ${id} to replay` });
  }
}

/** Of what is replayed, the fields that the rows have: the history tells more. */
export function only(replayed: unknown, present: unknown): unknown {
  if (Array.isArray(replayed) || typeof replayed !== 'object' || replayed === null) return replayed ?? null;
  if (typeof present !== 'object' || present === null) return replayed;
  const [told, rows] = [replayed as Record<string, unknown>, present as Record<string, unknown>];
  const isRow = Object.values(rows).every((value) => value === null || typeof value === 'string');
  // Fields that never had a value are not told.
  if (isRow && Object.keys(rows).length > 0) return Object.fromEntries(Object.keys(rows).map((field) => [field, told[field] ?? null]));
  return Object.fromEntries(Object.entries(told).map(([id, row]) => [id, only(row, rows[id])]));
}

/** Its history as it is replayed, oldest first. */
export async function readSteps(db: Pick<Sql, 'rows'>, releaseId: string): Promise<HistoryStep[]> {
  const heads = await db.rows<Omit<HistoryStep, 'items'> & { id: string }>(
    'SELECT id, entity_type AS entityType, entity_id AS entityId, action FROM state_history WHERE scope_id = ? ORDER BY sequence',
    [releaseId],
  );
  const items = await db.rows<HistoryStep['items'][number] & { historyId: string }>(
    `SELECT i.history_id AS historyId, i.entity_id AS entityId, i.field, i.value_before AS \`before\`, i.value_after AS \`after\`
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id WHERE h.scope_id = ? ORDER BY h.sequence, i.ordinal`,
    [releaseId],
  );
  return heads.map(({ id, ...head }) => ({ ...head, items: items.filter(({ historyId }) => historyId === id) }));
}

async function readPresent(db: Pick<Sql, 'rows'>, releaseId: string): Promise<Present> {
  const [release = {}] = await db.rows<Record<string, unknown>>(
    `SELECT type, branch, base_branch AS baseBranch, base_release_id AS baseReleaseId, base_tag AS baseTag, description, delay_reason AS delayReason,
            kick_off_reminder_date AS kickOffReminderDate, kick_off_date AS kickOffDate, target_release_date AS targetReleaseDate,
            release_date AS releaseDate, fork_commit AS forkCommit, release_tag AS releaseTag, submitted_at AS submittedAt, archived_at AS archivedAt, pre_release_requested_at AS preReleaseRequestedAt, pilot_account_id AS pilot
     FROM releases WHERE id = ?`,
    [releaseId],
  );
  const [run = { id: '' }] = await db.rows<{ id: string; status: string }>('SELECT id, status FROM runs WHERE subject_id = ?', [releaseId]);
  const linked = await db.rows<{ id: string }>(
    'SELECT milestone_id AS id FROM release_milestones WHERE release_id = ? ORDER BY milestone_id',
    [releaseId],
  );
  const holds = await db.rows<{ reason: string; subject: string }>('SELECT reason, subject FROM run_holds WHERE run_id = ?', [run.id]);
  const ofRun = (columns: string, table: string) => rowsById(db, columns, `${table} WHERE run_id = ?`, run.id);
  const ofRelease = (columns: string, table: string) => rowsById(db, columns, `${table} WHERE release_id = ?`, releaseId);
  const { id: _id, ...runFields } = run;
  return {
    release: asText(release),
    run: asText(runFields),
    holds: holds.map(({ reason, subject }) => (subject === '' ? reason : `${reason}(${subject})`)).sort(),
    stages: await ofRun('status, attempt', 'stages'),
    tasks: await ofRun('type, status, wait_reason AS waitReason', 'tasks'),
    slots: await ofRelease(`status, date, JSON_EXTRACT(flags, '$.automation') AS automation`, 'regression_slots'),
    cycles: await ofRelease('status, number', 'regression_cycles'),
    approvals: await ofRelease('decision, commit_sha AS `commit`', 'approvals'),
    submissions: await ofRelease('status, build_number AS buildNumber', 'store_submissions'),
    blockers: await ofRelease('status', 'release_blockers'),
    milestones: linked.map(({ id }) => id),
    rollouts: await ofRelease('status, pause_reason AS pauseReason, step, fraction, wanted', 'rollouts'),
  };
}

export async function rowsById(
  db: Pick<Sql, 'rows'>,
  columns: string,
  from: string,
  value: string,
): Promise<Record<string, ReplayedFields>> {
  const rows = await db.rows<Record<string, unknown> & { id: string }>(`SELECT id, ${columns} FROM ${from}`, [value]);
  return Object.fromEntries(rows.map(({ id, ...fields }) => [id, asText(fields)]));
}

/** As the history writes it. */
function asText(fields: Record<string, unknown>): ReplayedFields {
  const text = (value: unknown) => (value === null ? null : value instanceof Date ? value.toISOString() : String(value));
  return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, text(value)]));
}
