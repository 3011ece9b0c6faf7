/** The words and shapes of a store release on its way to everybody. */

export const rolloutStatuses = ['PENDING', 'PROGRESSING', 'PAUSED', 'COMPLETED', 'ABORTED'] as const;
export type RolloutStatus = (typeof rolloutStatuses)[number];

/** `step`: a person advances it. `manual`: halted by a person here. `outside`: halted in the store's console. */
export type PauseReason = 'step' | 'manual' | 'outside';

/** What people want of it. */
export const rolloutWishes = ['RUN', 'HALT', 'COMPLETE'] as const;
export type RolloutWish = (typeof rolloutWishes)[number];

/** Something to be done at the store. */
export type RolloutAct =
  | { do: 'release' }
  /** @property to 0 < to < 1 */
  | { do: 'set-fraction'; to: number }
  | { do: 'halt' }
  | { do: 'resume' }
  | { do: 'complete' };

/** Where a rollout stands: what the store showed last, and what people want. */
export interface RolloutState {
  status: RolloutStatus;
  pauseReason: PauseReason | null;
  /** Index of the plan's step it is on; 0 before the first. */
  step: number;
  /** When the step was reached, as the store showed it. */
  stepReachedAt: Date | null;
  /** Share of users, 0 to 1. */
  fraction: number;
  wanted: RolloutWish;
  /** A person wants the next step now. */
  advanceRequestedAt: Date | null;
  /** What was about to be done when it was last written: by this, a result that nobody wrote down is told from a change in the console. */
  intended: RolloutAct | null;
}

/** A store release as its store shows it. */
export type ObservedState =
  | { kind: 'draft' | 'in-review' | 'withdrawn' | 'approved' | 'processing' | 'live' | 'superseded' }
  | { kind: 'rejected'; reason: string | null }
  | { kind: 'rolling-out' | 'halted'; fraction: number }
  | { kind: 'unknown'; raw: string };

/** What the store can do. */
export interface RolloutAbilities {
  rollout: { kind: 'staged' } | { kind: 'phased'; dailyPercents: readonly number[] };
  /** Whether a release that everybody gets can be halted. */
  haltsLive: boolean;
  /** Whether an approved release waits for us to release it. */
  releasesOnRequest: boolean;
}
