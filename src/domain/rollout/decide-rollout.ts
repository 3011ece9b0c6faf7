import { failedWords, haltedWords, type Proof, proofOf } from './evidence.ts';
import { firstTarget, nextTarget, reachedStep, SAME, stepDueAt } from './progress.ts';
import { isHaltedInStore, type PauseReason, type RolloutAct, type RolloutState, type RolloutWindows } from './rollout.ts';
import {
  acts,
  type RolloutDecision,
  type RolloutEvent,
  type RolloutSituation,
  type RolloutWait,
  settled,
  untold,
  waits,
} from './situation.ts';

/**
 * Compares what the store shows with what was known, adopts what others changed, and says what to do next. Pure, and a fixed point: asked again
 * about the state it leads to, the same observation wants the same act and brings no event. While a person wants it halted, while it is
 * paused, while the release is, while the windows forbid it and while the evidence that its step asks for is not there, nothing reaches more users.
 * Nothing keeps it from being halted.
 */
export function decideRollout(situation: RolloutSituation): RolloutDecision {
  const { state, observed } = situation;
  if (observed === null) return untold(state, 'the store does not show the release');
  switch (observed.kind) {
    case 'unknown':
      return untold(state, `the store shows a state that is not known: ${observed.raw}`);
    case 'in-review':
      return untold(state, 'the store reviews it');
    case 'draft':
      return abort(situation, 'The store shows the version as a draft again: somebody took it back.');
    case 'withdrawn':
      return abort(situation, 'The version was taken back in the store.');
    case 'rejected':
      return abort(situation, `The store rejected the version${observed.reason === null ? '.' : `: ${observed.reason}`}`);
    case 'superseded':
      return abort(situation, 'A later version took its place in the store.');
    case 'approved':
      return approved(situation);
    case 'processing':
      return processing(situation);
    case 'rolling-out':
      return rollingOut(situation, observed.fraction);
    case 'halted':
      return halted(situation, observed.fraction);
    case 'live':
      return live(situation);
    default:
      return observed satisfies never;
  }
}

function abort({ state }: RolloutSituation, failure: string): RolloutDecision {
  const events: RolloutEvent[] = state.status === 'ABORTED' ? [] : [{ kind: 'aborted', outside: true }];
  return { ...settled({ ...state, status: 'ABORTED', pauseReason: null }, events), failure };
}

/** Nobody gets it yet. */
function approved({ state, abilities, held, windows }: RolloutSituation): RolloutDecision {
  const base = { ...state, fraction: 0, step: 0, stepReachedAt: null, advanceRequestedAt: null };
  if (state.wanted === 'HALT') return waits({ ...base, status: 'PAUSED', pauseReason: 'manual' }, [], standsStill('manual'));
  const pending: RolloutState = { ...base, status: 'PENDING', pauseReason: null };
  if (!abilities.releasesOnRequest) return waits(pending, [], { for: 'store', why: "a person has to publish it in the store's console" });
  if (held) return waits(pending, [], releasePaused);
  return windows.exposureAllowed ? acts(pending, [], { do: 'release' }) : waits(pending, [], windowOpens(windows));
}

/**
 * It is let out, or a change of ours is on its way: what was intended still is. A halt that nobody wants any more is not: if the store shows
 * one later, it is somebody else's.
 */
function processing({ state, windows }: RolloutSituation): RolloutDecision {
  const { intended, wanted } = state;
  const isWanted = intended?.do !== 'halt' || wanted === 'HALT' || (intended.windows !== undefined && !windows.exposureAllowed);
  const next = isWanted ? state : { ...state, intended: null };
  const going: RolloutState = next.status === 'PAUSED' && next.fraction > 0 ? next : { ...next, status: 'PROGRESSING', pauseReason: null };
  return untold(going, 'the store prepares it');
}

function rollingOut(situation: RolloutSituation, fraction: number): RolloutDecision {
  const { state, now } = situation;
  const resumed = stoodStill(state) || state.status === 'ABORTED';
  const ours = state.intended?.do === 'resume';
  // Resumed in the console while it was to stand still: whoever did that is believed.
  const wanted = stoodStill(state) && state.wanted === 'HALT' ? 'RUN' : state.wanted;
  const moved = Math.abs(fraction - state.fraction) > SAME;
  const step = reachedStep(situation, fraction);
  const anew = moved || resumed || state.stepReachedAt === null;
  const next: RolloutState = {
    ...{ ...state, wanted, fraction, step },
    ...{ status: 'PROGRESSING', pauseReason: null },
    stepReachedAt: anew ? beginOf(state, now) : state.stepReachedAt,
    // The wish was about another step.
    advanceRequestedAt: moved || resumed ? null : state.advanceRequestedAt,
  };
  const events: RolloutEvent[] = [];
  if (resumed) events.push({ kind: 'resumed', outside: !ours });
  if (moved)
    events.push(state.fraction === 0 ? { kind: 'started', outside: false } : { kind: 'stepped', outside: !isOurs(situation, fraction) });
  const failed = resumed ? null : failedWords(situation);
  // The stay goes on by which the verdict is found.
  if (failed !== null) return stopsForAnalysis({ ...next, stepReachedAt: state.stepReachedAt }, events, failed);
  return goOn(situation, next, events);
}

