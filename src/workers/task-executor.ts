import type { Intent } from '../engine/intent.ts';
import type { Execute } from '../engine/run-task.ts';
import type { ClaimedTask, Outcome } from '../engine/vocabulary.ts';
import { LockBusyError, type LockHeld, LockLostError, type Locks } from '../platform/lock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';
import { type CallKeeper, type CallLog, createCallLog } from '../services/execution/attempt-calls.ts';
import { inAttempt } from '../services/execution/attempt-scope.ts';
import { toFailure } from '../services/execution/to-failure.ts';
import type { BindTask, Given } from './bind-handlers.ts';

interface TaskExecutorOptions {
  recordIntent: (task: ClaimedTask, effect: string, value: string | null) => Promise<Intent>;
  renewIntent: (task: ClaimedTask, effect: string) => Promise<void>;
  /** The handlers of each kind of run. */
  bind: ReadonlyMap<string, BindTask>;
  /** Writes down what an attempt asked of providers. */
  calls: Pick<CallKeeper, 'keep'>;
  locks: Locks;
  logger: Logger;
  metrics: Metrics;
  pollMs: number;
  /** How long a dead holder keeps a lock; a living one renews it. No longer than the lease it worked under. */
  lockTtlMs: number;
}

/** A busy lock is waited for this long in the slot, then the task goes back to the engine. */
const LOCK_WAIT_MS = 2_000;

/** A look that found its lock busy has failed in nothing: it waits on for what it waited for, and no hold keeps it from looking again. */
function isLook(waitedFor: ClaimedTask['waitedFor']): waitedFor is LookingWait {
  return waitedFor !== null && waitedFor !== 'RETRY' && waitedFor !== 'RATE_LIMIT' && waitedFor !== 'CONNECTION';
}

interface Attempt {
  signal: AbortSignal;
  assertOurs: () => void;
  calls: CallLog;
}

type LookingWait = Extract<Outcome, { kind: 'waiting' }>['reason'];

/** Executes a claimed task: loads what it is about, takes the locks its handler asks for, and turns whatever is thrown into a failure. */
export class TaskExecutor {
  readonly #options: TaskExecutorOptions;

  constructor(options: TaskExecutorOptions) {
    this.#options = options;
  }

  readonly execute: Execute = async (task, signal, assertOurs) => {
    const calls = createCallLog();
    const outcome = await this.#execute(task, { signal, assertOurs, calls });
    this.#options.calls.keep(task, outcome.kind, calls);
    return outcome;
  };

  async #execute(task: ClaimedTask, attempt: Attempt): Promise<Outcome> {
    const { signal } = attempt;
    const logger = this.#options.logger.child({
      taskId: task.id,
      taskType: task.type,
      [`${task.runKind}Id`]: task.subjectId,
      tenantId: task.tenantId,
      attempt: task.attempt,
    });
    try {
      const outcome = await inAttempt(attempt, () => this.#run(task, attempt));
      logger.debug({ outcome: outcome.kind }, 'task executed');
      return outcome;
    } catch (error) {
      if (signal.aborted || error instanceof LockLostError) {
        logger.warn({ err: error }, 'task aborted');
        return { kind: 'handed-back' };
      }
      if (error instanceof LockBusyError && isLook(task.waitedFor)) return { kind: 'waiting', reason: task.waitedFor, forMs: LOCK_WAIT_MS };
      const failure = toFailure(error);
      if (failure.provider !== undefined) this.#options.metrics.providerErrors.inc({ provider: failure.provider, kind: failure.kind });
      logger[failure.kind === 'internal' ? 'error' : 'warn']({ err: error, failure: failure.kind }, 'task attempt failed');
      return { kind: 'failed', failure };
    }
  }

  async #run(task: ClaimedTask, attempt: Attempt): Promise<Outcome> {
    const { signal } = attempt;
    const { bind, locks, pollMs, lockTtlMs } = this.#options;
    const bindTask = bind.get(task.runKind);
    if (bindTask === undefined) throw new Error(`no handlers are registered for runs of kind ${task.runKind}`);
    const bound = await bindTask(task);
    const run = (held: LockHeld | null) => {
      const given: Given = {
        ...{ task, pollMs, held },
        signal: held === null ? signal : AbortSignal.any([signal, held.signal]),
        intent: (effect, value) => this.#options.recordIntent(task, effect, value ?? null),
        renewIntent: (effect) => this.#options.renewIntent(task, effect),
      };
      return held === null ? bound.run(given) : inAttempt({ ...attempt, signal: given.signal }, () => bound.run(given));
    };
    return bound.locks.length === 0 ? run(null) : locks.withLocks(bound.locks, { ttlMs: lockTtlMs, waitMs: LOCK_WAIT_MS, signal }, run);
  }
}
