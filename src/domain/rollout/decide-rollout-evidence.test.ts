import { describe, expect, it } from 'vitest';
import { metricDefaults } from '../analysis/metric.ts';
import type { AnalysisPlan } from '../deployment/analysis-plan.ts';
import { decideRollout } from './decide-rollout.ts';
import { analysisOf, type Evidence } from './evidence.ts';
import type { RolloutPlan } from './plan.ts';
import type { ObservedState, RolloutState } from './rollout.ts';
import type { RolloutSituation } from './situation.ts';

const minute = (offset: number) => new Date(Date.UTC(2025, 5, 2, 9, offset));
const HOUR = 60;

const crashes: AnalysisPlan = {
  inconclusiveDeadlineMs: 30 * 60_000,
  metrics: [
    {
      ...metricDefaults,
      ...{ name: 'crashes', query: 'crashes{version="{{version}}"}', intervalMs: 60_000, until: { kind: 'count', count: 3 } },
      successCondition: { op: '<', threshold: 0.01 },
    },
  ],
};
const metrics = { integrationId: 'prometheus' };
const staged: RolloutPlan = {
  ...{ kind: 'staged', metrics },
  steps: [
    { percent: 5, waitMinutes: HOUR, analysis: crashes },
    { percent: 20, waitMinutes: null, analysis: crashes },
    { percent: 100, waitMinutes: null },
  ],
};
const phased: RolloutPlan = { kind: 'phased', analysis: crashes, metrics };
const play = { rollout: { kind: 'staged' as const }, haltsLive: true, releasesOnRequest: false };
const apple = {
  rollout: { kind: 'phased' as const, dailyPercents: [1, 2, 5, 10, 20, 50, 100] },
  ...{ haltsLive: false, releasesOnRequest: true },
};
const windows = { exposureAllowed: true, opensAt: null, closedBy: [], onClose: 'finish' as const };

/** On the first step since minute 0. */
const onFirst: RolloutState = {
  ...{ status: 'PROGRESSING', pauseReason: null, step: 1, stepReachedAt: minute(0), fraction: 0.05 },
  ...{ wanted: 'RUN', advanceRequestedAt: null, intended: null },
};
const onSecond: RolloutState = { ...onFirst, step: 2, fraction: 0.2 };
const rolling = (fraction = 0.05): ObservedState => ({ kind: 'rolling-out', fraction });
const halted: ObservedState = { kind: 'halted', fraction: 0.05 };

/** What was measured of the stay that a state is on. */
function found(state: RolloutState, verdict: Evidence['verdict'], more: Partial<Evidence> = {}): Evidence {
  const key = analysisOf(staged, state)?.key ?? '';
  return { key, verdict, reason: 'crashes: 0.02 is not < 0.01', nextLookAt: null, endedAt: minute(5), ...more };
}

const decide = (state: RolloutState, changes: Partial<RolloutSituation> = {}) =>
  decideRollout({
    ...{ state, plan: staged, abilities: play, observed: rolling(state.fraction), held: false, windows },
    ...{ evidence: null, now: minute(2 * HOUR), ...changes },
  });

