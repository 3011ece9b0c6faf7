import type { HealthState } from '../health.ts';
import type { Side, Weights } from '../vocabulary.ts';

/** The words and shapes of one service's way to its new version. */

export const serviceRolloutStatuses = ['PENDING', 'PROGRESSING', 'PAUSED', 'PROMOTING', 'COMPLETED', 'ABORTING', 'ABORTED'] as const;
export type ServiceRolloutStatus = (typeof serviceRolloutStatuses)[number];

/**
 * `step`: a person takes the next step. `manual`: a person paused it, or its deployment. `inconclusive`: no evidence. `window`: no window allows more. In a
 * store also `outside`: it was halted in the store's console, `window-halt`: it was halted because a window closed, and `analysis`: because of its analysis.
 */
export const servicePauseReasons = ['step', 'manual', 'inconclusive', 'window', 'outside', 'window-halt', 'analysis'] as const;
export type ServicePauseReason = (typeof servicePauseReasons)[number];

/**
 * Where it is. INSTALLING and STEPPING belong to rolling and canary; PREVIEWING, PRE_ANALYSIS, AWAITING_PROMOTION, SWITCHING and POST_ANALYSIS to
 * blue-green; DRAINING, REMOVING and COMPLETED to all that leave an old version behind. A store has INSTALLING, IN_REVIEW, STEPPING and COMPLETED.
 */
export const serviceRolloutPhases = [
  'INSTALLING',
  'IN_REVIEW',
  'STEPPING',
  'PREVIEWING',
  'PRE_ANALYSIS',
  'AWAITING_PROMOTION',
  'SWITCHING',
  'POST_ANALYSIS',
  'DRAINING',
  'REMOVING',
  'COMPLETED',
] as const;
export type ServiceRolloutPhase = (typeof serviceRolloutPhases)[number];

/** What people want. */
export const serviceRolloutWishes = ['RUN', 'PAUSE', 'ABORT', 'PROMOTE'] as const;
export type ServiceRolloutWish = (typeof serviceRolloutWishes)[number];

/** Something to be done at a driver; find-or-create, all of it. */
export type ServiceRolloutAct =
  | { do: 'install'; side: Side }
  | { do: 'set-weights'; weights: Weights }
  /** null takes it away. */
  | { do: 'set-header-route'; route: { header: string; value: string; side: Side } | null }
  | { do: 'remove'; side: Side };

/** Instants are milliseconds since the epoch: the state is kept as JSON. */
export interface ServiceRolloutState {
  status: ServiceRolloutStatus;
  pauseReason: ServicePauseReason | null;
  phase: ServiceRolloutPhase;
  /** Index of the step of the program it is on; as many as there are = behind the last. */
  step: number;
  /** Since when it is on the step. A step that sets a weight ends when the weight is read back. */
  stepSince: number | null;
  /** Share of traffic of the new version, whole percent, that was reached as planned; never above the step's. */
  planned: number;
  /** The same as the router showed it last; null = it was never told. */
  weight: number | null;
  /** When the new version was brought to its side first. */
  installedAt: number | null;
  /** Since when it is not ready; null = it is, or was not brought yet. */
  notReadySince: number | null;
  health: HealthState | null;
  /** When it was ready and healthy first: nothing reaches it before. */
  healthyAt: number | null;
  /** When requests reached it first. */
  exposedAt: number | null;
  /** The analysis beside the steps: which run of it, and whether one has passed. */
  background: { run: number; passed: boolean };
  /** Since when an analysis or a judge has no evidence. */
  inconclusiveSince: number | null;
  /** Why it is taken back. */
  abortReason: string | null;
  wanted: ServiceRolloutWish;
  advanceRequestedAt: number | null;
  /** What is about to be done. */
  intended: ServiceRolloutAct | null;
}

export const pendingRollout: ServiceRolloutState = {
  ...{ status: 'PENDING', pauseReason: null, phase: 'INSTALLING', step: 0, stepSince: null, planned: 0, weight: null },
  ...{ installedAt: null, notReadySince: null, health: null, healthyAt: null, exposedAt: null },
  ...{ background: { run: 1, passed: false }, inconclusiveSince: null, abortReason: null },
  ...{ wanted: 'RUN', advanceRequestedAt: null, intended: null },
};

/** Nothing about it changes any more. */
export const isOver = ({ status }: Pick<ServiceRolloutState, 'status'>) => status === 'COMPLETED' || status === 'ABORTED';

/** From here on there is no instant way back: the old version is being ended. */
export const isPastReturn = ({ phase }: Pick<ServiceRolloutState, 'phase'>) => phase === 'REMOVING' || phase === 'COMPLETED';