/** Each stay begins after the one before: by that instant its evidence is told from the other's. */
const beginOf = ({ stepReachedAt }: RolloutState, now: Date): Date =>
  stepReachedAt === null || stepReachedAt < now ? now : new Date(stepReachedAt.getTime() + 1);

/** Steps of the store's own days are nobody's doing. */
function isOurs({ state, abilities }: RolloutSituation, fraction: number): boolean {
  if (abilities.rollout.kind === 'phased') return fraction > state.fraction;
  return state.intended?.do === 'set-fraction' && Math.abs(state.intended.to - fraction) <= SAME;
}

/** Some get it, and it may reach more. */
function goOn(situation: RolloutSituation, next: RolloutState, events: readonly RolloutEvent[]): RolloutDecision {
  const { plan, abilities, held, windows, now } = situation;
  if (next.wanted === 'HALT') return acts(next, events, halt(next));
  const proof = proofOf(situation, next);
  const unproven = stoppedUnproven(situation, next, events, proof);
  if (unproven !== null) return unproven;
  const stopped = stoppedByWindow(situation, next, events);
  if (stopped !== null) return stopped;
  if (held) return waits(next, events, releasePaused);
  const reachesMore = (act: RolloutAct) =>
    denied(windows, next)
      ? waits({ ...next, status: 'PAUSED', pauseReason: 'window' }, events, windowOpens(windows))
      : acts(next, events, act);
  if (next.wanted === 'COMPLETE') return reachesMore({ do: 'complete' });
  if (plan.kind === 'immediate') {
    return waits(next, events, { for: 'person', why: 'the store shows it to some of the users, and the plan was everybody at once' });
  }
  if (plan.kind === 'phased' || abilities.rollout.kind === 'phased')
    return waits(next, events, { for: 'store', why: `the store's next day${proof.is === 'measured' ? `; ${proof.why}` : ''}` });
  const more = () => reachesMore(raise(nextTarget(plan.steps, next.fraction)));
  if (next.advanceRequestedAt !== null) return more();
  if (proof.is === 'lacking') return standsUnproven(situation, next, events, proof);
  const due = stepDueAt(plan.steps, next);
  if (due !== null && due > now) return waits(next, events, { for: 'time', until: due });
  if (proof.is === 'measured') return waits(next, events, { for: 'analysis', until: proof.until, why: proof.why });
  return due !== null ? more() : waits({ ...next, status: 'PAUSED', pauseReason: 'step' }, events, standsStill('step'));
}

/** What a person wants counts for evidence; else there is a deadline for it, and none where the store goes on by itself meanwhile. */
function stoppedUnproven(
  { abilities, held, now }: RolloutSituation,
  next: RolloutState,
  events: readonly RolloutEvent[],
  proof: Proof,
): RolloutDecision | null {
  if (proof.is !== 'lacking' || next.wanted === 'COMPLETE') return null;
  if (abilities.rollout.kind === 'phased') return stopsForAnalysis(next, events, proof.why);
  const isHeard = next.advanceRequestedAt !== null && !held;
  if (isHeard || proof.until === null || proof.until > now) return null;
  return stopsForAnalysis(next, events, `${proof.why}, and nobody took it on in time`);
}

/** From here on only a person's new word lets it go on. */
const stopsForAnalysis = (next: RolloutState, events: readonly RolloutEvent[], analysis: string): RolloutDecision =>
  acts({ ...next, wanted: 'HALT' }, events, next.intended?.do === 'halt' ? next.intended : { do: 'halt', analysis });

function standsUnproven(
  { state }: RolloutSituation,
  next: RolloutState,
  events: readonly RolloutEvent[],
  { until, why }: Extract<Proof, { is: 'lacking' }>,
): RolloutDecision {
  const isKnown = state.pauseReason === 'inconclusive' && state.stepReachedAt?.getTime() === next.stepReachedAt?.getTime();
  const told: RolloutEvent[] = isKnown ? [] : [{ kind: 'unproven', outside: false, analysis: why }];
  return waits({ ...next, status: 'PAUSED', pauseReason: 'inconclusive' }, [...events, ...told], { for: 'person', until, why });
}

