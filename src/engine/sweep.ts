import type { Database, Statement, Tx } from '../db/client.ts';
import type { Failure } from '../domain/failure.ts';
import type { FailureAction, TaskStatus, WaitReason } from '../domain/run.ts';
import type { Ring, Wake } from '../platform/ring.ts';
import { releaseAfter } from './dependants.ts';
import { statusItem, writeHistory } from './history.ts';
import { heldOnRestart, liftHold, placeHold } from './holds.ts';
import { livingOf, markChanged } from './living.ts';
import { writeNotices } from './notices.ts';
import type { RunDefinitions } from './run-definition.ts';
import { closeInStages, makeRunDue } from './stage-counters.ts';
import { next } from './transitions.ts';
import { engineActor } from './vocabulary.ts';

/*
 * The sweep rings for what time made due and for whatever ringing was lost, and remembers what falls due before the next one. It writes
 * nothing: a second ring is harmless, so any number of sweeps may run at once. Tenants take turns: each due row is ranked among its tenant's own, and the ring orders by rank.
 */

const PAGE = 1000;
/** A task whose lease lapsed this often kills its worker: it fails, and a person must look. */
const MAX_LAPSES = 20;

interface DueRow {
  id: string;
  fence: number;
  tenantId: string;
  runAt: Date;
  now: Date;
}

/** Where due rows lie. */
type Source = { queue: string; kind: Wake['kind']; page: (after: { runAt: Date; id: string }, aheadMs: number) => Statement };

const columns = 'id, fence, tenant_id AS tenantId, run_at AS runAt, UTC_TIMESTAMP(3) AS now';

function sourcesOf(queue: string): Source[] {
  const followed = followedRows[queue];
  if (followed !== undefined)
    return [
      { queue, kind: followed.kind, page: (after, aheadMs) => [followedPage(followed.table), [aheadMs * 1000, after.runAt, after.id]] },
    ];
  const outbox = outboxes[queue];
  if (outbox !== undefined)
    return [{ queue, kind: outbox.kind, page: (after, aheadMs) => [outboxPage(outbox.table), [aheadMs * 1000, after.runAt, after.id]] }];
  return [
    {
      queue,
      kind: 'task',
      page: (after, aheadMs) => [
        `SELECT ${columns} FROM tasks FORCE INDEX (tasks_due)
         WHERE queue = ? AND held = 0 AND run_at <= UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND AND status IN ('READY', 'WAITING') AND (run_at, id) > (?, ?)
         ORDER BY run_at, id LIMIT ${PAGE}`,
        [queue, aheadMs * 1000, after.runAt, after.id],
      ],
    },
    {
      queue,
      kind: 'run',
      page: (after, aheadMs) => [
        `SELECT ${columns} FROM runs FORCE INDEX (runs_due)
         WHERE queue = ? AND run_at <= UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND AND (run_at, id) > (?, ?) ORDER BY run_at, id LIMIT ${PAGE}`,
        [queue, aheadMs * 1000, after.runAt, after.id],
      ],
    },
  ];
}

/** Queues that are served from an outbox instead of the task table. */
const outboxes: Readonly<Record<string, { table: 'deliveries' | 'webhook_events'; kind: Wake['kind'] }>> = {
  deliveries: { table: 'deliveries', kind: 'delivery' },
  webhooks: { table: 'webhook_events', kind: 'webhook' },
};

const outboxPage = (table: string) =>
  `SELECT ${columns} FROM ${table} FORCE INDEX (${table}_due)
   WHERE status = 'PENDING' AND run_at <= UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND AND (run_at, id) > (?, ?) ORDER BY run_at, id LIMIT ${PAGE}`;

/** Queues that are served from rows of their own. */
const followedRows: Readonly<Record<string, { table: 'release_blockers' | 'clean_ups'; kind: Wake['kind'] }>> = {
  blockers: { table: 'release_blockers', kind: 'blocker' },
  'clean-ups': { table: 'clean_ups', kind: 'clean-up' },
};

/** What is followed outside without being a task: its claim moves `run_at` on, so a lapsed one is due like any other. */
const followedPage = (table: string) => `
  SELECT ${columns} FROM ${table} FORCE INDEX (${table}_due)
  WHERE run_at <= UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND AND (run_at, id) > (?, ?) ORDER BY run_at, id LIMIT ${PAGE}`;

/** How far a sweep sees beyond now, so that what falls due before the next one is rung for in its instant and not up to a round later. */
export interface Ahead {
  /** Longer than it takes until the next sweep; 0 = due rows only. */
  ms: number;
  /** Acts after so many milliseconds, best effort: what is lost is due at the next sweep. */
  later: (ms: number, act: () => void) => void;
}

