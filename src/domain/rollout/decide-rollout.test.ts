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
    { percent: 50, waitMinutes: HOUR },
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
  status: 'PENDING',
  pauseReason: null,
  step: 0,
  stepReachedAt: null,
  fraction: 0,
  wanted: 'RUN',
  advanceRequestedAt: null,
  intended: null,
};
/** On the first step since hour 0. */
const onFirst = { ...begun, status: 'PROGRESSING', step: 1, stepReachedAt: hour(0), fraction: 0.05 } satisfies RolloutState;
const haltedHere = { ...onFirst, status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT' } satisfies RolloutState;
const haltedOutside = { ...haltedHere, pauseReason: 'outside' } satisfies RolloutState;
/** On the step that a person has to end. */
const onSecond = { ...onFirst, status: 'PAUSED', pauseReason: 'step', step: 2, fraction: 0.2 } satisfies RolloutState;

const openWindows: RolloutWindows = { exposureAllowed: true, opensAt: null, closedBy: [], onClose: 'finish' };

const rolling = (fraction: number): ObservedState => ({ kind: 'rolling-out', fraction });
const halted = (fraction: number): ObservedState => ({ kind: 'halted', fraction });
const live: ObservedState = { kind: 'live' };

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

describe('before anybody gets it', () => {
  it('is released where the store waits for that, and what is intended is written first', () => {
    const decision = decide(begun, { kind: 'approved' }, { abilities: ownDays, plan: { kind: 'phased' } });

    expect(decision).toMatchObject({
      act: { do: 'release' },
      state: { status: 'PENDING', intended: { do: 'release' } },
      events: [],
      wait: null,
    });
  });

  it('waits for a person to publish it where only they can', () => {
    expect(decide(begun, { kind: 'approved' })).toMatchObject({
      act: null,
      wait: { for: 'store', why: expect.stringContaining('publish') },
    });
  });

  it('is not released while a person wants it halted, and is once they let it run', () => {
    const stopped = decide({ ...begun, wanted: 'HALT' }, { kind: 'approved' }, { abilities: ownDays });
    const resumed = decide({ ...stopped.state, wanted: 'RUN' }, { kind: 'approved' }, { abilities: ownDays });

    expect(stopped).toMatchObject({ act: null, state: { status: 'PAUSED', pauseReason: 'manual' }, wait: { for: 'person' } });
    expect(resumed).toMatchObject({ act: { do: 'release' }, state: { status: 'PENDING' } });
  });

  it('is halted when it was released in the console against the wish to halt it', () => {
    const stopped = decide({ ...begun, wanted: 'HALT' }, { kind: 'approved' });

    expect(decide(stopped.state, rolling(0.05)).act).toEqual({ do: 'halt' });
    expect(decide(stopped.state, halted(0.05))).toMatchObject({ act: null, events: [{ kind: 'halted', outside: false }] });
  });

  it('is not released while the release is paused', () => {
    expect(decide(begun, { kind: 'approved' }, { abilities: ownDays, held: true })).toMatchObject({ act: null, wait: { for: 'person' } });
  });

  it('goes on being prepared by the store', () => {
    expect(decide({ ...begun, intended: { do: 'release' } }, { kind: 'processing' })).toMatchObject({
      act: null,
      state: { status: 'PROGRESSING', intended: { do: 'release' }, fraction: 0 },
      wait: { for: 'store' },
    });
  });

  it('takes what the store had to prepare for its own afterwards', () => {
    const raised = decide({ ...onFirst, intended: { do: 'set-fraction', to: 0.2 } }, { kind: 'processing' });
    const resumed = decide({ ...haltedHere, wanted: 'RUN', intended: { do: 'resume' } }, { kind: 'processing' });

    expect(decide(raised.state, rolling(0.2)).events).toEqual([{ kind: 'stepped', outside: false }]);
    expect(decide(resumed.state, rolling(0.05)).events).toEqual([{ kind: 'resumed', outside: false }]);
  });

  it('believes a halt in the console after one of ours that nobody wants any more', () => {
    const prepared = decide({ ...onFirst, intended: { do: 'halt' } }, { kind: 'processing' });

    expect(decide(prepared.state, halted(0.05))).toMatchObject({ act: null, events: [{ kind: 'halted', outside: true }] });
  });
});

describe('the steps of a staged rollout', () => {
  it('begin when the store shows the first, whoever released it', () => {
    expect(decide(begun, rolling(0.05))).toMatchObject({
      state: { status: 'PROGRESSING', step: 1, stepReachedAt: hour(1), fraction: 0.05 },
      events: [{ kind: 'started', outside: false }],
      act: null,
      wait: { for: 'time', until: hour(25) },
    });
  });

  it('last as long as planned, to the minute', () => {
    const before = decide(onFirst, rolling(0.05), { now: new Date(hour(24).getTime() - 1) });
    const then = decide(onFirst, rolling(0.05), { now: hour(24) });

    expect(before).toMatchObject({ act: null, wait: { for: 'time', until: hour(24) } });
    expect(then).toMatchObject({ act: { do: 'set-fraction', to: 0.2 }, state: { step: 1, intended: { do: 'set-fraction', to: 0.2 } } });
  });

  it('count from when the store shows the step, not from when it was asked for', () => {
    const asked = decide(onFirst, rolling(0.05), { now: hour(24) });
    const shown = decide(asked.state, rolling(0.2), { now: hour(25) });

    expect(shown).toMatchObject({ state: { step: 2, stepReachedAt: hour(25) }, events: [{ kind: 'stepped', outside: false }] });
  });

  it('wait for a person where the plan says so, and go on when they advance it', () => {
    const waiting = decide(onSecond, rolling(0.2));
    const advanced = decide({ ...onSecond, advanceRequestedAt: hour(1) }, rolling(0.2));

    expect(waiting).toMatchObject({ act: null, state: { status: 'PAUSED', pauseReason: 'step' }, wait: { for: 'person' } });
    expect(advanced).toMatchObject({ act: { do: 'set-fraction', to: 0.5 }, state: { status: 'PROGRESSING' } });
  });

  it('are advanced once per wish', () => {
    const advanced = decide({ ...onFirst, advanceRequestedAt: hour(1) }, rolling(0.05));
    const shown = decide(advanced.state, rolling(0.2));

    expect(advanced.act).toEqual({ do: 'set-fraction', to: 0.2 });
    expect(shown).toMatchObject({ act: null, state: { advanceRequestedAt: null, step: 2 } });
  });

  it('end with everybody', () => {
    const third = { ...onFirst, step: 3, fraction: 0.5 };

    expect(decide(third, rolling(0.5), { now: hour(1) }).act).toEqual({ do: 'complete' });
    expect(decide({ ...third, intended: { do: 'complete' } }, live)).toMatchObject({
      state: { status: 'COMPLETED', step: 4, fraction: 1, intended: null },
      events: [{ kind: 'completed', outside: false }],
      act: null,
      wait: null,
      failure: null,
    });
  });

  it('stand while the release is paused', () => {
    expect(decide(onFirst, rolling(0.05), { now: hour(30), held: true })).toMatchObject({ act: null, wait: { for: 'person' } });
    expect(decide({ ...onFirst, wanted: 'COMPLETE' }, rolling(0.05), { held: true }).act).toBeNull();
  });
});

describe('what was changed in the console', () => {
  it('is adopted when it was raised, with a step’s time anew', () => {
    expect(decide(onFirst, rolling(0.3), { now: hour(30) })).toMatchObject({
      state: { fraction: 0.3, step: 2, stepReachedAt: hour(30) },
      events: [{ kind: 'stepped', outside: true }],
      act: null,
    });
  });

  it('is adopted when it is lower than it was, and never pushed back at once', () => {
    const third = { ...onFirst, step: 3, fraction: 0.5 };

    expect(decide(third, rolling(0.05), { now: hour(30) })).toMatchObject({
      state: { fraction: 0.05, step: 1, stepReachedAt: hour(30) },
      events: [{ kind: 'stepped', outside: true }],
      act: null,
      wait: { for: 'time', until: hour(54) },
    });
  });

  it('waits a first step’s time below the first step', () => {
    expect(decide(begun, rolling(0.01))).toMatchObject({ act: null, state: { step: 0 }, wait: { for: 'time', until: hour(25) } });
  });

  it('forgets a wish to advance that was about another step', () => {
    expect(decide({ ...onFirst, advanceRequestedAt: hour(0) }, rolling(0.2))).toMatchObject({
      act: null,
      state: { advanceRequestedAt: null },
    });
  });

  it('is believed when it was halted, and waits for a person however much time passes', () => {
    const seen = decide(onFirst, halted(0.05));
    const later = decide(seen.state, halted(0.05), { now: hour(1000) });

    expect(seen).toMatchObject({
      state: { status: 'PAUSED', pauseReason: 'outside', wanted: 'HALT' },
      events: [{ kind: 'halted', outside: true }],
      act: null,
      wait: { for: 'person' },
    });
    expect(later).toMatchObject({ act: null, events: [], wait: { for: 'person' } });
  });

  it('is believed when it was halted while a person here wanted it completed', () => {
    expect(decide({ ...onFirst, wanted: 'COMPLETE' }, halted(0.05))).toMatchObject({ act: null, state: { wanted: 'HALT' } });
  });

  it('is believed when it was resumed: the step’s time begins anew', () => {
    expect(decide(haltedOutside, rolling(0.05), { now: hour(30) })).toMatchObject({
      state: { status: 'PROGRESSING', pauseReason: null, wanted: 'RUN', stepReachedAt: hour(30) },
      events: [{ kind: 'resumed', outside: true }],
      act: null,
      wait: { for: 'time', until: hour(54) },
    });
  });

  it('is told as done there when it was completed', () => {
    expect(decide(onFirst, live).events).toEqual([{ kind: 'completed', outside: true }]);
    expect(decide(haltedOutside, live)).toMatchObject({ state: { status: 'COMPLETED' }, act: null });
  });
});

describe('what people want', () => {
  it('is halted at once, whatever else its time has come for, also while the release is paused', () => {
    const decision = decide({ ...onFirst, wanted: 'HALT', advanceRequestedAt: hour(0) }, rolling(0.05), { now: hour(30), held: true });

    expect(decision).toMatchObject({ act: { do: 'halt' }, state: { status: 'PROGRESSING', intended: { do: 'halt' } } });
  });

  it('is told as halted here once the store shows it', () => {
    const asked = decide({ ...onFirst, wanted: 'HALT' }, rolling(0.05));

    expect(decide(asked.state, halted(0.05))).toMatchObject({
      state: { status: 'PAUSED', pauseReason: 'manual', intended: null },
      events: [{ kind: 'halted', outside: false }],
      wait: { for: 'person' },
    });
  });

  it('is resumed from either halt, and told as resumed here', () => {
    for (const state of [haltedHere, haltedOutside]) {
      const asked = decide({ ...state, wanted: 'RUN' }, halted(0.05));
      const shown = decide(asked.state, rolling(0.05), { now: hour(2) });

      expect(asked).toMatchObject({ act: { do: 'resume' }, state: { status: 'PAUSED' }, events: [] });
      expect(shown).toMatchObject({
        state: { status: 'PROGRESSING', stepReachedAt: hour(2) },
        events: [{ kind: 'resumed', outside: false }],
      });
    }
  });

  it('is not resumed while the release is paused', () => {
    expect(decide({ ...haltedHere, wanted: 'RUN' }, halted(0.05), { held: true })).toMatchObject({ act: null, wait: { for: 'person' } });
  });

  it('is not taken for a halt in the console when nobody wrote down that ours went through', () => {
    const asked = decide({ ...onFirst, wanted: 'HALT' }, rolling(0.05));
    const afterCrash = decide({ ...asked.state, wanted: 'RUN' }, halted(0.05));

    expect(afterCrash).toMatchObject({ events: [{ kind: 'halted', outside: false }], act: { do: 'resume' } });
  });

  it('does not outlive its intention: a later halt in the console is one of the console', () => {
    const asked = decide({ ...onFirst, wanted: 'HALT' }, rolling(0.05));
    const again = decide({ ...asked.state, wanted: 'RUN' }, rolling(0.05));

    expect(decide(again.state, halted(0.05))).toMatchObject({ events: [{ kind: 'halted', outside: true }], act: null });
  });

  it('is completed on demand; one that stands still is resumed first', () => {
    expect(decide({ ...onFirst, wanted: 'COMPLETE' }, rolling(0.05)).act).toEqual({ do: 'complete' });
    expect(decide({ ...haltedHere, wanted: 'COMPLETE' }, halted(0.05)).act).toEqual({ do: 'resume' });
  });

  it('halts what everybody gets where the store can, and is over where it cannot', () => {
    const wanted = { ...onFirst, wanted: 'HALT' } as const;

    expect(decide(wanted, live)).toMatchObject({ act: { do: 'halt' }, state: { fraction: 1, status: 'PROGRESSING' } });
    expect(decide(wanted, live, { abilities: { ...anyShare, haltsLive: false } })).toMatchObject({
      act: null,
      state: { status: 'COMPLETED' },
    });
  });

  it('is not asked for again by one that is over', () => {
    expect(decide({ ...onFirst, status: 'COMPLETED', fraction: 1, wanted: 'HALT' }, live)).toMatchObject({ act: null, events: [] });
  });
});

describe('plans without steps of ours', () => {
  it('follow the days of the store', () => {
    const phased = { plan: { kind: 'phased' as const }, abilities: ownDays };

    const first = decide(begun, rolling(0.01), phased);
    const third = decide(first.state, rolling(0.05), { ...phased, now: hour(49) });

    expect(first).toMatchObject({ state: { step: 1 }, events: [{ kind: 'started' }], act: null, wait: { for: 'store' } });
    expect(third).toMatchObject({ state: { step: 3, fraction: 0.05 }, events: [{ kind: 'stepped', outside: false }], act: null });
  });

  it('end at once', () => {
    expect(decide({ ...begun, intended: { do: 'release' } }, live, { plan: { kind: 'immediate' } })).toMatchObject({
      state: { status: 'COMPLETED', step: 1 },
      events: [{ kind: 'completed', outside: false }],
    });
  });

  it('leave what was made gradual in the console to people', () => {
    expect(decide(begun, rolling(0.1), { plan: { kind: 'immediate' } })).toMatchObject({ act: null, wait: { for: 'person' } });
  });
});

describe('what cannot be told', () => {
  it.each<[ObservedState | null, string]>([
    [null, 'does not show'],
    [{ kind: 'unknown', raw: 'FROBBED' }, 'FROBBED'],
    [{ kind: 'in-review' }, 'reviews'],
  ])('changes nothing, does nothing and shows: %o', (observed, words) => {
    const state: RolloutState = { ...onFirst, wanted: 'COMPLETE', intended: { do: 'complete' } };

    expect(decide(state, observed, { now: hour(99) })).toEqual({
      ...{ state, events: [], act: null, failure: null },
      wait: { for: 'store', why: expect.stringContaining(words) },
    });
  });
});

describe('what takes the version away', () => {
  it.each<[ObservedState, string]>([
    [{ kind: 'rejected', reason: 'crashes' }, 'rejected the version: crashes'],
    [{ kind: 'rejected', reason: null }, 'rejected the version.'],
    [{ kind: 'withdrawn' }, 'taken back'],
    [{ kind: 'draft' }, 'draft'],
    [{ kind: 'superseded' }, 'later version'],
  ])('ends the rollout and says so: %o', (observed, words) => {
    const decision = decide(onFirst, observed);

    expect(decision).toMatchObject({ act: null, state: { status: 'ABORTED' }, events: [{ kind: 'aborted', outside: true }] });
    expect(decision.failure).toContain(words);
    expect(decide(decision.state, observed).events).toEqual([]);
  });

  it('is overcome when the store shows it rolling out again', () => {
    const gone = decide(onFirst, { kind: 'withdrawn' });

    expect(decide(gone.state, rolling(0.05))).toMatchObject({
      state: { status: 'PROGRESSING' },
      events: [{ kind: 'resumed', outside: true }],
    });
  });
});
