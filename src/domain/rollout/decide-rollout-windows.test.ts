import { describe, expect, it } from 'vitest';
import { decideRollout } from './decide-rollout.ts';
import type { RolloutPlan } from './plan.ts';
import type { ObservedState, RolloutState, RolloutWindows } from './rollout.ts';
import type { RolloutSituation } from './situation.ts';

const hour = (offset: number) => new Date(Date.UTC(2025, 5, 2, 9 + offset));
const HOUR = 60;

const staged: RolloutPlan = {
  kind: 'staged',
  steps: [
    { percent: 5, waitMinutes: 24 * HOUR },
    { percent: 20, waitMinutes: null },
    { percent: 100, waitMinutes: null },
  ],
};
const anyShare = { rollout: { kind: 'staged' as const }, haltsLive: true, releasesOnRequest: false };
const ownDays = {
  rollout: { kind: 'phased' as const, dailyPercents: [1, 2, 5, 10, 20, 50, 100] },
  haltsLive: false,
  releasesOnRequest: true,
};

const begun: RolloutState = {
  ...{ status: 'PENDING', pauseReason: null, step: 0, stepReachedAt: null, fraction: 0 },
  ...{ wanted: 'RUN', advanceRequestedAt: null, intended: null },
};
/** On the first step since hour 0. */
const onFirst = { ...begun, status: 'PROGRESSING', step: 1, stepReachedAt: hour(0), fraction: 0.05 } satisfies RolloutState;
const haltedHere = { ...onFirst, status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT' } satisfies RolloutState;
/** On the step that a person has to end. */
const onSecond = { ...onFirst, status: 'PAUSED', pauseReason: 'step', step: 2, fraction: 0.2 } satisfies RolloutState;

const rolling = (fraction: number): ObservedState => ({ kind: 'rolling-out', fraction });
const halted = (fraction: number): ObservedState => ({ kind: 'halted', fraction });
const live: ObservedState = { kind: 'live' };

const openWindows: RolloutWindows = { exposureAllowed: true, opensAt: null, closedBy: [], onClose: 'finish' };
const freeze = (onClose: RolloutWindows['onClose']): RolloutWindows => ({
  ...{ exposureAllowed: false, opensAt: hour(48), closedBy: ['Black Friday'], onClose },
});

const decide = (state: RolloutState, observed: ObservedState | null, changes: Partial<RolloutSituation> = {}) =>
  decideRollout({
    state,
    plan: staged,
    abilities: anyShare,
    observed,
    held: false,
    windows: openWindows,
    evidence: null,
    now: hour(1),
    ...changes,
  });

describe('while a window is closed', () => {
  const kept = { act: null, wait: { for: 'window', until: hour(48), why: expect.stringContaining('Black Friday') } };

  it.each(['finish', 'pause', 'abort'] as const)('nobody gets it who has not begun to, whatever closing does to others: %s', (onClose) => {
    const decision = decide(begun, { kind: 'approved' }, { abilities: ownDays, windows: freeze(onClose) });

    expect(decision).toMatchObject({ ...kept, state: { status: 'PENDING' } });
    expect(decide(decision.state, { kind: 'approved' }, { abilities: ownDays }).act).toEqual({ do: 'release' });
  });

  it.each<[string, RolloutState, ObservedState]>([
    ['its next step', onFirst, rolling(0.05)],
    ['a step that a person wants', { ...onFirst, stepReachedAt: hour(29), advanceRequestedAt: hour(1) }, rolling(0.05)],
    ['everybody', { ...onFirst, wanted: 'COMPLETE' }, rolling(0.05)],
    ['another start', { ...haltedHere, wanted: 'RUN' }, halted(0.05)],
  ])('%s waits until it opens, and is taken then', (_what, state, observed) => {
    const closed = decide(state, observed, { windows: freeze('pause'), now: hour(30) });
    const opened = decide(closed.state, observed, { now: hour(48) });

    expect(closed).toMatchObject({ ...kept, state: { status: 'PAUSED' }, events: [] });
    expect(opened.act).not.toBeNull();
    expect(opened).toMatchObject({ act: decide(state, observed, { now: hour(48) }).act, events: [] });
  });

  it('what some have already goes on where closing lets it finish', () => {
    const windows = freeze('finish');

    expect(decide(onFirst, rolling(0.05), { windows, now: hour(30) }).act).toEqual({ do: 'set-fraction', to: 0.2 });
    expect(decide({ ...haltedHere, wanted: 'RUN' }, halted(0.05), { windows }).act).toEqual({ do: 'resume' });
  });

  it('a step’s time goes on, and a step that a person ends still asks that person', () => {
    expect(decide(onFirst, rolling(0.05), { windows: freeze('pause') }).wait).toEqual({ for: 'time', until: hour(24) });
    expect(decide(onSecond, rolling(0.2), { windows: freeze('pause') }).state.pauseReason).toBe('step');
  });

  it('it can be halted, in a paused release too', () => {
    for (const onClose of ['finish', 'pause', 'abort'] as const) {
      expect(decide({ ...onFirst, wanted: 'HALT' }, rolling(0.05), { windows: freeze(onClose), held: true }).act).toEqual({ do: 'halt' });
    }
  });

  it('a halt in the console is told from standing still here', () => {
    const closed = decide(onFirst, rolling(0.05), { windows: freeze('pause'), now: hour(30) });

    expect(closed.state.pauseReason).toBe('window');
    expect(decide(closed.state, halted(0.05), { windows: freeze('pause') })).toMatchObject({
      state: { pauseReason: 'outside', wanted: 'HALT' },
      events: [{ kind: 'halted', outside: true }],
    });
  });

  it('aborting halts it, with the windows’ names, and only a person lets it go on', () => {
    const windows = freeze('abort');
    const asked = decide(onFirst, rolling(0.05), { windows, held: true });
    const shown = decide(asked.state, halted(0.05), { windows });
    const opened = decide(shown.state, halted(0.05));
    const resumed = decide({ ...opened.state, wanted: 'RUN' }, halted(0.05), { windows });

    expect(asked).toMatchObject({ act: { do: 'halt', windows: ['Black Friday'] }, state: { wanted: 'HALT' } });
    expect(shown).toMatchObject({
      state: { status: 'PAUSED', pauseReason: 'window-halt' },
      events: [{ kind: 'halted', outside: false, windows: ['Black Friday'] }],
    });
    expect(opened).toMatchObject({ act: null, events: [], wait: { for: 'person' } });
    expect(resumed).toMatchObject(kept);
    expect(decide(resumed.state, halted(0.05)).act).toEqual({ do: 'resume' });
  });

  it('aborting leaves alone what everybody has', () => {
    expect(decide(onFirst, live, { windows: freeze('abort') })).toMatchObject({ act: null, state: { status: 'COMPLETED' } });
  });

  it('days of the store’s own are halted for as long, and go on by themselves', () => {
    const phased = { plan: { kind: 'phased' as const }, abilities: ownDays };
    const windows = freeze('pause');
    const asked = decide({ ...onFirst, fraction: 0.01 }, rolling(0.01), { ...phased, windows });
    const prepared = decide(asked.state, { kind: 'processing' }, { ...phased, windows });
    const shown = decide(prepared.state, halted(0.01), { ...phased, windows });

    expect(asked).toMatchObject({ act: { do: 'halt', windows: ['Black Friday'] }, state: { wanted: 'RUN' } });
    expect(shown).toMatchObject({ ...kept, state: { pauseReason: 'window-halt', wanted: 'RUN' } });
    expect(decide(shown.state, halted(0.01), phased).act).toEqual({ do: 'resume' });
  });
});
