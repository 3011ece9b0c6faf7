import { beginHealth, healthStanding, recordProbes } from '../health.ts';
import { failedAnalysis, withoutEvidence } from './analyses.ts';
import { acts, fails, setsWeight, settles, untold, waits } from './decisions.ts';
import { isOver, isPastReturn, type ServiceRolloutState } from './rollout.ts';
import type { ServiceRolloutDecision, ServiceRolloutSituation } from './situation.ts';
import { remove, takeSteps } from './steps.ts';
import { abortWords, takeBack } from './take-back.ts';
import { blockedInPlace, going, stoppedByPeople } from './weights.ts';

/**
 * Compares what drivers, probes and analyses show with what was known, and says what to do next with one service's rollout. Pure, and a fixed point: asked
 * again about the state it leads to, the same observation wants the same act and brings no event.
 *
 * The new version's share is never above that of the step it is on, grows only while windows and people allow it and the new version is ready, and never grows
 * once the rollout is aborting. Less traffic is never held up. What is unknown is never taken for good.
 */
export function decideServiceRollout(situation: ServiceRolloutSituation): ServiceRolloutDecision {
  const { state } = situation;
  if (state.status === 'ABORTED') return fails(state, abortWords(state));
  if (isOver(state)) return settles(state);
  const seen = { ...situation, state: observed(situation) };
  if (state.status === 'ABORTING') return takeBack(seen);
  if (!isPastReturn(state)) {
    const abortReason = reasonToAbort(seen);
    if (abortReason !== null) return takeBack({ ...seen, state: { ...seen.state, abortReason } });
  }
  if (state.phase === 'REMOVING') return remove(seen, seen.state);
  if (seen.state.healthyAt === null) return install(seen);
  return takeSteps(seen);
}

/** Everything that is learnt by looking alone. */
function observed(situation: ServiceRolloutSituation): ServiceRolloutState {
  const { state, side, route, probes, program, now } = situation;
  const isReady = side.state === 'ready';
  // In place the very version may stand there already: then nothing is brought, and nothing changes.
  const installedAt = state.installedAt ?? (program.inPlace && isReady ? now : null);
  const isInstalled = installedAt !== null;
  const probed = isInstalled && isReady ? recordProbes(state.health ?? beginHealth(program.health, now), probes) : null;
  const isHealthy = probed !== null && healthStanding(program.health, probed, now).kind === 'healthy';
  const lacking = withoutEvidence(situation);
  const isExposed = program.inPlace ? isHealthy : showsWhatWasIntended(situation);
  return {
    ...state,
    installedAt,
    weight: route?.weight ?? state.weight,
    notReadySince: isInstalled && !isReady ? (state.notReadySince ?? now) : null,
    health: state.healthyAt === null ? probed : state.health,
    healthyAt: state.healthyAt ?? (isHealthy ? now : null),
    exposedAt: state.exposedAt ?? (isExposed ? now : null),
    inconclusiveSince: lacking === null ? null : (state.inconclusiveSince ?? now),
  };
}

/** What others gave it by hand does not put it under way. */
function showsWhatWasIntended({ state: { intended }, program, route }: ServiceRolloutSituation): boolean {
  if (route === null || intended === null) return false;
  if (intended.do === 'set-weights') return route.weight !== null && route.weight > 0 && route.weight === intended.weights[program.to];
  return intended.do === 'set-header-route' && intended.route !== null && route.headerRoute !== null;
}

