import type { Statement, Tx } from '../db/client.ts';
import type { Wake } from '../platform/ring.ts';
import { type ClaimedRow, toClaimedTask } from './claim.ts';
import { type HistoryItem, statusItem } from './history.ts';
import type { SettleRequest } from './settle-request.ts';
import type { ClaimedTask } from './vocabulary.ts';

interface DependantRow extends Omit<ClaimedRow, 'runKind' | 'subjectId'> {
  predecessorId: string;
  status: string;
  unmet: number;
  held: number;
  due: number;
}

interface Release {
  /** Ended task → what its slot goes on with. */
  handedOver: Map<string, ClaimedTask>;
  wakes: Wake[];
  /** Ended task → history items about what it released. */
  items: Map<string, HistoryItem[]>;
  /** Stages of the tasks that still wait or were released just now: these have an open task, whose row is locked here. */
  occupiedStages: Set<string>;
  statements: Statement[];
}

/** Reads and locks who waits for these tasks. */
export const lockDependants = (endedIds: readonly string[]): Statement => [
  `SELECT STRAIGHT_JOIN d.depends_on_id AS predecessorId, t.id, t.tenant_id AS tenantId, t.run_id AS runId, t.stage_id AS stageId,
          t.stage_attempt AS stageAttempt, t.task_key AS \`key\`, t.type, t.queue, t.fence, t.attempt, t.failures,
          t.max_attempts AS maxAttempts, t.input, t.output, t.external_id AS externalId, t.intents, t.wait_reason AS waitedFor,
          t.status, t.unmet_dependencies AS unmet, t.held, (t.not_before IS NULL OR t.not_before <= UTC_TIMESTAMP(3)) AS due
   FROM task_dependencies d JOIN tasks t ON t.id = d.task_id
   WHERE d.depends_on_id IN (?) FOR UPDATE`,
  [endedIds],
];

/**
 * Takes ended tasks off the dependency counts of those that wait for them. Whoever has none left becomes READY, or, when the slot that
 * released it serves its queue and asked for more, IN_PROGRESS under that slot's lease at once: release and claim in one write.
 * @param rows what `lockDependants` read
 */
export function releaseDependants(
  rows: readonly unknown[],
  ended: readonly SettleRequest[],
  lease: { owner: string; leaseMs: number },
): Release {
  const result: Release = { handedOver: new Map(), wakes: [], items: new Map(), occupiedStages: new Set(), statements: [] };
  const endedById = new Map(ended.map((request) => [request.task.id, request]));
  const ready: string[] = [];
  const handed: string[] = [];
  for (const { row, unmet } of stillPending(rows as DependantRow[], (id) => endedById.has(id))) {
    result.occupiedStages.add(row.stageId);
    if (unmet > 0) {
      result.statements.push(['UPDATE tasks SET unmet_dependencies = ? WHERE id = ?', [unmet, row.id]]);
      continue;
    }
    const predecessor = endedById.get(row.predecessorId);
    const startable = row.held === 0 && row.due === 1;
    if (predecessor?.handOver && startable && row.queue === predecessor.task.queue && !result.handedOver.has(row.predecessorId)) {
      handed.push(row.id);
      result.handedOver.set(row.predecessorId, claimedFrom(row, predecessor.task));
    } else {
      ready.push(row.id);
      if (startable) result.wakes.push(wakeOf(row));
    }
    const items = result.items.get(row.predecessorId) ?? [];
    items.push(statusItem('PENDING', 'READY', row.id));
    result.items.set(row.predecessorId, items);
  }
  if (ready.length > 0) result.statements.push(readyStatement(ready.sort()));
  if (handed.length > 0) result.statements.push(handOverStatement(handed.sort(), lease));
  return result;
}

/** The same for one task that a person ended: nobody's slot, so nothing is handed over. */
export async function releaseAfter(tx: Tx, taskId: string): Promise<{ wakes: Wake[]; items: HistoryItem[] }> {
  const rows = (await tx.batch([lockDependants([taskId])]))[0] as DependantRow[];
  const { statements, wakes, items } = releaseRows(rows, taskId);
  await tx.batch(statements);
  return { wakes, items };
}

function releaseRows(rows: readonly DependantRow[], endedId: string): { statements: Statement[]; wakes: Wake[]; items: HistoryItem[] } {
  const statements: Statement[] = [];
  const wakes: Wake[] = [];
  const items: HistoryItem[] = [];
  for (const { row, unmet } of stillPending(rows, (id) => id === endedId)) {
    if (unmet > 0) statements.push(['UPDATE tasks SET unmet_dependencies = ? WHERE id = ?', [unmet, row.id]]);
    else {
      statements.push(readyStatement([row.id]));
      if (row.held === 0 && row.due === 1) wakes.push(wakeOf(row));
      items.push(statusItem('PENDING', 'READY', row.id));
    }
  }
  return { statements, wakes, items };
}

/** Each PENDING dependant once, with how many dependencies it has left after these ended. */
function stillPending(rows: readonly DependantRow[], isEnded: (id: string) => boolean): { row: DependantRow; unmet: number }[] {
  const byTask = new Map<string, { row: DependantRow; unmet: number }>();
  for (const row of rows) {
    if (row.status !== 'PENDING' || !isEnded(row.predecessorId)) continue;
    const known = byTask.get(row.id);
    if (known === undefined) byTask.set(row.id, { row, unmet: row.unmet - 1 });
    else known.unmet -= 1;
  }
  return [...byTask.values()];
}

const wakeOf = (row: DependantRow): Wake => ({ kind: 'task', queue: row.queue, id: row.id, fence: row.fence + 1, tenantId: row.tenantId });

const readyStatement = (ids: readonly string[]): Statement => [
  `UPDATE tasks SET status = 'READY', unmet_dependencies = 0, fence = fence + 1, status_since = UTC_TIMESTAMP(3),
     run_at = GREATEST(UTC_TIMESTAMP(3), COALESCE(not_before, UTC_TIMESTAMP(3)))
   WHERE id IN (?)`,
  [ids],
];

const handOverStatement = (ids: readonly string[], lease: { owner: string; leaseMs: number }): Statement => [
  `UPDATE tasks SET status = 'IN_PROGRESS', unmet_dependencies = 0, fence = fence + 1, attempt = attempt + 1, lease_owner = ?,
     started_at = UTC_TIMESTAMP(3), attempt_started_at = UTC_TIMESTAMP(3), status_since = UTC_TIMESTAMP(3),
     deadline_at = UTC_TIMESTAMP(3) + INTERVAL (deadline_ms * 1000) MICROSECOND,
     run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
   WHERE id IN (?)`,
  [lease.owner, lease.leaseMs * 1000, ids],
];

function claimedFrom(row: DependantRow, predecessor: ClaimedTask): ClaimedTask {
  const { predecessorId: _predecessor, status: _status, unmet: _unmet, held: _held, due: _due, ...task } = row;
  const { runKind, subjectId } = predecessor;
  return toClaimedTask({ ...task, runKind, subjectId, fence: row.fence + 1, attempt: row.attempt + 1 });
}