const nothingAhead: Ahead = { ms: 0, later: () => undefined };

/**
 * Rings for every due row of these queues, and in time for those that will be. The first pages of all of them are one round trip, which on
 * an idle system is all there is.
 * @returns per queue how many were due and how late the longest waiting is, milliseconds
 */
export async function sweepDue(
  db: Database,
  queues: readonly string[],
  ring: Ring,
  ahead: Ahead = nothingAhead,
): Promise<Map<string, { due: number; lagMs: number }>> {
  const found = new Map(queues.map((queue) => [queue, { due: 0, lagMs: 0 }]));
  const ranks = new Map<string, number>();
  let open = queues.flatMap(sourcesOf).map((source) => ({ source, after: { runAt: new Date(0), id: '' } }));
  while (open.length > 0) {
    const pages = (await db.batch(open.map(({ source, after }) => source.page(after, ahead.ms)))) as DueRow[][];
    const full: typeof open = [];
    open.forEach(({ source }, index) => {
      const rows = pages[index] ?? [];
      const sum = found.get(source.queue);
      const due = rows.filter(({ now, runAt }) => runAt <= now);
      if (sum !== undefined) {
        sum.due += due.length;
        for (const { now, runAt } of due.slice(0, 1)) sum.lagMs = Math.max(sum.lagMs, now.getTime() - runAt.getTime());
      }
      ring(due.map((row) => toWake(source, row, ranks)));
      // A timer may fire a moment early, and a claim before its time is in vain.
      for (const [ms, wakes] of comingUp(source, rows, ranks)) ahead.later(ms + 1, () => ring(wakes));
      const last = rows.at(-1);
      if (last !== undefined && rows.length === PAGE) full.push({ source, after: { runAt: last.runAt, id: last.id } });
    });
    open = full;
  }
  return found;
}

/** What is not due yet, by how long that takes. */
function comingUp(source: Source, rows: readonly DueRow[], ranks: Map<string, number>): Map<number, Wake[]> {
  const coming = new Map<number, Wake[]>();
  for (const row of rows) {
    const ms = row.runAt.getTime() - row.now.getTime();
    if (ms <= 0) continue;
    const wakes = coming.get(ms);
    if (wakes === undefined) coming.set(ms, [toWake(source, row, ranks)]);
    else wakes.push(toWake(source, row, ranks));
  }
  return coming;
}

function toWake({ kind, queue }: Source, { id, fence, tenantId }: DueRow, ranks: Map<string, number>): Wake {
  const lane = `${queue} ${tenantId}`;
  const rank = (ranks.get(lane) ?? 0) + 1;
  ranks.set(lane, rank);
  return { kind, queue, id, fence, tenantId, rank };
}

/** Takes back outbox rows whose lease lapsed; the next sweep rings for them. @returns how many */
export async function sweepLapsedOutbox(db: Database): Promise<number> {
  let lapsed = 0;
  for (const { table } of Object.values(outboxes)) {
    lapsed += await db.run(
      `UPDATE ${table} SET status = 'PENDING', fence = fence + 1, lease_owner = NULL
       WHERE status = 'IN_PROGRESS' AND run_at <= UTC_TIMESTAMP(3) LIMIT ${PAGE}`,
    );
  }
  return lapsed;
}

interface LapsedRow {
  id: string;
  fence: number;
  tenantId: string;
  runId: string;
  stageId: string;
  runKind: string;
  subjectId: string;
  key: string;
  type: string;
  queue: string;
  waitReason: WaitReason | null;
  attempt: number;
  leaseOwner: string | null;
  startedAt: Date | null;
  lapses: number;
  onFailure: FailureAction;
}

/** Takes back tasks whose lease lapsed and rings for them; the wait grows with each lapse. @returns how many */
export async function sweepLapsedLeases(db: Database, queues: readonly string[], ring: Ring, definitions: RunDefinitions): Promise<number> {
  const candidates = await db.rows<{ id: string }>(
    `SELECT id FROM tasks FORCE INDEX (tasks_due) WHERE queue IN (?) AND held IN (0, 1) AND run_at <= UTC_TIMESTAMP(3) AND status = 'IN_PROGRESS' LIMIT ${PAGE}`,
    [queues],
  );
  if (candidates.length === 0) return 0;
  return db.transact(async (tx) => {
    // What is locked is being moved this moment, or by a process that stands still in its transaction: the others must not wait for that.
    const rows = await tx.rows<LapsedRow>(
      `SELECT t.id, t.fence, t.tenant_id AS tenantId, t.run_id AS runId, t.stage_id AS stageId, r.kind AS runKind, r.subject_id AS subjectId,
              t.task_key AS \`key\`, t.type, t.queue, t.wait_reason AS waitReason, t.attempt,
              t.lease_owner AS leaseOwner, t.attempt_started_at AS startedAt, t.lapses, t.on_failure AS onFailure
       FROM tasks t JOIN runs r ON r.id = t.run_id
       WHERE t.id IN (?) AND t.status = 'IN_PROGRESS' AND t.run_at <= UTC_TIMESTAMP(3) ORDER BY t.id FOR UPDATE SKIP LOCKED`,
      [candidates.map((row) => row.id).sort()],
    );
    const poisonous = rows.filter((row) => row.lapses + 1 >= MAX_LAPSES);
    await takeBack(
      tx,
      rows.filter((row) => !poisonous.includes(row)),
      ring,
    );
    for (const row of poisonous) await giveUp(tx, row, ring, definitions);
    for (const row of rows.filter(({ waitReason }) => waitReason === 'APPROVAL')) {
      await liftHold(tx, { runId: row.runId, reason: 'AWAITING_APPROVAL', subject: row.id }, engineActor, ring);
    }
    return rows.length;
  });
}

