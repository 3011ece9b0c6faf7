import type { OnClose } from '../windows/scope.ts';

/** The words and shapes of a store release on its way to everybody. */

export const rolloutStatuses = ['PENDING', 'PROGRESSING', 'PAUSED', 'COMPLETED', 'ABORTED'] as const;
export type RolloutStatus = (typeof rolloutStatuses)[number];

/**
 * `step`: a person advances it. `manual`: halted by a person here. `outside`: halted in the store's console. `window`: it reaches nobody more while
 * a window forbids it. `window-halt`: halted because a window closed. `inconclusive`: its analysis has no evidence. `analysis`: halted because its
 * analysis failed, or had no evidence for too long.
 */
export const rolloutPauseReasons = ['step', 'manual', 'outside', 'window', 'window-halt', 'inconclusive', 'analysis'] as const;
export type PauseReason = (typeof rolloutPauseReasons)[number];

/** These only stand still: the store shows it on its way. */
const standing: ReadonlySet<PauseReason | null> = new Set(['step', 'window', 'inconclusive']);

/** The store shows it halted: nobody new gets it before somebody resumes it there. */
export const isHaltedInStore = ({ status, pauseReason }: { status: RolloutStatus; pauseReason: PauseReason | null }): boolean =>
  status === 'PAUSED' && !standing.has(pauseReason);

/** What people want of it. */
export const rolloutWishes = ['RUN', 'HALT', 'COMPLETE'] as const;
export type RolloutWish = (typeof rolloutWishes)[number];

/** Something to be done at the store. */
export type RolloutAct =
  | { do: 'release' }
  /** @property to 0 < to < 1 */
  | { do: 'set-fraction'; to: number }
  /**
   * A person wants it, unless it says otherwise.
   * @property windows names of those that closed @property analysis what its analysis found
   */
  | { do: 'halt'; windows?: readonly string[]; analysis?: string }
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

/** What the windows say of reaching more users. */
export interface RolloutWindows {
  exposureAllowed: boolean;
  /** When that changes next; null = not by itself. */
  opensAt: Date | null;
  /** Names of the windows that forbid it. */
  closedBy: readonly string[];
  /** What becomes of what some users have already: it goes on, it reaches nobody more, or it is halted and a person resumes it. */
  onClose: OnClose;
}
