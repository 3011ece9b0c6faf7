import type { Statement } from '../db/client.ts';
import type { DeadlineAction, FailureAction, TaskStatus, WaitReason } from '../domain/run.ts';
import { type HistoryEvent, type HistoryItem, statusItem } from './history.ts';
import { heldOnRestart } from './holds.ts';
import type { SettleRequest } from './settle-request.ts';
import type { Settlement } from './settlement.ts';
import { connectionRestored } from './signal.ts';
import { type AttemptOutcome, engineActor } from './vocabulary.ts';

export interface LockedRow {
  id: string;
  status: TaskStatus;
  fence: number;
  failures: number;
  maxAttempts: number;
  deadlineAt: Date | null;
  onDeadline: DeadlineAction;
  onFailure: FailureAction;
  attemptStartedAt: Date | null;
  dbNow: Date;
}

/** One surviving settlement of a batch. */
export interface Settled {
  request: SettleRequest;
  row: LockedRow;
  settlement: Settlement;
  to: TaskStatus;
}

/** COMPLETED and SKIPPED, each in one statement: this is the hot path. */
export function endStatements(ended: readonly Settled[]): Statement[] {
  return (['COMPLETED', 'SKIPPED'] as const).flatMap((status): Statement[] => {
    const group = ended.filter((entry) => entry.to === status);
    if (group.length === 0) return [];
    const outputs = group.flatMap(({ request, settlement }) =>
      'output' in settlement && settlement.output != null ? [[request.task.id, JSON.stringify(settlement.output)]] : [],
    );
    const failures = group.flatMap(({ request, settlement }) =>
      settlement.event === 'pass-over' ? [[request.task.id, JSON.stringify(settlement.failure)]] : [],
    );
    const failureSql = failures.length === 0 ? 'NULL' : `CASE id ${failures.map(() => 'WHEN ? THEN ?').join(' ')} ELSE NULL END`;
    const outputSql = outputs.length === 0 ? '' : `, output = CASE id ${outputs.map(() => 'WHEN ? THEN ?').join(' ')} ELSE output END`;
    return [
      [
        `UPDATE tasks SET status = ?, fence = fence + 1, wait_reason = NULL, run_at = NULL, lease_owner = NULL, failure = ${failureSql},
           finished_at = UTC_TIMESTAMP(3), status_since = UTC_TIMESTAMP(3)${outputSql}
         WHERE id IN (?)`,
        [status, ...failures.flat(), ...outputs.flat(), group.map(({ request }) => request.task.id).sort()],
      ],
    ];
  });
}

/** Everything that is not an end: one statement each, for they all differ. */
export function moveStatements({ request, settlement, to }: Settled): Statement[] {
  const { id } = request.task;
  const set = (assignments: string, values: Statement[1], since = 'UTC_TIMESTAMP(3)'): Statement => [
    `UPDATE tasks SET status = ?, fence = fence + 1, lease_owner = NULL, status_since = ${since}, ${assignments} WHERE id = ?`,
    [to, ...values, id],
  ];
  switch (settlement.event) {
    case 'wait': {
      const output = settlement.output === null ? null : JSON.stringify(settlement.output);
      return [
        set(
          'wait_reason = ?, run_at = IF(hurried = 1, UTC_TIMESTAMP(3), ?), external_id = COALESCE(?, external_id), output = COALESCE(?, output), failure = NULL, failures = 0, held = 0, lapses = 0',
          [settlement.reason, settlement.runAt, settlement.externalId, output],
          // A look that changed nothing does not begin the wait anew.
          isSameWait(request, settlement.reason) ? 'status_since' : undefined,
        ),
        ...subscriptions(id, settlement.signals),
      ];
    }
    case 'retry-later': {
      const { reason, runAt, counts, failure } = settlement;
      return [
        set(
          `held = ${heldOnRestart}, wait_reason = ?, run_at = ${reason === 'CONNECTION' ? 'IF(hurried = 1, UTC_TIMESTAMP(3), ?)' : '?'},
           failures = failures + ?, failure = ?, output = COALESCE(?, output), lapses = 0`,
          [reason, runAt, counts ? 1 : 0, JSON.stringify(failure), jsonOrNull(settlement.output)],
          isSameWait(request, reason) && reason === 'CONNECTION' ? 'status_since' : undefined,
        ),
        ...(reason === 'CONNECTION' && failure.connection !== undefined
          ? subscriptions(id, [{ integrationId: failure.connection.id, key: connectionRestored }])
          : []),
      ];
    }
    case 'fail':
      return [
        set('wait_reason = NULL, run_at = NULL, failures = failures + 1, failure = ?, output = COALESCE(?, output)', [
          JSON.stringify(settlement.failure),
          jsonOrNull(settlement.output),
        ]),
      ];
    case 'hand-back':
      return [set(`held = ${heldOnRestart}, wait_reason = NULL, run_at = UTC_TIMESTAMP(3)`, [])];
    case 'complete':
    case 'expire':
    case 'pass-over':
      throw new Error(`${settlement.event} ends a task`);
    default:
      return settlement satisfies never;
  }
}

const jsonOrNull = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value));

/** Whatever ends a wait ends what would have hurried it. */
export function unsubscribe(settled: readonly Settled[]): Statement[] {
  const waited = settled.filter(({ request }) => request.task.waitedFor !== null).map(({ request }) => request.task.id);
  return waited.length === 0 ? [] : [['DELETE FROM task_signals WHERE task_id IN (?)', [waited.sort()]]];
}

function subscriptions(taskId: string, signals: readonly { integrationId: string; key: string }[]): Statement[] {
  const forget: Statement = ['DELETE FROM task_signals WHERE task_id = ?', [taskId]];
  if (signals.length === 0) return [forget];
  const rows = signals.map((signal) => [signal.integrationId, signal.key, taskId]);
  return [forget, ['INSERT IGNORE INTO task_signals (integration_id, signal_key, task_id) VALUES ?', [rows]]];
}

const attemptOutcome: Record<Settlement['event'], AttemptOutcome | null> = {
  complete: 'completed',
  expire: 'skipped',
  'pass-over': 'failed',
  fail: 'failed',
  'retry-later': 'failed',
  'hand-back': 'handed-back',
  // The attempt goes on; it ends when the wait does.
  wait: null,
};

export function attemptStatements(settled: readonly Settled[], owner: string): Statement[] {
  const rows = settled.flatMap(({ request, row, settlement }) => {
    const outcome = attemptOutcome[settlement.event];
    if (outcome === null) return [];
    const failure = 'failure' in settlement ? JSON.stringify(settlement.failure) : null;
    return [[request.task.id, request.task.attempt, outcome, owner, row.attemptStartedAt, failure]];
  });
  return rows.length === 0
    ? []
    : [['INSERT IGNORE INTO attempts (task_id, number, outcome, worker, started_at, failure) VALUES ?', [rows]]];
}

/** Still waiting for what it waited for before this look. */
export const isSameWait = (request: SettleRequest, reason: WaitReason) => request.task.waitedFor === reason;

export function historyOf({ request, settlement, row, to }: Settled, released: readonly HistoryItem[]): HistoryEvent {
  const detail: HistoryItem[] = 'reason' in settlement ? [{ field: 'waitReason', before: null, after: settlement.reason }] : [];
  return {
    tenantId: request.task.tenantId,
    scopeId: request.task.subjectId,
    entityType: 'task',
    entityId: request.task.id,
    action: 'UPDATE',
    actor: engineActor,
    why: 'failure' in settlement ? settlement.failure.message.slice(0, 1000) : null,
    items: [statusItem(row.status, to), ...detail, ...released],
  };
}