describe('a step that asks for evidence', () => {
  it('is left when its time is over and its analysis has passed, and by neither alone', () => {
    const passed = found(onFirst, 'successful');

    expect(decide(onFirst, { evidence: passed }).act).toEqual({ do: 'set-fraction', to: 0.2 });
    expect(decide(onFirst, { evidence: passed, now: minute(30) })).toMatchObject({ act: null, wait: { for: 'time', until: minute(HOUR) } });
    expect(decide(onFirst, { evidence: found(onFirst, 'running', { nextLookAt: minute(121) }) })).toMatchObject({
      act: null,
      wait: { for: 'analysis', until: minute(121) },
    });
    expect(decide(onFirst)).toMatchObject({ act: null, wait: { for: 'analysis' } });
  });

  it('waits for a person only once it has passed', () => {
    expect(decide(onSecond, { evidence: found(onSecond, 'running') })).toMatchObject({ state: { status: 'PROGRESSING' } });
    expect(decide(onSecond, { evidence: found(onSecond, 'successful') })).toMatchObject({
      state: { status: 'PAUSED', pauseReason: 'step' },
    });
  });

  it('begins anew with every stay: what passed on another step, or before a halt, is no evidence', () => {
    const onStep = decide(onFirst, { observed: rolling(0.2), evidence: found(onFirst, 'successful') });
    const resumed = decide({ ...onFirst, status: 'PAUSED', pauseReason: 'manual' }, { evidence: found(onFirst, 'successful') });

    expect(onStep).toMatchObject({ act: null, state: { step: 2, status: 'PROGRESSING' }, wait: { for: 'analysis' } });
    expect(resumed.state.stepReachedAt).toEqual(minute(2 * HOUR));
    expect(decide(resumed.state, { now: minute(4 * HOUR), evidence: found(onFirst, 'successful') })).toMatchObject({
      act: null,
      wait: { for: 'analysis' },
    });
  });

  it('is left by a person who advances it, with evidence or without, and skipped by one who completes', () => {
    const advancing = { ...onFirst, advanceRequestedAt: minute(3) };

    for (const verdict of ['running', 'inconclusive', 'error'] as const) {
      expect(decide(advancing, { evidence: found(onFirst, verdict) }).act).toEqual({ do: 'set-fraction', to: 0.2 });
      expect(decide({ ...onFirst, wanted: 'COMPLETE' }, { evidence: found(onFirst, verdict) }).act).toEqual({ do: 'complete' });
    }
  });
});

describe('a failed analysis', () => {
  const failed = found(onFirst, 'failed');

  it('halts the rollout, whatever people, windows and the console want, and only a new word lets it go on', () => {
    const closed = { exposureAllowed: false, opensAt: null, closedBy: ['Freeze'], onClose: 'pause' as const };
    const act = { do: 'halt', analysis: 'its analysis failed: crashes: 0.02 is not < 0.01' };

    const states = [onFirst, { ...onFirst, wanted: 'COMPLETE' }, { ...onFirst, advanceRequestedAt: minute(3) }] as const;
    for (const state of states)
      expect(decide(state, { evidence: failed })).toMatchObject({ act, state: { wanted: 'HALT', intended: act } });
    for (const changes of [{ held: true }, { windows: closed }, { observed: rolling(0.5) }, { now: minute(6) }]) {
      expect(decide(onFirst, { evidence: failed, ...changes })).toMatchObject({ act, state: { wanted: 'HALT' } });
    }
  });

  it('is told with its evidence by the halt that is seen, also after a crash, and goes on being shown', () => {
    const halting = decide(onFirst, { evidence: failed });
    const again = decide(halting.state, { evidence: failed });
    const seen = decide(halting.state, { observed: halted, evidence: failed });
    const later = decide(seen.state, { observed: halted, evidence: failed });

    expect(again).toEqual(halting);
    expect(seen).toMatchObject({
      state: { status: 'PAUSED', pauseReason: 'analysis', wanted: 'HALT' },
      events: [{ kind: 'halted', outside: false, analysis: expect.stringContaining('0.02 is not < 0.01') }],
    });
    expect(later).toMatchObject({ events: [], wait: { for: 'person', why: expect.stringContaining('0.02 is not < 0.01') } });
    expect(analysisOf(staged, later.state)?.key).toBe(failed.key);
  });

  it('of a share that has grown meanwhile is found by it, and what a person resumes is measured anew', () => {
    const halting = decide(onFirst, { observed: rolling(0.2), evidence: failed });
    const stands = decide(halting.state, { observed: { kind: 'halted', fraction: 0.2 }, evidence: failed });
    const back = decide({ ...stands.state, wanted: 'RUN', intended: { do: 'resume' } }, { observed: rolling(0.2), evidence: failed });

    expect(analysisOf(staged, stands.state)?.key).toBe(failed.key);
    expect(back).toMatchObject({
      act: null,
      events: [{ kind: 'resumed', outside: false }],
      state: { status: 'PROGRESSING', wanted: 'RUN' },
    });
    expect(analysisOf(staged, back.state)?.key).not.toBe(failed.key);
  });

  it('is adopted as resumed when somebody resumes it in the console', () => {
    const halting = decide(onFirst, { evidence: failed });
    const seen = decide(halting.state, { observed: halted, evidence: failed });

    expect(decide(seen.state, { evidence: failed })).toMatchObject({
      act: null,
      events: [{ kind: 'resumed', outside: true }],
      state: { wanted: 'RUN', status: 'PROGRESSING' },
    });
  });

  it('pauses the days of a store that goes on by itself', () => {
    const onDay = { plan: phased, abilities: apple, evidence: failed };

    expect(decide(onFirst, onDay).act).toMatchObject({ do: 'halt', analysis: expect.stringContaining('failed') });
    expect(decide(onFirst, { ...onDay, evidence: found(onFirst, 'running') })).toMatchObject({ act: null, wait: { for: 'store' } });
  });
});