async function takeBack(tx: Tx, rows: readonly LapsedRow[], ring: Ring): Promise<void> {
  if (rows.length === 0) return;
  await tx.run(
    `UPDATE tasks SET status = 'READY', wait_reason = NULL, fence = fence + 1, lapses = lapses + 1, lease_owner = NULL, status_since = UTC_TIMESTAMP(3),
       held = ${heldOnRestart}, wait_reason = NULL, run_at = UTC_TIMESTAMP(3) + INTERVAL (lapses * lapses - 1) SECOND
     WHERE id IN (?)`,
    [rows.map((row) => row.id)],
  );
  await writeLost(tx, rows, 'READY');
  const wakes = rows.map((row) => ({ kind: 'task' as const, queue: row.queue, id: row.id, fence: row.fence + 1, tenantId: row.tenantId }));
  tx.afterCommit(() => ring(wakes));
}

/** What a final failure means for its run is the task's to say, as at a settlement. */
async function giveUp(tx: Tx, row: LapsedRow, ring: Ring, definitions: RunDefinitions): Promise<void> {
  const { id, runId, subjectId, key, type, attempt, onFailure } = row;
  const failure: Failure = { kind: 'internal', message: `Its worker died ${MAX_LAPSES} times while executing this task.` };
  const to = next('IN_PROGRESS', onFailure === 'continue' ? 'pass-over' : 'give-up') as TaskStatus;
  await tx.run(
    `UPDATE tasks SET status = ?, fence = fence + 1, lapses = 0, lease_owner = NULL, wait_reason = NULL, run_at = NULL, failure = ?,
       finished_at = IF(status = 'SKIPPED', UTC_TIMESTAMP(3), finished_at), status_since = UTC_TIMESTAMP(3) WHERE id = ?`,
    [to, JSON.stringify(failure), id],
  );
  await writeLost(tx, [row], to);
  markChanged(tx, livingOf(definitions)({ ...row, kind: row.runKind }));
  if (onFailure === 'continue') {
    const { wakes } = await releaseAfter(tx, id);
    const drained = await closeInStages(tx, new Map([[row.stageId, 1]]));
    tx.afterCommit(() => ring([...wakes, ...drained]));
    return;
  }
  const due = onFailure === 'plan' ? await makeRunDue(tx, runId) : [];
  if (onFailure === 'hold') await placeHold(tx, { runId, reason: 'TASK_FAILURE', subject: id }, engineActor, failure.message);
  const event = { kind: 'task-failed' as const, runId, subjectId, task: { id, key, type, attempt }, failure };
  const wakes = await writeNotices(tx, definitions, row.runKind, row.tenantId, [event]);
  tx.afterCommit(() => ring([...wakes, ...due]));
}

/** A lease is named after its process and the claim that took it. */
const workerOf = (row: LapsedRow) => row.leaseOwner?.split(':')[0] ?? null;

async function writeLost(tx: Tx, rows: readonly LapsedRow[], to: TaskStatus): Promise<void> {
  await tx.run('INSERT IGNORE INTO attempts (task_id, number, outcome, worker, started_at) VALUES ?', [
    rows.map((row) => [row.id, row.attempt, 'lost', workerOf(row), row.startedAt]),
  ]);
  await writeHistory(
    tx,
    rows.map((row) => ({
      tenantId: row.tenantId,
      scopeId: row.subjectId,
      entityType: 'task' as const,
      entityId: row.id,
      action: 'UPDATE' as const,
      actor: engineActor,
      why: `The lease of ${workerOf(row) ?? 'a worker'} lapsed: it died or hung.`,
      items: [statusItem('IN_PROGRESS', to)],
    })),
  );
}
