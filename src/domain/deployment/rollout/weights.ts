import { acts, sameAct, setsWeight, untold, waits } from './decisions.ts';
import type { ServiceRolloutState } from './rollout.ts';
import type { ServiceRolloutDecision, ServiceRolloutSituation, WindowsSeen } from './situation.ts';

/* What may give the new version more traffic, and what puts the weights where they are planned. Less traffic is never in the way of anything. */

/** Why nothing more may reach the new version now; null = it may. */
export function blocked(situation: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  const { side } = situation;
  const stopped = stoppedByPeople(situation, state);
  if (stopped !== null || side.state === 'ready') return stopped ?? deniedByWindow(situation, state);
  return waits(going(state), { for: 'driver', why: side.why ?? `the new version is ${side.state}` });
}

/** The same where bringing the new version is what exposes it: then it cannot be ready before. */
export const blockedInPlace = (situation: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null =>
  stoppedByPeople(situation, state) ?? deniedByWindow(situation, state);

function deniedByWindow({ windows }: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  if (!denied(windows, state)) return null;
  const why = `closed: ${windows.blocking.join(', ')}`;
  return waits({ ...state, status: 'PAUSED', pauseReason: 'window' }, { for: 'window', until: windows.nextChangeAt, why });
}

/** What is under way may finish where every window that forbids says so. */
const denied = ({ allowed, onClose }: WindowsSeen, { exposedAt }: ServiceRolloutState) =>
  !allowed && !(onClose === 'finish' && exposedAt !== null);

/** A person paused it, or its deployment: no step is left meanwhile. */
export function stoppedByPeople({ held }: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  if (state.wanted !== 'PAUSE' && !held) return null;
  const why = state.wanted === 'PAUSE' ? 'a person paused it, and resumes it' : 'the deployment is paused';
  return waits({ ...state, status: 'PAUSED', pauseReason: 'manual' }, { for: 'person', until: null, why });
}

/**
 * Compares what the router shows with the goal; null = it shows just that. More than planned is taken back at once, whoever brought it; less is put
 * right when more may reach the new version.
 */
export function reconcile(situation: ServiceRolloutSituation, state: ServiceRolloutState, goal: number): ServiceRolloutDecision | null {
  const { program, route } = situation;
  if (route === null) return null;
  // Where nothing was installed nothing is lost: a router without weights gets its first.
  const shown = route.weight ?? (program.from === null ? 0 : null);
  if (shown === null) return untold(state, route.why ?? 'the router shows no weights');
  const obstacle = shown < goal || goal > state.planned ? blocked(situation, state) : null;
  const isOurs = sameAct(state.intended, setsWeight(program.to, goal));
  const aim = obstacle === null || (isOurs && shown === goal) || program.inPlace ? goal : Math.min(goal, state.planned);
  if (shown === aim && aim === goal) return null;
  if (obstacle !== null && shown <= aim) return obstacle;
  const drifted = shown !== state.planned && !isOurs;
  return acts(going(state), setsWeight(program.to, aim), drifted ? [{ kind: 'drifted', from: shown, to: aim }] : []);
}

/** On its way, as far as nothing says otherwise. */
export const going = (state: ServiceRolloutState): ServiceRolloutState => ({
  ...state,
  status: state.planned === 100 ? 'PROMOTING' : 'PROGRESSING',
  pauseReason: null,
});