describe('no evidence', () => {
  const lacking = (verdict: 'inconclusive' | 'error' = 'inconclusive', more: Partial<Evidence> = {}) => found(onFirst, verdict, more);

  it.each(['inconclusive', 'error'] as const)('stands still for a person until the deadline, and is told once: %s', (verdict) => {
    const stands = decide(onFirst, { evidence: lacking(verdict), now: minute(10) });
    const again = decide(stands.state, { evidence: lacking(verdict), now: minute(11) });

    expect(stands).toMatchObject({
      act: null,
      state: { status: 'PAUSED', pauseReason: 'inconclusive', wanted: 'RUN' },
      events: [{ kind: 'unproven', analysis: expect.stringContaining('no evidence') }],
      wait: { for: 'person', until: minute(35) },
    });
    expect(again).toMatchObject({ events: [], wait: { for: 'person', until: minute(35) } });
  });

  it('is halted in the store when the deadline has passed', () => {
    expect(decide(onFirst, { evidence: lacking(), now: minute(35) })).toMatchObject({
      act: { do: 'halt', analysis: expect.stringContaining('nobody took it on in time') },
      state: { wanted: 'HALT' },
    });
    expect(decide(onFirst, { evidence: lacking('error', { endedAt: null }), now: minute(500) })).toMatchObject({
      act: null,
      wait: { for: 'person', until: null },
    });
  });

  it('halts at once where the store would go on by itself', () => {
    expect(decide(onFirst, { plan: phased, abilities: apple, evidence: lacking(), now: minute(6) })).toMatchObject({
      act: { do: 'halt', analysis: expect.stringContaining('no evidence') },
    });
  });

  it('does not keep anybody from halting it', () => {
    const stands = decide(onFirst, { evidence: lacking(), now: minute(10) });

    expect(decide({ ...stands.state, wanted: 'HALT' }, { evidence: lacking(), now: minute(11) }).act).toEqual({ do: 'halt' });
    expect(decide(stands.state, { observed: halted, now: minute(11) })).toMatchObject({
      state: { pauseReason: 'outside', wanted: 'HALT' },
      events: [{ kind: 'halted', outside: true }],
    });
  });
});

describe('what is measured', () => {
  it('is nothing before the first users have it, after all have, and while people halt it', () => {
    const states: Partial<RolloutState>[] = [
      { fraction: 0, stepReachedAt: null },
      { fraction: 1 },
      { status: 'COMPLETED' },
      { status: 'ABORTED' },
      { status: 'PAUSED', pauseReason: 'manual' },
      { status: 'PAUSED', pauseReason: 'outside' },
    ];

    for (const state of states) expect(analysisOf(staged, { ...onFirst, ...state })).toBeNull();
    expect(analysisOf(staged, { ...onFirst, step: 3, fraction: 0.99 })).toBeNull();
    expect(analysisOf(staged, { ...onFirst, step: 0, fraction: 0.01 })?.plan).toBe(crashes);
  });
});
