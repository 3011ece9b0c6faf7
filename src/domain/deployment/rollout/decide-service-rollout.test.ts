import { describe, expect, it } from 'vitest';
import { analysesOf } from './analyses.ts';
import { decideServiceRollout } from './decide-service-rollout.ts';
import { setsWeight } from './decisions.ts';
import type { RolloutProgram } from './program.ts';
import { pendingRollout, type ServiceRolloutState } from './rollout.ts';
import type { ServiceRolloutSituation, WindowsSeen } from './situation.ts';

/* What random lives meet too seldom; everything else is `test/property/service-rollout.test.ts`. */

const program: RolloutProgram = {
  ...{ to: 'green', from: 'blue', inPlace: false, routed: true, firstPhase: 'INSTALLING', background: null },
  steps: [
    { do: 'set-weight', percent: 10, phase: 'STEPPING' },
    { do: 'set-weight', percent: 25, phase: 'STEPPING' },
    { do: 'pause', forMs: null, phase: 'STEPPING' },
    { do: 'set-weight', percent: 100, phase: 'STEPPING' },
  ],
  ...{ drainMs: 30_000, readyWithinMs: 60_000, health: [] },
};
const closed: WindowsSeen = { allowed: false, blocking: ['freeze'], nextChangeAt: 9_000, onClose: 'pause' };
const open: WindowsSeen = { allowed: true, blocking: [], nextChangeAt: null, onClose: 'finish' };

const decided = (
  state: Partial<ServiceRolloutState>,
  { weight, windows = open, ...changes }: Partial<Omit<ServiceRolloutSituation, 'state'>> & { weight: number },
) =>
  decideServiceRollout({
    state: { ...pendingRollout, status: 'PROGRESSING', phase: 'STEPPING', installedAt: 1, healthyAt: 2, ...state },
    ...{ program, windows, held: false, refused: null, probes: [], analyses: new Map(), now: 5_000 },
    ...{ side: { state: 'ready', why: null }, oldSide: { state: 'ready', why: null }, route: { weight, headerRoute: null, why: null } },
    ...changes,
  });

describe('the rollout of a service', () => {
  it('takes its own last act for its own, although a window has closed since', () => {
    const { state, act, wait } = decided({ step: 1, planned: 10, intended: setsWeight('green', 25) }, { weight: 25, windows: closed });

    expect([state.planned, act, wait?.for]).toEqual([25, null, 'person']);
  });

  it('takes back what others gave it while its own act was on the way', () => {
    const { act } = decided({ step: 1, planned: 10, intended: setsWeight('green', 25) }, { weight: 50, windows: closed });

    expect(act).toEqual(setsWeight('green', 10));
  });

  it('is under way once its first share is seen, so that a window that aborts does', () => {
    const { state, act } = decided(
      { step: 0, intended: setsWeight('green', 10) },
      { weight: 10, windows: { ...closed, onClose: 'abort' } },
    );

    expect(state).toMatchObject({ status: 'ABORTING', abortReason: expect.stringContaining('freeze') });
    expect(act).toEqual(setsWeight('green', 0));
  });

  it('that others put under way by hand is not under way', () => {
    const { act } = decided({ step: 0 }, { weight: 5, windows: { ...closed, onClose: 'finish' } });

    expect(act).toEqual(setsWeight('green', 0));
  });

  it('goes on where every closed window lets what is under way finish', () => {
    const { act } = decided({ step: 1, planned: 10, exposedAt: 3 }, { weight: 10, windows: { ...closed, onClose: 'finish' } });

    expect(act).toEqual(setsWeight('green', 25));
  });

  it('gets no more while it is not ready, and keeps what it has until its time is up', () => {
    const unready = { side: { state: 'progressing', why: 'one replica restarts' }, weight: 10 } as const;
    const { act, wait, state } = decided({ step: 1, planned: 10 }, unready);
    const late = decided({ step: 1, planned: 10, notReadySince: 1 }, { ...unready, now: 60_001 });

    expect([act, wait, state.notReadySince]).toEqual([null, { for: 'driver', why: 'one replica restarts' }, 5_000]);
    expect([late.state.status, late.act]).toEqual(['ABORTING', setsWeight('green', 0)]);
  });

  it('is analysed anew beside its steps once an analysis has passed', () => {
    const watched = { ...program, background: { metrics: [], inconclusiveDeadlineMs: 1_000 } };
    const passed = { verdict: 'successful', reason: '3 of 3 succeeded', nextLookAt: null } as const;
    const { state } = decided(
      { step: 2, planned: 25, exposedAt: 3 },
      { weight: 25, program: watched, analyses: new Map([['background-1', passed]]) },
    );

    expect(state.background).toEqual({ run: 2, passed: true });
    expect(analysesOf(watched, state).map(({ key }) => key)).toEqual(['background-2']);
  });

  it('waits for the window until it opens', () => {
    const { wait, state } = decided({ step: 1, planned: 10, exposedAt: 3 }, { weight: 10, windows: closed });

    expect([state.status, state.pauseReason, wait]).toEqual(['PAUSED', 'window', { for: 'window', until: 9_000, why: 'closed: freeze' }]);
  });

  it('changes nothing where the router sends traffic to its side and the old version is not ready', () => {
    const pending: Partial<ServiceRolloutState> = { status: 'PENDING', phase: 'INSTALLING', installedAt: null, healthyAt: null };
    const { act, failure } = decided(pending, { weight: 100, oldSide: { state: 'absent', why: null } });

    expect([act, failure]).toEqual([null, expect.stringContaining('The router sends 100 % to the side green')]);
  });

  it('is aborted where a driver refuses an act for good, and fails where the way back is refused', () => {
    const aborting = decided({ step: 1, planned: 10 }, { weight: 10, refused: 'no such backend' });
    const stuck = decided({ ...aborting.state }, { weight: 10, refused: 'no such backend' });

    expect(aborting).toMatchObject({ state: { status: 'ABORTING' }, act: setsWeight('green', 0), failure: null });
    expect(stuck).toMatchObject({ state: { status: 'ABORTING' }, act: null, failure: expect.stringContaining('no such backend') });
  });
});
