import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { conflict } from '../../service-error.ts';
import type { TaskDetail } from './get-task.ts';
import { interveneInTask } from './intervene-in-task.ts';
import type { DoneFinding } from './verify-done.ts';

export interface CompleteTaskInput {
  reason: string;
  /** What the task would have found out; what is found at the provider counts more. */
  output?: Record<string, unknown> | undefined;
  /** Even if it does not look done. */
  force?: boolean | undefined;
}

const WHY_CHARS = 1000;

/**
 * Says that the work of a task was done outside. Where the provider can tell, it is asked first, and what it shows becomes the task's output: what
 * depends on the task goes by that.
 * @throws ServiceError conflict with what was found where it does not look done, unless forced
 */
export async function completeTask(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'verifyDone'>,
  caller: Caller,
  ids: { releaseId: string; taskId: string },
  { reason, output, force = false }: CompleteTaskInput,
): Promise<TaskDetail> {
  authorise(caller, 'task:complete');
  const finding = await look(deps, { tenantId: caller.tenantId, ...ids, said: output ?? {} });
  if (finding?.done === false && !force) {
    throw conflict(`It does not look done: ${finding.found} Do it, say in \`output\` where it is, or complete the task with \`force\`.`);
  }
  // Before the task is completed: what it releases may read this at once.
  if (finding?.done) await finding.keep();
  const why = finding?.done === false ? `${reason} (not found done: ${finding.found})`.slice(0, WHY_CHARS) : reason;
  const found = finding?.done ? { ...output, ...finding.output } : (output ?? null);
  return interveneInTask(deps, caller, ids, { do: 'complete-outside', why, output: found }, 'task:complete');
}

async function look(
  deps: Pick<ServiceDeps, 'verifyDone'>,
  question: Parameters<ServiceDeps['verifyDone']>[0],
): Promise<DoneFinding | null> {
  try {
    return await deps.verifyDone(question);
  } catch (error) {
    // What could not be checked is never taken for done.
    if (error instanceof ProviderError) return { done: false, found: `it could not be checked: ${error.message}` };
    throw error;
  }
}
