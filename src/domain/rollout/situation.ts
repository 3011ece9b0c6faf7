import type { Evidence } from './evidence.ts';
import type { RolloutPlan } from './plan.ts';
import type { ObservedState, RolloutAbilities, RolloutAct, RolloutState, RolloutWindows } from './rollout.ts';

/** What is known when a rollout is looked at. */
export interface RolloutSituation {
  state: RolloutState;
  plan: RolloutPlan;
  abilities: RolloutAbilities;
  /** null = the store does not show the release. */
  observed: ObservedState | null;
  /** Whether people have paused the whole release: nothing may reach more users meanwhile. */
  held: boolean;
  windows: RolloutWindows;
  /** Of `analysisOf` for the state; null = nothing is to be measured, or nothing was yet. */
  evidence: Evidence | null;
  now: Date;
}

/** Something people should hear of, and history keep. */
export interface RolloutEvent {
  kind: 'started' | 'stepped' | 'halted' | 'resumed' | 'completed' | 'aborted' | 'unproven';
  /** It was done in the store's console. */
  outside: boolean;
  /** Of a halt that nobody asked for: names of the windows that closed. */
  windows?: readonly string[];
  /** Of a halt that its analysis wants, and of one without evidence: what was found. */
  analysis?: string;
}

export type RolloutWait =
  /** The next step's time. */
  | { for: 'time'; until: Date }
  /** A person resumes or advances it; `until`: when it is halted without one. */
  | { for: 'person'; why: string; until?: Date | null }
  /** It is measured whether the version may reach more users. */
  | { for: 'analysis'; until: Date | null; why: string }
  /** A window lets it reach more users. */
  | { for: 'window'; until: Date | null; why: string }
  /** The store does something, or shows something that can be told. */
  | { for: 'store'; why: string };

export interface RolloutDecision {
  /** To be written before anything is done. */
  state: RolloutState;
  events: readonly RolloutEvent[];
  /** To be done then, and to be looked at again. */
  act: RolloutAct | null;
  /** What is waited for; null = nothing: there is something to do, or it is over. */
  wait: RolloutWait | null;
  /** Why it cannot go on without a person; null = it can. */
  failure: string | null;
}

/* The shapes a decision has. */

/** Nothing was learnt: what was intended may have happened or not. */
export const untold = (state: RolloutState, why: string): RolloutDecision => ({
  ...{ state, events: [], act: null, failure: null },
  wait: { for: 'store', why },
});

/** Nothing is left to do. */
export const settled = (state: RolloutState, events: readonly RolloutEvent[]): RolloutDecision => ({
  ...{ state: { ...state, intended: null }, events },
  ...{ act: null, wait: null, failure: null },
});

export const waits = (state: RolloutState, events: readonly RolloutEvent[], wait: RolloutWait): RolloutDecision => ({
  ...settled(state, events),
  wait,
});

export const acts = (state: RolloutState, events: readonly RolloutEvent[], act: RolloutAct): RolloutDecision => ({
  ...settled(state, events),
  ...{ state: { ...state, intended: act }, act },
});
