import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallLog } from './attempt-calls.ts';

/** The attempt a piece of work belongs to: everything it calls stops with its signal. */
interface AttemptScope {
  signal: AbortSignal;
  /** Throws when the work is no longer ours to do; asked right before each call. */
  assertOurs: () => void;
  /** Where its calls are written down. */
  calls?: CallLog;
}

const scope = new AsyncLocalStorage<AttemptScope>();

export const inAttempt = <T>(attempt: AttemptScope, work: () => Promise<T>): Promise<T> => scope.run(attempt, work);

/** @throws Error outside an attempt: provider calls without an end must not exist. */
export function attemptSignal(): AbortSignal {
  const current = scope.getStore();
  if (current === undefined) throw new Error('provider calls belong to an attempt');
  return current.signal;
}

/** Where the attempt writes down its calls; undefined outside one. */
export const attemptCalls = (): CallLog | undefined => scope.getStore()?.calls;

/** For calls that may also be made outside an attempt, e.g. to verify a connection. @throws whatever the attempt says */
export const assertAttemptOurs = (): void => scope.getStore()?.assertOurs();
