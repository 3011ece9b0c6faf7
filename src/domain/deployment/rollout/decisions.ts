import { otherSide, type Side, type Weights } from '../vocabulary.ts';
import type { ServiceRolloutAct, ServiceRolloutState } from './rollout.ts';
import type { ServiceRolloutDecision, ServiceRolloutEvent, ServiceRolloutWait } from './situation.ts';

/* The shapes a decision has. */

const none = { events: [], act: null, wait: null, failure: null } as const;

/** Nothing is left to do. */
export const settles = (state: ServiceRolloutState): ServiceRolloutDecision => ({ ...none, state: { ...state, intended: null } });

export const acts = (
  state: ServiceRolloutState,
  act: ServiceRolloutAct,
  events: readonly ServiceRolloutEvent[] = [],
): ServiceRolloutDecision => ({ ...none, state: { ...state, intended: act }, act, events });

export const waits = (state: ServiceRolloutState, wait: ServiceRolloutWait): ServiceRolloutDecision => ({
  ...none,
  state: { ...state, intended: null },
  wait,
});

/** Nothing was learnt: what was intended may have happened or not. */
export const untold = (state: ServiceRolloutState, why: string): ServiceRolloutDecision => ({
  ...none,
  state,
  wait: { for: 'driver', why },
});

export const fails = (state: ServiceRolloutState, failure: string): ServiceRolloutDecision => ({ ...settles(state), failure });

/** The new version's share, and what is left for the other side: together 100. */
export const sharedAs = (to: Side, percent: number): Weights => {
  const weights: Weights = { blue: 0, green: 0 };
  weights[to] = percent;
  weights[otherSide(to)] = 100 - percent;
  return weights;
};

export const setsWeight = (to: Side, percent: number): ServiceRolloutAct => ({ do: 'set-weights', weights: sharedAs(to, percent) });

/** What is kept as JSON may come back with its keys in another order. */
export function sameAct(one: ServiceRolloutAct | null, other: ServiceRolloutAct | null): boolean {
  if (one === null || other === null) return one === other;
  if (one.do === 'set-weights') return other.do === one.do && one.weights.blue === other.weights.blue;
  if (one.do !== 'set-header-route') return other.do === one.do && one.side === other.side;
  if (other.do !== one.do) return false;
  const { route } = one;
  return route === null || other.route === null
    ? route === other.route
    : route.header === other.route.header && route.value === other.route.value && route.side === other.route.side;
}
