import { errnoOf, isUnreachable } from '../db/client.ts';
import type { Failure } from '../domain/failure.ts';
import type { Advance } from './advance.ts';
import type { Claim } from './claim.ts';
import type { HeldLease, Leases } from './lease.ts';
import type { Settle } from './settle.ts';
import type { SettleRequest, SettleResult } from './settle-request.ts';
import type { ClaimedTask, Outcome } from './vocabulary.ts';

/*
 * One slot of a worker: claim → execute → settle, and on with what the settlement handed over: the next task, or the run to plan.
 *
 * Crash between any two lines: before the claim commits nothing happened; after it the lease lapses and the task is READY again; during the
 * handler its intents tell the next attempt where to look; before the settlement commits the work is found, not repeated; after it only the
 * ring may be lost, or the planning not begun, which the sweep repeats.
 */

/** Executes a claimed task. Must not throw for trouble of providers or handlers: that is an outcome. */
export type Execute = (task: ClaimedTask, signal: AbortSignal, assertOurs: () => void) => Promise<Outcome>;

export interface RunTaskOptions {
  claim: Claim;
  settle: Settle;
  advance: Advance;
  leases: Leases;
  execute: Execute;
  /** Tasks one job may run in succession before it gives the slot to the queue again. */
  maxHandOvers: number;
  /** Whether the process is stopping: then nothing more is taken over. */
  stopping: () => boolean;
  observe: (event: { task: ClaimedTask; outcome: Outcome['kind']; milliseconds: number }) => void;
  /** Waits before a settlement that the database did not take is tried again. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const MAX_REFUSALS = 3;
const unstorable = (error: unknown): Outcome => ({
  kind: 'failed',
  failure: { kind: 'internal', message: `The outcome of this attempt could not be stored (${errnoOf(error) ?? 'a bug'}).` },
});

export type RunTask = (wake: { id: string; fence: number }) => Promise<{ ran: number }>;

export function createRunTask(options: RunTaskOptions): RunTask {
  return async (wake) => {
    let askedAt = performance.now();
    let task = await options.claim(wake);
    let ran = 0;
    while (task !== null) {
      ran += 1;
      const step: Step = await runOne(options, task, { askedAt, mayHandOver: ran < options.maxHandOvers });
      ({ task, askedAt } = step);
      if (step.drainedRun !== null) await options.advance(step.drainedRun);
    }
    return { ran };
  };
}

interface Step {
  /** What the slot goes on with. */
  task: ClaimedTask | null;
  drainedRun: string | null;
  /** When that was asked for, monotonic: its lease runs from then on at the earliest. */
  askedAt: number;
}

async function runOne(
  options: RunTaskOptions,
  task: ClaimedTask,
  { askedAt, mayHandOver }: { askedAt: number; mayHandOver: boolean },
): Promise<Step> {
  const lease = options.leases.hold(task, askedAt);
  const started = performance.now();
  try {
    const outcome = await executeSafely(options, task, lease);
    const executed = performance.now();
    options.observe({ task, outcome: outcome.kind, milliseconds: executed - started });
    const handOver = mayHandOver && outcome.kind === 'completed' && !options.stopping();
    const result = await settleUntilKnown(options, { task, outcome, handOver }, lease.signal);
    const { next, drainedRun } = result.settled ? result : { next: null, drainedRun: null };
    return { task: next, drainedRun, askedAt: executed };
  } finally {
    lease.release();
  }
}

async function executeSafely(options: RunTaskOptions, task: ClaimedTask, { signal, assertOurs }: HeldLease): Promise<Outcome> {
  if (options.stopping()) return { kind: 'handed-back' };
  try {
    return await options.execute(task, signal, assertOurs);
  } catch (error) {
    if (signal.aborted) return { kind: 'handed-back' };
    const failure: Failure = { kind: 'internal', message: error instanceof Error ? error.message : String(error) };
    return { kind: 'failed', failure };
  }
}

/**
 * The work is done; only the database does not know. Worth repeating for as long as the lease may still be ours. An outcome that the database
 * refuses again and again will be refused for ever: it becomes a failure that a person sees.
 */
async function settleUntilKnown(options: RunTaskOptions, request: SettleRequest, signal: AbortSignal): Promise<SettleResult> {
  let refusals = 0;
  let stored = request;
  for (let tries = 1; ; tries += 1) {
    try {
      return await options.settle(stored);
    } catch (error) {
      if (signal.aborted || tries >= 100) throw error;
      if (!isUnreachable(error)) refusals += 1;
      if (refusals === MAX_REFUSALS) stored = { ...request, outcome: unstorable(error), handOver: false };
      await options.pause(Math.min(100 * 2 ** tries, 2000), signal);
    }
  }
}
