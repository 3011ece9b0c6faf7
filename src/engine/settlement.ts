import { type BackoffPolicy, backoffMs, type Failure, retryDecision } from '../domain/failure.ts';
import type { DeadlineAction, FailureAction, WaitReason } from '../domain/run.ts';
import type { Outcome } from './vocabulary.ts';

/** What the decision needs to know of the row. */
export interface SettleState {
  failures: number;
  maxAttempts: number;
  deadlineAt: Date | null;
  onDeadline: DeadlineAction;
  onFailure: FailureAction;
}

export type Settlement =
  | { event: 'complete'; output: Record<string, unknown> | null }
  | {
      event: 'wait';
      reason: WaitReason;
      runAt: Date | null;
      externalId: string | null;
      output: Record<string, unknown> | null;
      signals: readonly { integrationId: string; key: string }[];
    }
  | {
      event: 'retry-later';
      reason: 'RETRY' | 'RATE_LIMIT' | 'CONNECTION';
      runAt: Date;
      failure: Failure;
      counts: boolean;
      output?: Record<string, unknown>;
    }
  | { event: 'fail'; failure: Failure; output?: Record<string, unknown> }
  | { event: 'expire'; failure: Failure; output?: Record<string, unknown> }
  | { event: 'pass-over'; failure: Failure; output?: Record<string, unknown> }
  | { event: 'hand-back' };

/**
 * What becomes of a task whose handler returned. Pure: the same row, outcome, instant and random number always decide the same.
 * A look that happens at or after the deadline is the last one: whatever is not done by then meets the deadline's action.
 */
export function decideSettlement(state: SettleState, outcome: Outcome, now: Date, backoff: BackoffPolicy, random: number): Settlement {
  switch (outcome.kind) {
    case 'completed':
      return { event: 'complete', output: outcome.output ?? null };
    case 'handed-back':
      return { event: 'hand-back' };
    case 'waiting': {
      if (isPast(state.deadlineAt, now)) return withOutput(onDeadline(state, `was still waiting (${outcome.reason})`), outcome.output);
      return {
        event: 'wait',
        reason: outcome.reason,
        runAt: outcome.forMs === null ? state.deadlineAt : earliest(later(now, outcome.forMs), state.deadlineAt),
        externalId: outcome.externalId ?? null,
        output: outcome.output ?? null,
        signals: outcome.signals ?? [],
      };
    }
    case 'failed':
      return withOutput(settleFailure(state, outcome.failure, now, backoff, random), outcome.output);
    default:
      return outcome satisfies never;
  }
}

const withOutput = (settlement: Settlement, output: Record<string, unknown> | undefined): Settlement =>
  output !== undefined && 'failure' in settlement ? { ...settlement, output } : settlement;

/** A restored connection makes its tasks due; this is for one that was restored just before the task began to wait. */
const RESTORED_LOOK_MS = 15 * 60_000;

function settleFailure(state: SettleState, failure: Failure, now: Date, backoff: BackoffPolicy, random: number): Settlement {
  const decision = retryDecision(failure);
  if (decision.when === 'never') return finalFailure(state, failure);
  if (isPast(state.deadlineAt, now)) return onDeadline(state, failure.message);
  if (decision.when === 'after') {
    const runAt = earliest(later(now, decision.ms), state.deadlineAt);
    return { event: 'retry-later', reason: 'RATE_LIMIT', runAt, failure, counts: false };
  }
  if (decision.when === 'restored') {
    const runAt = earliest(later(now, RESTORED_LOOK_MS), state.deadlineAt);
    return { event: 'retry-later', reason: 'CONNECTION', runAt, failure, counts: false };
  }
  if (state.failures + 1 >= state.maxAttempts) return finalFailure(state, failure);
  const runAt = earliest(later(now, backoffMs(state.failures + 1, backoff, random)), state.deadlineAt);
  return { event: 'retry-later', reason: 'RETRY', runAt, failure, counts: true };
}

function onDeadline(state: SettleState, last: string): Settlement {
  const failure: Failure = { kind: 'timeout', message: `The deadline passed (${state.deadlineAt?.toISOString()}). Last: ${last}` };
  return state.onDeadline === 'fail' ? finalFailure(state, failure) : { event: 'expire', failure };
}

const finalFailure = ({ onFailure }: SettleState, failure: Failure): Settlement => ({
  event: onFailure === 'continue' ? 'pass-over' : 'fail',
  failure,
});

const isPast = (deadline: Date | null, now: Date) => deadline !== null && deadline.getTime() <= now.getTime();
const later = (from: Date, ms: number) => new Date(from.getTime() + ms);
const earliest = (at: Date, deadline: Date | null) => (deadline !== null && deadline.getTime() < at.getTime() ? deadline : at);
