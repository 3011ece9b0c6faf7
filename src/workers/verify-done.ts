import { isValid } from 'ulid';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { inAttempt } from '../services/execution/attempt-scope.ts';
import type { DoneServices } from '../services/execution/done-services.ts';
import type { VerifyDone } from '../services/releases/tasks/verify-done.ts';
import type { TaskHandler } from './task-context.ts';

interface DoneVerifierOptions {
  services: DoneServices;
  handlers: ReadonlyMap<string, Pick<TaskHandler, 'verifyDone'>>;
  /** For all calls together: somebody waits for the answer. */
  timeoutMs: number;
}

/** Lets the handler of a task look whether its work is done, while a person waits. */
export function createDoneVerifier({ services, handlers, timeoutMs }: DoneVerifierOptions): VerifyDone {
  return async ({ tenantId, releaseId, taskId, said }) => {
    const task = isValid(releaseId) && isValid(taskId) ? await services.openTask(tenantId, releaseId, taskId) : null;
    const verify = task === null ? undefined : handlers.get(task.type)?.verifyDone;
    if (task === null || verify === undefined) return null;
    const release = await services.releases.load(releaseId);
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await inAttempt({ signal, assertOurs: () => undefined }, () => verify({ task, release, services, said }));
    } catch (error) {
      if (error !== signal.reason || !signal.aborted) throw error;
      throw new ProviderError('timeout', `There was no answer within ${timeoutMs / 1000} s.`, { provider: task.type });
    }
  };
}