/** A window closed under it. Where the store goes on by itself, day by day, standing still takes a halt. */
function stoppedByWindow(
  { windows, abilities }: RolloutSituation,
  next: RolloutState,
  events: readonly RolloutEvent[],
): RolloutDecision | null {
  if (!denied(windows, next)) return null;
  // After that only a person's new word lets it go on.
  if (windows.onClose === 'abort') return acts({ ...next, wanted: 'HALT' }, events, halt(next, windows.closedBy));
  return abilities.rollout.kind === 'phased' ? acts(next, events, halt(next, windows.closedBy)) : null;
}

/** What is under way may finish where every window that forbids says so. */
const denied = ({ exposureAllowed, onClose }: RolloutWindows, { fraction }: RolloutState) =>
  !exposureAllowed && (onClose !== 'finish' || fraction === 0);

/** One that was about to be done stays what it was. */
const halt = ({ intended }: RolloutState, windows?: readonly string[]): RolloutAct =>
  intended?.do === 'halt' ? intended : windows === undefined ? { do: 'halt' } : { do: 'halt', windows };

const raise = (to: number): RolloutAct => (to < 1 ? { do: 'set-fraction', to } : { do: 'complete' });

function halted(situation: RolloutSituation, fraction: number): RolloutDecision {
  const { state, held, windows } = situation;
  const stood = stoodStill(state);
  const here = state.wanted === 'HALT' || state.intended?.do === 'halt';
  const {
    windows: closed,
    analysis,
  }: Omit<Extract<RolloutAct, { do: 'halt' }>, 'do'> = state.intended?.do === 'halt' ? state.intended : {};
  const why: PauseReason = closed !== undefined ? 'window-halt' : analysis !== undefined ? 'analysis' : here ? 'manual' : 'outside';
  const pauseReason = stood ? (state.pauseReason ?? 'manual') : why;
  const outside = !stood && !here;
  const next: RolloutState = {
    ...{ ...state, fraction, step: reachedStep(situation, fraction), advanceRequestedAt: null },
    ...{ status: 'PAUSED', pauseReason },
    // From here on only a person's new word lets it go on.
    wanted: outside ? 'HALT' : state.wanted,
  };
  const cause = { ...(closed === undefined ? {} : { windows: closed }), ...(analysis === undefined ? {} : { analysis }) };
  const events: RolloutEvent[] = stood ? [] : [{ kind: 'halted', outside, ...cause }];
  if (next.wanted === 'HALT') {
    return waits(next, events, pauseReason === 'analysis' ? { for: 'person', why: haltedWords(situation) } : standsStill(pauseReason));
  }
  if (held) return waits(next, events, releasePaused);
  return denied(windows, next) ? waits(next, events, windowOpens(windows)) : acts(next, events, { do: 'resume' });
}

function live(situation: RolloutSituation): RolloutDecision {
  const { state, plan, abilities, now } = situation;
  const step = plan.kind === 'staged' ? plan.steps.length : reachedStep(situation, 1);
  const next: RolloutState = { ...state, fraction: 1, step, advanceRequestedAt: null, pauseReason: null };
  if (state.status === 'COMPLETED') return settled(next, []);
  const stepReachedAt = state.fraction === 1 ? state.stepReachedAt : now;
  // One that stood still and is live was resumed in the console.
  if (state.wanted === 'HALT' && abilities.haltsLive && !stoodStill(state)) {
    return acts({ ...next, status: 'PROGRESSING', stepReachedAt }, [], halt(state));
  }
  const ours = state.intended !== null && ['release', 'resume', 'complete'].includes(state.intended.do);
  const outside = abilities.rollout.kind === 'staged' && !ours && firstTarget(plan) < 1;
  return settled({ ...next, status: 'COMPLETED', stepReachedAt }, [{ kind: 'completed', outside }]);
}

/** It was seen halted in the store; before anybody got it there was nothing to halt. */
const stoodStill = (state: RolloutState) => isHaltedInStore(state) && state.fraction > 0;

const standsStill = (reason: PauseReason): RolloutWait => ({
  for: 'person',
  why: {
    step: 'a person advances it to the next step',
    manual: 'a person halted it, and resumes it',
    outside: "it was halted in the store's console; a person resumes it, here or there",
    window: 'a window lets it reach more users',
    'window-halt': 'it was halted when a window closed, and a person resumes it',
    inconclusive: 'there is no evidence for the next share',
    analysis: 'it was halted for its analysis, and a person resumes it',
  }[reason],
});

const releasePaused: RolloutWait = { for: 'person', why: 'the release is paused' };

const windowOpens = ({ opensAt, closedBy }: RolloutWindows): RolloutWait => ({
  ...{ for: 'window', until: opensAt },
  why: `no window lets it reach more users: ${closedBy.join(', ')}`,
});
