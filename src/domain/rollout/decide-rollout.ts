import type { RolloutPlan } from './plan.ts';
import { firstTarget, nextTarget, reachedStep, SAME, stepDueAt } from './progress.ts';
import {
  isHaltedInStore,
  type ObservedState,
  type PauseReason,
  type RolloutAbilities,
  type RolloutAct,
  type RolloutState,
  type RolloutWindows,
} from './rollout.ts';

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
  now: Date;
}

/** Something people should hear of, and history keep. */
export interface RolloutEvent {
  kind: 'started' | 'stepped' | 'halted' | 'resumed' | 'completed' | 'aborted';
  /** It was done in the store's console. */
  outside: boolean;
  /** Of a halt that nobody asked for: names of the windows that closed. */
  windows?: readonly string[];
}

export type RolloutWait =
  /** The next step's time. */
  | { for: 'time'; until: Date }
  /** A person resumes or advances it. */
  | { for: 'person'; why: string }
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

/**
 * Compares what the store shows with what was known, adopts what others changed, and says what to do next. Pure, and a fixed point: asked again
 * about the state it leads to, the same observation wants the same act and brings no event. While a person wants it halted, while it is
 * paused, while the release is and while the windows forbid it, nothing reaches more users. Nothing keeps it from being halted.
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

/** Nothing was learnt: what was intended may have happened or not. */
const untold = (state: RolloutState, why: string): RolloutDecision => ({
  ...{ state, events: [], act: null, failure: null },
  wait: { for: 'store', why },
});

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
    stepReachedAt: anew ? now : state.stepReachedAt,
    // The wish was about another step.
    advanceRequestedAt: moved || resumed ? null : state.advanceRequestedAt,
  };
  const events: RolloutEvent[] = [];
  if (resumed) events.push({ kind: 'resumed', outside: !ours });
  if (moved)
    events.push(state.fraction === 0 ? { kind: 'started', outside: false } : { kind: 'stepped', outside: !isOurs(situation, fraction) });
  return goOn(situation, next, events);
}

/** Steps of the store's own days are nobody's doing. */
function isOurs({ state, abilities }: RolloutSituation, fraction: number): boolean {
  if (abilities.rollout.kind === 'phased') return fraction > state.fraction;
  return state.intended?.do === 'set-fraction' && Math.abs(state.intended.to - fraction) <= SAME;
}

/** Some get it, and it may reach more. */
function goOn(situation: RolloutSituation, next: RolloutState, events: readonly RolloutEvent[]): RolloutDecision {
  const { plan, abilities, held, windows, now } = situation;
  if (next.wanted === 'HALT') return acts(next, events, halt(next));
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
    return waits(next, events, { for: 'store', why: "the store's next day" });
  const due = stepDueAt(plan.steps, next);
  if (next.advanceRequestedAt !== null || (due !== null && due <= now)) return reachesMore(raise(nextTarget(plan.steps, next.fraction)));
  if (due !== null) return waits(next, events, { for: 'time', until: due });
  return waits({ ...next, status: 'PAUSED', pauseReason: 'step' }, events, standsStill('step'));
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
  const closed = state.intended?.do === 'halt' ? state.intended.windows : undefined;
  const pauseReason: PauseReason = stood
    ? (state.pauseReason ?? 'manual')
    : closed !== undefined
      ? 'window-halt'
      : here
        ? 'manual'
        : 'outside';
  const outside = !stood && !here;
  const next: RolloutState = {
    ...{ ...state, fraction, step: reachedStep(situation, fraction), advanceRequestedAt: null },
    ...{ status: 'PAUSED', pauseReason },
    // From here on only a person's new word lets it go on.
    wanted: outside ? 'HALT' : state.wanted,
  };
  const events: RolloutEvent[] = stood ? [] : [{ kind: 'halted', outside, ...(closed === undefined ? {} : { windows: closed }) }];
  if (next.wanted === 'HALT') return waits(next, events, standsStill(pauseReason));
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
  }[reason],
});

const releasePaused: RolloutWait = { for: 'person', why: 'the release is paused' };

const windowOpens = ({ opensAt, closedBy }: RolloutWindows): RolloutWait => ({
  ...{ for: 'window', until: opensAt },
  why: `no window lets it reach more users: ${closedBy.join(', ')}`,
});

/** Nothing is left to do. */
const settled = (state: RolloutState, events: readonly RolloutEvent[]): RolloutDecision => ({
  ...{ state: { ...state, intended: null }, events },
  ...{ act: null, wait: null, failure: null },
});

const waits = (state: RolloutState, events: readonly RolloutEvent[], wait: RolloutWait): RolloutDecision => ({
  ...settled(state, events),
  wait,
});

const acts = (state: RolloutState, events: readonly RolloutEvent[], act: RolloutAct): RolloutDecision => ({
  ...settled(state, events),
  ...{ state: { ...state, intended: act }, act },
});
