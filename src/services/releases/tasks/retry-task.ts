import type { Caller, ServiceDeps } from '../../context.ts';
import type { TaskDetail } from './get-task.ts';
import { interveneInTask } from './intervene-in-task.ts';

/** Runs a failed or waiting task again, at once; its failures and its deadline start anew. */
export function retryTask(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  ids: { releaseId: string; taskId: string },
  input: { reason?: string | undefined },
): Promise<TaskDetail> {
  return interveneInTask(deps, caller, ids, { do: 'retry', why: input.reason ?? null }, 'task:retry');
}
