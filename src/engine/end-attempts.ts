import type { Statement } from '../db/client.ts';
import type { AttemptOutcome } from './vocabulary.ts';

/**
 * Ends the attempts under way of tasks that somebody else than their worker moves on. An attempt that ended before is kept as it is. Precedes
 * the statement that takes the lease away.
 */
export const endAttempts = (taskIds: readonly string[], outcome: AttemptOutcome): Statement => [
  `INSERT IGNORE INTO attempts (task_id, number, outcome, worker, started_at)
   SELECT id, attempt, ?, SUBSTRING_INDEX(lease_owner, ':', 1), attempt_started_at FROM tasks WHERE id IN (?) AND attempt > 0`,
  [outcome, taskIds],
];
