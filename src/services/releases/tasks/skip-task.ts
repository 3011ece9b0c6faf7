import type { Caller, ServiceDeps } from '../../context.ts';
import type { TaskDetail } from './get-task.ts';
import { interveneInTask } from './intervene-in-task.ts';

/** Goes on without the task. Skipping the gate overrides it, which needs a permission of its own. */
export function skipTask(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  ids: { releaseId: string; taskId: string },
  input: { reason: string },
): Promise<TaskDetail> {
  return interveneInTask(deps, caller, ids, { do: 'skip', why: input.reason }, 'task:skip');
}
