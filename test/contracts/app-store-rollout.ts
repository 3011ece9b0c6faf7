import { expect } from 'vitest';
import {
  type AppStoreHarness,
  type AppStoreTests,
  countOf,
  FIRST_FRACTION,
  ours,
  released,
  stateOf,
  submitted,
  VERSION,
} from './app-store-world.ts';
import { providerError } from './contract-case.ts';

export function rolloutTests(tests: AppStoreTests): void {
  releasingTests(tests);
  haltingTests(tests);
  completingTests(tests);
  impossibleTests(tests);
}

const rollingOut = { kind: 'rolling-out', fraction: FIRST_FRACTION };
const halted = { kind: 'halted', fraction: FIRST_FRACTION };

function releasingTests({ test }: AppStoreTests): void {
  test('releasing > an approved version goes out gradually if it was submitted so', async (harness) => {
    await released(harness);

    expect((await harness.connect().findRelease(ours(harness)))?.state).toEqual(rollingOut);
  });

  test('releasing > an approved version goes to everybody if it was submitted so', async (harness) => {
    await released(harness, { gradually: null });

    expect((await harness.connect().findRelease(ours(harness)))?.state).toEqual({ kind: 'live' });
  });

  test('releasing > nobody gets an approved version before, where the store waits for it', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    world.approve(VERSION);
    const waits = connect().abilities.releasesOnRequest;

    const before = await connect().findRelease(ours(harness));

    expect(before?.state).toEqual(waits ? { kind: 'approved' } : rollingOut);
  });

  test('releasing > twice is once, also after it is out', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    world.approve(VERSION);

    const first = await connect().ensureReleased(ours(harness));
    const calls = countOf(harness, 'release');
    const second = await connect().ensureReleased(ours(harness));
    world.settle();
    const third = await connect().ensureReleased(ours(harness));

    expect(second).toEqual(first);
    expect(third.state).toEqual(rollingOut);
    expect(countOf(harness, 'release')).toBe(calls);
  });

  test('releasing > one that is halted does not set it going', async (harness) => {
    await released(harness);
    await harness.connect().halt(ours(harness));

    const release = await harness.connect().ensureReleased(ours(harness));

    expect(release.state).toEqual(halted);
    expect(stateOf(harness)).toBe('halted');
  });
}

function haltingTests({ test }: AppStoreTests): void {
  test('halting > stops a rollout where it is; twice is once', async (harness) => {
    const { connect } = harness;
    await released(harness);

    const first = await connect().halt(ours(harness));
    const calls = countOf(harness, 'halt');
    const second = await connect().halt(ours(harness));

    expect(first.state).toEqual(halted);
    expect(second).toEqual(first);
    expect(await connect().findRelease(ours(harness))).toEqual(first);
    expect(countOf(harness, 'halt')).toBe(calls);
  });

  test('halting > of one that was halted in the console asks for nothing', async (harness) => {
    const { connect, world } = harness;
    await released(harness);
    world.moveTo(VERSION, { kind: 'halted', fraction: FIRST_FRACTION });
    const calls = countOf(harness, 'halt');

    expect((await connect().halt(ours(harness))).state).toEqual(halted);
    expect(countOf(harness, 'halt')).toBe(calls);
  });

  test('halting > a release that everybody gets is done where the store can, else a conflict that says so', async (harness) => {
    const { connect } = harness;
    await released(harness, { gradually: null });

    if (connect().abilities.haltsLive) {
      expect((await connect().halt(ours(harness))).state).toEqual({ kind: 'halted', fraction: 1 });
      expect((await connect().resume(ours(harness))).state).toEqual({ kind: 'live' });
    } else {
      const error = await providerError(connect().halt(ours(harness)));
      expect(error).toMatchObject({ kind: 'conflict', message: expect.stringMatching(/everybody|all users/i) });
    }
    expect(stateOf(harness)).toBe('live');
  });

  test('resuming > goes on from where it was; twice is once', async (harness) => {
    const { connect } = harness;
    await released(harness);
    await connect().halt(ours(harness));

    const first = await connect().resume(ours(harness));
    const calls = countOf(harness, 'resume');
    const second = await connect().resume(ours(harness));

    expect(first.state).toEqual(rollingOut);
    expect(second).toEqual(first);
    expect(await connect().findRelease(ours(harness))).toEqual(first);
    expect(countOf(harness, 'resume')).toBe(calls);
  });

  test('halting and resuming > leave the release of before as it is', async (harness) => {
    const { connect, world } = harness;
    await released(harness);
    const before = world.before();

    await connect().halt(ours(harness));
    await connect().resume(ours(harness));

    expect(before).not.toBeNull();
    expect(world.before()).toEqual(before);
  });
}

function completingTests({ test }: AppStoreTests): void {
  test('completing > a rollout goes to everybody; twice is once', async (harness) => {
    const { connect } = harness;
    await released(harness);

    const first = await connect().complete(ours(harness));
    const calls = countOf(harness, 'complete');
    const second = await connect().complete(ours(harness));

    expect(first.state).toEqual({ kind: 'live' });
    expect(second).toEqual(first);
    expect(await connect().findRelease(ours(harness))).toEqual(first);
    expect(countOf(harness, 'complete')).toBe(calls);
  });

  test('completing > a halted rollout goes to everybody', async (harness) => {
    const { connect } = harness;
    await released(harness);
    await connect().halt(ours(harness));

    expect((await connect().complete(ours(harness))).state).toEqual({ kind: 'live' });
    expect(stateOf(harness)).toBe('live');
  });

  test('completing > one that went out to everybody at once is success', async (harness) => {
    await released(harness, { gradually: null });

    expect((await harness.connect().complete(ours(harness))).state).toEqual({ kind: 'live' });
  });
}

function impossibleTests({ test }: AppStoreTests): void {
  const steps = ['halt', 'resume', 'complete'] as const;

  test('a step that the state of the release does not allow is a conflict, and changes nothing', async (harness) => {
    await submitted(harness);
    const early = harness.world.states.filter(({ kind }) =>
      ['in-review', 'rejected', 'withdrawn', 'approved', 'superseded'].includes(kind),
    );

    for (const state of early) {
      harness.world.moveTo(VERSION, state);
      for (const step of steps) expect(await kindOf(harness, step), `${step} when ${state.kind}`).toBe('conflict');
      expect(stateOf(harness)).toBe(state.kind);
    }
  });

  test('releasing > what has not passed review is a conflict where the store waits for it', async (harness) => {
    await submitted(harness);
    const waits = harness.connect().abilities.releasesOnRequest;
    const early = harness.world.states.filter(({ kind }) => ['in-review', 'rejected', 'withdrawn'].includes(kind));

    for (const state of waits ? early : []) {
      harness.world.moveTo(VERSION, state);
      expect(await kindOf(harness, 'ensureReleased'), state.kind).toBe('conflict');
      expect(stateOf(harness)).toBe(state.kind);
    }
    expect(early.length).toBeGreaterThan(1);
  });
}

async function kindOf(harness: AppStoreHarness, step: 'ensureReleased' | 'halt' | 'resume' | 'complete'): Promise<string> {
  return (await providerError(harness.connect()[step](ours(harness)))).kind;
}
