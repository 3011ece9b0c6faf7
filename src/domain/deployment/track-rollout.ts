import type { RolloutPlan } from '../rollout/plan.ts';
import type { RolloutAbilities, RolloutState, RolloutWish } from '../rollout/rollout.ts';
import type { ProgramStep, RolloutProgram } from './rollout/program.ts';
import { pendingRollout, type ServiceRolloutPhase, type ServiceRolloutState, type ServiceRolloutWish } from './rollout/rollout.ts';

/** What the row of a service's rollout keeps of one in a store: people's wishes have columns of their own, instants are milliseconds since the epoch. */
export interface KeptTrackRollout {
  track: { plan: RolloutPlan; abilities: RolloutAbilities };
  configVersion: string;
  progress: Omit<RolloutState, 'wanted' | 'advanceRequestedAt' | 'stepReachedAt'> & {
    stepReachedAt: number | null;
    /** Why a person, or its deployment, takes it back. */
    abortReason: string | null;
  };
}

/** What people want of a service's rollout, as its store understands it. Who aborts wants it halted first. */
export const storeWishOf: Readonly<Record<ServiceRolloutWish, RolloutWish>> = {
  RUN: 'RUN',
  PAUSE: 'HALT',
  ABORT: 'HALT',
  PROMOTE: 'COMPLETE',
};
export const serviceWishOf: Readonly<Record<RolloutWish, ServiceRolloutWish>> = { RUN: 'RUN', HALT: 'PAUSE', COMPLETE: 'PROMOTE' };

export const pendingTrackRollout: KeptTrackRollout['progress'] = {
  ...{ status: 'PENDING', pauseReason: null, step: 0, stepReachedAt: null, fraction: 0, intended: null, abortReason: null },
};

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

interface TrackStanding {
  wanted: ServiceRolloutWish;
  /** Milliseconds since the epoch. */
  advanceRequestedAt: number | null;
  /** How far its review is; null = nothing was submitted yet. */
  review: string | null;
}

/** A rollout in a store in the words of those that drivers carry out, for whoever shows or steers both. Its one side is blue. */
export function asServiceRollout(
  { track, progress }: KeptTrackRollout,
  { wanted, advanceRequestedAt, review }: TrackStanding,
): { state: ServiceRolloutState; program: RolloutProgram } {
  const steps = stepsOf(track);
  const weight = progress.fraction === 0 ? null : Number((progress.fraction * 100).toFixed(4));
  const { status, pauseReason, abortReason, stepReachedAt } = progress;
  return {
    program: {
      ...{ to: 'blue', from: null, inPlace: true, routed: false, firstPhase: 'INSTALLING', steps },
      ...{ background: null, drainMs: 0, readyWithinMs: 0, health: [] },
    },
    state: {
      ...{ ...pendingRollout, status, pauseReason, abortReason, wanted, advanceRequestedAt, weight, planned: weight ?? 0 },
      ...{ phase: phaseOf(progress, review), stepSince: stepReachedAt },
      step: shownStep({ track, progress }),
    },
  };
}

/** Index of the step it is on, among those that are shown: that of the wait after its share; as many as there are = behind the last. */
export function shownStep({ track, progress: { status, step } }: Pick<KeptTrackRollout, 'track' | 'progress'>): number {
  const { length } = stepsOf(track);
  return status === 'COMPLETED' ? length : Math.min(Math.max(0, 2 * step - 1), length - 1);
}

function phaseOf({ status, fraction }: KeptTrackRollout['progress'], review: string | null): ServiceRolloutPhase {
  if (status === 'COMPLETED') return 'COMPLETED';
  if (fraction > 0 || review === 'APPROVED') return 'STEPPING';
  return review === 'IN_REVIEW' ? 'IN_REVIEW' : 'INSTALLING';
}

/** Each share and how long it stays there; after the last there is nothing to wait for. */
function stepsOf({ plan, abilities: { rollout } }: KeptTrackRollout['track']): ProgramStep[] {
  const shares =
    plan.kind === 'staged'
      ? plan.steps.map(({ percent, waitMinutes }) => ({ percent, forMs: waitMinutes === null ? null : waitMinutes * MINUTE_MS }))
      : plan.kind === 'phased' && rollout.kind === 'phased'
        ? rollout.dailyPercents.map((percent) => ({ percent, forMs: DAY_MS }))
        : [{ percent: 100, forMs: null }];
  return shares
    .flatMap(({ percent, forMs }): ProgramStep[] => [
      { do: 'set-weight', percent, phase: 'STEPPING' },
      { do: 'pause', forMs, phase: 'STEPPING' },
    ])
    .slice(0, -1);
}