function reasonToAbort(situation: ServiceRolloutSituation): string | null {
  const { state, side, program, windows, refused, now } = situation;
  if (state.wanted === 'ABORT') return 'a person wants it';
  if (refused !== null) return refused;
  if (state.installedAt !== null) {
    if (side.state === 'failed') return `the new version failed: ${side.why ?? 'the driver does not say why'}`;
    if (state.healthyAt !== null && (side.state === 'absent' || side.state === 'other')) {
      return 'the new version is gone from its side: somebody else ended or replaced it';
    }
    if (state.notReadySince !== null && now >= state.notReadySince + program.readyWithinMs) {
      return `the new version is not ready in time: ${side.why ?? side.state}`;
    }
  }
  if (state.health !== null && state.healthyAt === null) {
    const health = healthStanding(program.health, state.health, now);
    if (health.kind === 'failed') return `the new version is not healthy: ${health.why}`;
  }
  const failed = failedAnalysis(situation);
  if (failed !== null) return failed;
  if (!windows.allowed && windows.onClose === 'abort' && state.exposedAt !== null && state.planned < 100 && !program.inPlace) {
    return `a window closed that aborts what is under way: ${windows.blocking.join(', ')}`;
  }
  return overdueEvidence(situation);
}

/** A person who asked for the next step before the look that finds it too late is heard. */
function overdueEvidence(situation: ServiceRolloutSituation): string | null {
  const { state, held, now } = situation;
  const lacking = withoutEvidence(situation);
  const isAdvancing = state.advanceRequestedAt !== null && state.wanted !== 'PAUSE' && !held;
  if (lacking === null || state.inconclusiveSince === null || isAdvancing) return null;
  return now >= state.inconclusiveSince + lacking.deadlineMs ? `${lacking.why}, and nobody took it on in time` : null;
}

/** The new version comes to its side, is ready, and is healthy: only then anything reaches it. */
function install(situation: ServiceRolloutSituation): ServiceRolloutDecision {
  const { program, side, now } = situation;
  const state: ServiceRolloutState = { ...situation.state, phase: program.firstPhase };
  const early = program.inPlace ? null : withdrawEarly(situation, state);
  if (early !== null) return early;
  if (side.state === 'unknown') return untold(state, side.why ?? 'the driver shows nothing that can be told');
  if (side.state === 'absent' || side.state === 'other' || state.installedAt === null) {
    const obstacle = obstacleToInstalling(situation, state);
    if (obstacle !== null) return obstacle;
    const installing = { ...going(state), installedAt: state.installedAt ?? now, notReadySince: state.notReadySince ?? now };
    return acts(installing, { do: 'install', side: program.to });
  }
  if (side.state !== 'ready') return waits(going(state), { for: 'driver', why: side.why ?? 'the new version is on its way' });
  const health = healthStanding(program.health, state.health ?? beginHealth(program.health, now), now);
  return waits(going(state), {
    ...{ for: 'health', why: 'the new version is probed' },
    until: health.kind === 'pending' ? health.nextAt : now,
  });
}

/** Beside the old version it is exposed to nobody: only people hold that up, and only before it was begun. */
function obstacleToInstalling(situation: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  const { program } = situation;
  if (!program.inPlace) return state.installedAt === null ? stoppedByPeople(situation, state) : null;
  // What was intended and did not happen was not begun: its time to become ready does not run while it is held up.
  return blockedInPlace(situation, { ...state, installedAt: null, notReadySince: null, intended: null });
}

/** Nothing is brought to a side that gets traffic. Where the other side cannot take that traffic, a person has to say which side is the active one. */
function withdrawEarly(situation: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  const { program, route, oldSide } = situation;
  if (route === null) return null;
  if (route.weight === null && program.from === null) return null;
  if (route.weight === null) return untold(state, route.why ?? 'the router shows no weights');
  if (route.headerRoute !== null) return acts(going(state), { do: 'set-header-route', route: null });
  if (route.weight === 0) return null;
  if (program.from !== null && oldSide?.state !== 'ready') {
    const failure = `The router sends ${route.weight} % to the side ${program.to}, where the new version is to run, and the old one is not ready on the other.`;
    return fails(state, failure);
  }
  return acts(going(state), setsWeight(program.to, 0), [{ kind: 'drifted', from: route.weight, to: 0 }]);
}
