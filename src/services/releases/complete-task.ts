import type { Caller, ServiceDeps } from '../context.ts';
import type { TaskDetail } from './get-task.ts';
import { interveneInTask } from './intervene-in-task.ts';

/** Says that the work of a task was done outside; `output` is what the task would have found out. */
export function completeTask(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  ids: { releaseId: string; taskId: string },
  input: { reason: string; output?: Record<string, unknown> | undefined },
): Promise<TaskDetail> {
  const intervention = { do: 'complete-outside', why: input.reason, output: input.output ?? null } as const;
  return interveneInTask(deps, caller, ids, intervention, 'task:complete');
}
