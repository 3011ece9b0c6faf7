import type { Tx } from '../db/client.ts';
import type { RunDefinitions } from './run-definition.ts';

/*
 * A living message shows how its subject, or a task, stands: one delivery for each, sent again after every change. Whoever changes something marks it in
 * the change's transaction. A mark counts `revision` up and makes a settled row due again. One that is being sent stays with its sender, which finds the
 * revision moved when it settles: two senders at once could leave the older state standing.
 */

/** Changes within this time are told together, milliseconds. */
export const COALESCE_MS = 1_000;

export interface LivingSubject {
  tenantId: string;
  /** What the message is about: the run's subject, or a task. */
  subjectId: string;
  /** Of the message. */
  type: string;
}

/** Of a run, where its kind has such a message. */
export const livingOf =
  (definitions: RunDefinitions) =>
  ({ kind, tenantId, subjectId }: { kind: string; tenantId: string; subjectId: string }): LivingSubject[] => {
    const type = definitions.get(kind)?.living;
    return type === undefined ? [] : [{ tenantId, subjectId, type }];
  };

/** Of a task, where its type has such a message. */
export const livingOfTask =
  (definitions: RunDefinitions) =>
  (task: { runKind: string; tenantId: string; id: string; type: string }): LivingSubject[] => {
    const type = definitions.get(task.runKind)?.livingOfTask?.(task.type);
    return type === undefined ? [] : [{ tenantId: task.tenantId, subjectId: task.id, type }];
  };

export const livingKey = ({ type, subjectId }: Pick<LivingSubject, 'type' | 'subjectId'>) => `${type}/${subjectId}`;

/**
 * Marks the living messages of what this transaction changes, in its last statement: the rows' locks come after all others, so that they can be part of no
 * deadlock. Subjects without such a message have no row, which is all it takes.
 */
export function markChanged(tx: Pick<Tx, 'beforeCommit'>, subjects: readonly LivingSubject[]): void {
  const keys = new Map(subjects.map((subject) => [livingKey(subject), subject.tenantId]));
  if (keys.size === 0) return;
  const sorted = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  tx.beforeCommit([
    `UPDATE deliveries SET revision = revision + 1,
       fence = IF(status IN ('PENDING', 'IN_PROGRESS'), fence, fence + 1),
       failures = IF(status IN ('PENDING', 'IN_PROGRESS'), failures, 0),
       run_at = IF(status IN ('PENDING', 'IN_PROGRESS'), run_at, UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND),
       settled_at = IF(status IN ('PENDING', 'IN_PROGRESS'), settled_at, NULL),
       status = IF(status = 'IN_PROGRESS', status, 'PENDING')
     WHERE ${sorted.map(() => '(tenant_id = ? AND dedupe_key = ?)').join(' OR ')}`,
    [COALESCE_MS * 1000, ...sorted.flatMap(([key, tenantId]) => [tenantId, key])],
  ]);
}
