import type { Tx } from '../../../db/client.ts';
import { type HistoryItem, writeHistory } from '../../../engine/history.ts';
import { isTerminal } from '../../../engine/transitions.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { conflict, invalid } from '../../service-error.ts';
import { isoOrNull } from '../instant.ts';
import { lockRelease } from '../release-row.ts';
import { readTask, type TaskDetail } from './get-task.ts';
import { findTask } from './intervene-in-task.ts';

/** What a person may change of a task; everything else is the engine's. What is absent stays. */
export interface UpdateTaskInput {
  note?: string | null | undefined;
  maxAttempts?: number | undefined;
  deadlineAt?: Date | undefined;
}

interface Editable {
  note: string | null;
  maxAttempts: number;
  failures: number;
  deadlineAt: Date | null;
}

/** @throws ServiceError conflict when the task has ended */
export async function updateTask(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  ids: { releaseId: string; taskId: string },
  input: UpdateTaskInput,
): Promise<TaskDetail> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, ids.releaseId);
    const task = await findTask(tx, release, ids.taskId);
    if (isTerminal(task.status)) throw conflict(`The task ${task.key} is ${task.status}: nothing of it changes any more.`);
    const before = await readEditable(tx, task.id);
    const problems = [
      ...(input.maxAttempts !== undefined && task.status !== 'FAILED' && input.maxAttempts <= before.failures
        ? [{ field: '/maxAttempts', message: `The task has failed ${before.failures} times already.` }]
        : []),
      ...(input.deadlineAt !== undefined && input.deadlineAt <= release.now
        ? [{ field: '/deadlineAt', message: 'The deadline must not be in the past.' }]
        : []),
    ];
    if (problems.length > 0) throw invalid(problems);
    const items = changedItems(before, input);
    if (items.length > 0) {
      await write(tx, task.id, input);
      await writeHistory(tx, [
        {
          tenantId: release.tenantId,
          scopeId: release.id,
          entityType: 'task',
          entityId: task.id,
          action: 'UPDATE',
          actor: actorOf(caller),
          items,
        },
      ]);
    }
    return readTask(tx, release.tenantId, release.run.id, task.id);
  });
}

async function readEditable(tx: Tx, taskId: string): Promise<Editable> {
  const [row] = await tx.rows<Editable>(
    'SELECT note, max_attempts AS maxAttempts, failures, deadline_at AS deadlineAt FROM tasks WHERE id = ?',
    [taskId],
  );
  if (row === undefined) throw new Error(`task ${taskId} vanished while it was locked`);
  return row;
}

function changedItems(before: Editable, input: UpdateTaskInput): HistoryItem[] {
  const items: HistoryItem[] = [
    { field: 'note', before: before.note, after: input.note === undefined ? before.note : input.note },
    { field: 'maxAttempts', before: String(before.maxAttempts), after: String(input.maxAttempts ?? before.maxAttempts) },
    { field: 'deadlineAt', before: isoOrNull(before.deadlineAt), after: isoOrNull(input.deadlineAt ?? before.deadlineAt) },
  ];
  return items.filter((item) => item.before !== item.after);
}

/** A waiting task is looked at no later than at its deadline. The fence stays: this is no transition, and whoever executes it goes on. */
async function write(tx: Tx, taskId: string, input: UpdateTaskInput): Promise<void> {
  const { note, maxAttempts, deadlineAt } = input;
  if (note !== undefined) await tx.run('UPDATE tasks SET note = ? WHERE id = ?', [note, taskId]);
  if (maxAttempts !== undefined) await tx.run('UPDATE tasks SET max_attempts = ? WHERE id = ?', [maxAttempts, taskId]);
  if (deadlineAt === undefined) return;
  await tx.run('UPDATE tasks SET deadline_at = ? WHERE id = ?', [deadlineAt, taskId]);
  await tx.run(`UPDATE tasks SET run_at = LEAST(COALESCE(run_at, ?), ?) WHERE id = ? AND status = 'WAITING'`, [
    deadlineAt,
    deadlineAt,
    taskId,
  ]);
}
