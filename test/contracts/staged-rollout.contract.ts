import { describe, expect } from 'vitest';
import type { StoreApp, StoreReleaseQuery, StoreReleaseState } from '../../src/integrations/capabilities/app-store.ts';
import type { StagedRollout } from '../../src/integrations/capabilities/staged-rollout.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';

interface StagedRolloutWorld {
  /** Our release: a tenth of the users get it. */
  query: StoreReleaseQuery;
  unknownApp: StoreApp;
  /** Every state our release can come to. */
  states: readonly StoreReleaseState[];
  moveTo(state: StoreReleaseState): void;
  shown(): StoreReleaseState | null;
  /** The other releases of the track, whole. */
  others(): unknown[];
  /** The call that has the effect. */
  raise: CallMatch & { path: RegExp };
}

export type StagedRolloutHarness = AdapterHarness<StagedRollout, StagedRolloutWorld>;
type Tests = ContractTests<StagedRolloutHarness>;

const TENTH: StoreReleaseState = { kind: 'rolling-out', fraction: 0.1 };

export function stagedRolloutContract(
  name: string,
  makeHarness: () => Promise<StagedRolloutHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the staged-rollout contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    raisingTests(tests);
    refusalTests(tests);
    faultTests<StagedRollout, StagedRolloutWorld, StagedRolloutHarness>(tests, {
      reads: [],
      writes: [
        {
          name: 'setFraction',
          match: ({ world }) => world.raise,
          call: (subject, { world }) => subject.setFraction(world.query, 0.25),
          effects: ({ world }) => Number(isAt(world.shown(), 0.25)),
        },
      ],
    });
    tests.end();
  });
}

const isAt = (state: StoreReleaseState | null, fraction: number) => state?.kind === 'rolling-out' && state.fraction === fraction;
const writes = ({ world }: StagedRolloutHarness) => world.calls.filter(({ path }) => world.raise.path.test(path)).length;

function raisingTests({ test }: Tests): void {
  test('raising > gives it to the wanted share of the users, and says so', async ({ connect, world }) => {
    for (const fraction of [0.11, 0.5, 0.999]) {
      const release = await connect().setFraction(world.query, fraction);

      expect(release.state).toEqual({ kind: 'rolling-out', fraction });
      expect(world.shown()).toEqual({ kind: 'rolling-out', fraction });
    }
  });

  test('raising > to the share it has is success, and asks for nothing', async (harness) => {
    const { connect, world } = harness;

    const release = await connect().setFraction(world.query, 0.1);
    const computed = await connect().setFraction(world.query, 0.3 - 0.2);

    expect([release.state, computed.state]).toEqual([TENTH, TENTH]);
    expect(writes(harness)).toBe(0);
  });

  test('raising > leaves the other releases as they are', async ({ connect, world }) => {
    const before = structuredClone(world.others());

    await connect().setFraction(world.query, 0.5);

    expect(before.length).toBeGreaterThan(0);
    expect(world.others()).toEqual(before);
  });

  test('raising > ten at once come to the wanted share, and whoever was refused is told so by the next try', async ({ connect, world }) => {
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => connect().setFraction(world.query, 0.25)));
    const after = await connect().setFraction(world.query, 0.25);

    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.kind).toMatch(/^(conflict|unavailable)$/);
    }
    expect(after.state).toEqual({ kind: 'rolling-out', fraction: 0.25 });
  });
}

function refusalTests({ test }: Tests): void {
  test('refusing > a lower share is a conflict that names the one it has, and changes nothing', async (harness) => {
    const { connect, world } = harness;

    const error = await providerError(connect().setFraction(world.query, 0.05));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('10 %') });
    expect(world.shown()).toEqual(TENTH);
    expect(writes(harness)).toBe(0);
  });

  test('refusing > a release that is not rolling out is a conflict, and stays as it is', async (harness) => {
    const { connect, world } = harness;
    const others = world.states.filter(({ kind }) => kind !== 'rolling-out');

    for (const state of others) {
      world.moveTo(state);
      expect((await providerError(connect().setFraction(world.query, 0.6))).kind, state.kind).toBe('conflict');
      expect(world.shown()).toEqual(state);
    }
    expect(others.length).toBeGreaterThan(3);
    expect(writes(harness)).toBe(0);
  });

  test('refusing > a share that is none is invalid, and calls nobody', async ({ connect, world }) => {
    for (const fraction of [0, 1, -0.1, 20, Number.NaN]) {
      expect((await providerError(connect().setFraction(world.query, fraction))).kind, String(fraction)).toBe('invalid');
    }
    expect(world.calls).toEqual([]);
  });

  test('refusing > a release, or an app, that is not there is not-found', async ({ connect, world }) => {
    const { query, unknownApp } = world;

    for (const each of [
      { ...query, version: '7.7.7', buildNumber: '7777' },
      { ...query, version: '7.7.7', buildNumber: null },
      { ...query, app: unknownApp },
    ]) {
      expect((await providerError(connect().setFraction(each, 0.5))).kind).toBe('not-found');
    }
  });
}
