import { backgroundKey, stepKey } from './analyses.ts';
import { acts, settles, waits } from './decisions.ts';
import { isAll, type ProgramStep } from './program.ts';
import type { ServiceRolloutState } from './rollout.ts';
import type { AnalysisSeen, ServiceRolloutDecision, ServiceRolloutSituation } from './situation.ts';
import { blocked, going, reconcile, stoppedByPeople } from './weights.ts';

/* The new version is ready and healthy: step after step, then draining, then the end of the old one. */

/** What one step comes to: left, with the state behind it, or where it stands. */
type Stepped = { left: ServiceRolloutState } | { stands: ServiceRolloutDecision };

export function takeSteps(situation: ServiceRolloutSituation): ServiceRolloutDecision {
  const { program } = situation;
  let state = promoted(situation, background(situation, situation.state));
  for (;;) {
    const step = program.steps[state.step];
    if (step === undefined) return drain(situation, state);
    const stepped = take(situation, { ...state, phase: step.phase }, step);
    if ('stands' in stepped) return stepped.stands;
    state = stepped.left;
  }
}

/** One that has passed begins anew; one without evidence does when a person goes on all the same. */
function background({ analyses, program, held, now }: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutState {
  if (program.background === null || state.phase === 'DRAINING') return state;
  const { run, passed } = state.background;
  const verdict = analyses.get(backgroundKey(state))?.verdict;
  if (verdict === 'successful') return { ...state, background: { run: run + 1, passed: true } };
  const lacks = verdict === 'inconclusive' || verdict === 'error';
  if (!lacks || state.advanceRequestedAt === null || state.wanted === 'PAUSE' || held) return state;
  return {
    ...state,
    background: { run: run + 1, passed },
    advanceRequestedAt: null,
    inconclusiveSince: null,
    stepSince: state.stepSince ?? now,
  };
}

/** A person who promotes skips what is left up to the step that gives it everything; what is looked at after that still is. */
function promoted({ program, now }: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutState {
  const all = program.steps.findIndex(isAll);
  if (state.wanted !== 'PROMOTE' || state.step >= all) return state;
  return { ...state, step: all, stepSince: now, inconclusiveSince: null, advanceRequestedAt: null };
}

function take(situation: ServiceRolloutSituation, state: ServiceRolloutState, step: ProgramStep): Stepped {
  if (step.do === 'set-weight') return setWeight(situation, state, step);
  const off = reconcile(situation, state, state.planned);
  if (off !== null) return { stands: off };
  const unproven = withoutBackground(situation, state);
  if (unproven !== null) return { stands: unproven };
  switch (step.do) {
    case 'set-header-route':
      return setHeaderRoute(situation, state, step);
    case 'pause':
      return pause(situation, state, step);
    case 'analysis':
    case 'judge':
      return analyse(situation, state, step);
    default:
      return step satisfies never;
  }
}

function setWeight(
  situation: ServiceRolloutSituation,
  state: ServiceRolloutState,
  step: Extract<ProgramStep, { do: 'set-weight' }>,
): Stepped {
  const { percent } = step;
  if (percent > state.planned) {
    const unproven = withoutBackground(situation, state) ?? (isAll(step) ? unprovenYet(situation, state) : null);
    if (unproven !== null) return { stands: reconcile(situation, state, state.planned) ?? unproven };
  }
  const off = reconcile(situation, state, percent);
  if (off !== null) return { stands: off };
  return next(situation, { ...state, planned: percent, exposedAt: state.exposedAt ?? (percent > 0 ? situation.now : null) });
}

function setHeaderRoute(
  situation: ServiceRolloutSituation,
  state: ServiceRolloutState,
  { header, value }: Extract<ProgramStep, { do: 'set-header-route' }>,
): Stepped {
  const { route, program, now } = situation;
  const shown = route?.headerRoute ?? null;
  if (shown !== null && shown.header === header && shown.value === value) {
    return next(situation, { ...state, exposedAt: state.exposedAt ?? now });
  }
  const obstacle = blocked(situation, state);
  return { stands: obstacle ?? acts(going(state), { do: 'set-header-route', route: { header, value, side: program.to } }) };
}

function pause(
  situation: ServiceRolloutSituation,
  state: ServiceRolloutState,
  { forMs, phase }: Extract<ProgramStep, { do: 'pause' }>,
): Stepped {
  const stopped = stoppedByPeople(situation, state);
  if (stopped !== null) return { stands: stopped };
  const { now } = situation;
  if (state.advanceRequestedAt !== null || state.wanted === 'PROMOTE') return leave(situation, state);
  if (forMs === null) {
    const why = phase === 'AWAITING_PROMOTION' ? 'a person promotes it' : 'a person advances it to the next step';
    return { stands: waits({ ...state, status: 'PAUSED', pauseReason: 'step' }, { for: 'person', until: null, why }) };
  }
  const until = (state.stepSince ?? now) + forMs;
  if (until <= now) return leave(situation, state);
  return { stands: waits(going(state), { for: 'time', until, why: 'the step takes its time' }) };
}

function analyse(
  situation: ServiceRolloutSituation,
  state: ServiceRolloutState,
  step: Extract<ProgramStep, { do: 'analysis' | 'judge' }>,
): Stepped {
  const stopped = stoppedByPeople(situation, state);
  const seen = situation.analyses.get(stepKey(state.step));
  if (stopped !== null) return { stands: stopped };
  if (state.advanceRequestedAt !== null || seen?.verdict === 'successful') return leave(situation, state);
  if (seen !== undefined && seen.verdict !== 'running') {
    const { inconclusiveDeadlineMs } = step.do === 'judge' ? step.judge : step.analysis;
    return { stands: lacksEvidence(situation, state, seen, inconclusiveDeadlineMs) };
  }
  return { stands: measuring(situation, going(state), seen) };
}

/** The analysis beside the steps must have evidence before any step is left. */
function withoutBackground(situation: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  const { background } = situation.program;
  const seen = situation.analyses.get(backgroundKey(state));
  if (background === null || state.wanted === 'PROMOTE' || (seen?.verdict !== 'inconclusive' && seen?.verdict !== 'error')) return null;
  return stoppedByPeople(situation, state) ?? lacksEvidence(situation, state, seen, background.inconclusiveDeadlineMs);
}

/** It must have passed once before the new version gets everything, and before the old one is drained. */
function unprovenYet(situation: ServiceRolloutSituation, state: ServiceRolloutState): ServiceRolloutDecision | null {
  const { program, analyses } = situation;
  if (program.background === null || state.background.passed || state.wanted === 'PROMOTE' || state.exposedAt === null) return null;
  return stoppedByPeople(situation, state) ?? measuring(situation, going(state), analyses.get(backgroundKey(state)));
}

const measuring = ({ now }: ServiceRolloutSituation, state: ServiceRolloutState, seen: AnalysisSeen | undefined): ServiceRolloutDecision =>
  waits(state, { for: 'analysis', until: seen?.nextLookAt ?? now, why: `it is measured${seen === undefined ? '' : `: ${seen.reason}`}` });

function lacksEvidence(
  { now }: ServiceRolloutSituation,
  state: ServiceRolloutState,
  { reason }: AnalysisSeen,
  deadlineMs: number,
): ServiceRolloutDecision {
  const until = (state.inconclusiveSince ?? now) + deadlineMs;
  return waits(
    { ...state, status: 'PAUSED', pauseReason: 'inconclusive' },
    { for: 'person', until, why: `there is no evidence: ${reason}` },
  );
}

/** Whatever a person wished was about this step. */
const leave = (situation: ServiceRolloutSituation, state: ServiceRolloutState): Stepped =>
  next(situation, { ...state, advanceRequestedAt: null });

function next({ now }: ServiceRolloutSituation, state: ServiceRolloutState): Stepped {
  return { left: { ...going(state), step: state.step + 1, stepSince: now, inconclusiveSince: null, intended: null } };
}

/** It has all traffic: the old version stays as the instant way back, then it is ended. */
function drain(situation: ServiceRolloutSituation, entered: ServiceRolloutState): ServiceRolloutDecision {
  const { program, route, now } = situation;
  // Somebody took traffic away meanwhile: it stands anew from when it has all of it again.
  const isShort = entered.phase === 'DRAINING' && route !== null && route.weight !== null && route.weight !== 100;
  const before = isShort ? { ...entered, stepSince: null } : entered;
  const off = program.routed ? reconcile(situation, before, 100) : null;
  if (off !== null) return off;
  if (route !== null && route.headerRoute !== null) return acts(going(before), { do: 'set-header-route', route: null });
  const unproven = before.phase === 'DRAINING' ? null : (withoutBackground(situation, before) ?? unprovenYet(situation, before));
  if (unproven !== null) return unproven;
  if (program.from === null) return completed(before);
  const state =
    before.phase === 'DRAINING' && before.stepSince !== null ? before : { ...before, phase: 'DRAINING' as const, stepSince: now };
  const until = (state.stepSince ?? now) + program.drainMs;
  if (until > now) return waits(going(state), { for: 'time', until, why: 'the old version stays as an instant way back' });
  const stopped = stoppedByPeople(situation, state);
  if (stopped !== null) return stopped;
  if (situation.side.state !== 'ready')
    return waits(going(state), { for: 'driver', why: situation.side.why ?? 'the new version is not ready' });
  return remove(situation, state);
}

/** There is no instant way back from here: only a rollback brings the old version again. */
export function remove(situation: ServiceRolloutSituation, before: ServiceRolloutState): ServiceRolloutDecision {
  const { program, oldSide, route } = situation;
  const state = { ...going(before), phase: 'REMOVING' as const };
  // Nothing may be sent to what is being ended: here giving more is the way out, and no window is asked.
  if (route !== null && route.weight !== null && route.weight !== 100) {
    return reconcile({ ...situation, held: false, windows: open }, { ...state, wanted: 'RUN' }, 100) ?? settles(state);
  }
  if (program.from === null || oldSide?.state === 'absent') return completed(state);
  return acts(state, { do: 'remove', side: program.from });
}

const open = { allowed: true, blocking: [], nextChangeAt: null, onClose: 'finish' } as const;

const completed = (state: ServiceRolloutState): ServiceRolloutDecision =>
  settles({ ...state, status: 'COMPLETED', pauseReason: null, phase: 'COMPLETED', advanceRequestedAt: null, inconclusiveSince: null });
