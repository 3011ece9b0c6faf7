import { acts, fails, setsWeight, untold } from './decisions.ts';
import type { ServiceRolloutState } from './rollout.ts';
import type { ServiceRolloutDecision, ServiceRolloutSituation } from './situation.ts';

/**
 * Takes all traffic from the new version and sees that it is gone; what was installed is undone by the deployment's rollback. No window, pause or wish
 * stands in the way. In place there is no other side to send traffic to: the rollback brings the old version there again.
 */
export function takeBack(situation: ServiceRolloutSituation): ServiceRolloutDecision {
  const { program, route, refused } = situation;
  const state: ServiceRolloutState = {
    ...situation.state,
    ...{ status: 'ABORTING', pauseReason: null, planned: 0, inconclusiveSince: null, advanceRequestedAt: null },
  };
  const isUntouched = state.installedAt === null;
  if (!isUntouched && route !== null && !program.inPlace) {
    if (state.status === situation.state.status && refused !== null) return fails(state, `The traffic could not be taken back: ${refused}`);
    if (route.weight === null) return untold(state, route.why ?? 'the router shows no weights');
    if (route.weight !== 0) return acts(state, setsWeight(program.to, 0));
    if (route.headerRoute !== null) return acts(state, { do: 'set-header-route', route: null });
  }
  return fails({ ...state, status: 'ABORTED' }, abortWords(state));
}

export const abortWords = ({ abortReason }: ServiceRolloutState) => `The rollout was aborted: ${abortReason ?? 'nobody said why'}.`;
