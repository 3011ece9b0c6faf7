import { describe, expect } from 'vitest';
import type { AppStore } from '../../src/integrations/capabilities/app-store.ts';
import { contractTests } from './adapter-harness.ts';
import { rolloutTests } from './app-store-rollout.ts';
import { submissionTests } from './app-store-submission.ts';
import {
  type AppStoreHarness,
  type AppStoreTests,
  type AppStoreWorld,
  BUILD,
  NEXT_BUILD,
  ours,
  released,
  stateOf,
  submission,
  submitted,
  VERSION,
} from './app-store-world.ts';
import type { ContractSkip } from './contract-case.ts';
import { type FaultyRead, type FaultyWrite, faultTests } from './fault-cases.ts';

export type { AppStoreHarness, AppStoreWorld } from './app-store-world.ts';

export function appStoreContract(
  name: string,
  makeHarness: () => Promise<AppStoreHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the app-store contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    abilityTests(tests);
    listingTests(tests);
    buildTests(tests);
    releaseTests(tests);
    submissionTests(tests);
    rolloutTests(tests);
    faultTests<AppStore, AppStoreWorld, AppStoreHarness>(tests, { reads: faultyReads, writes: faultyWrites });
    tests.end();
  });
}

function abilityTests({ test }: AppStoreTests): void {
  test('abilities > are such that plans can be checked against them', async ({ connect }) => {
    const { abilities, buildVisibleWithinMs } = connect();

    expect(abilities.maxNotesChars).toBeGreaterThan(0);
    expect(buildVisibleWithinMs).toBeGreaterThanOrEqual(0);
    if (abilities.rollout.kind === 'phased') {
      const { dailyPercents } = abilities.rollout;
      expect(dailyPercents.length).toBeGreaterThan(1);
      expect(dailyPercents).toEqual([...new Set(dailyPercents)].sort((one, other) => one - other));
      expect(dailyPercents.at(-1)).toBe(100);
    }
  });
}

function listingTests({ test }: AppStoreTests): void {
  test('listing > names the app, its locales with the default first, and its tracks', async ({ connect, world }) => {
    const listing = await connect().listing(world.app);

    expect(listing).toEqual(world.expected);
    expect(listing?.locales.length).toBeGreaterThan(1);
  });

  test('listing > of an app that is not there is null', async ({ connect, world }) => {
    expect(await connect().listing(world.unknownApp)).toBeNull();
  });
}

function buildTests({ test }: AppStoreTests): void {
  const query = { version: VERSION, buildNumber: BUILD, sha256: null, uploadedSince: null };

  test('builds > are found by their number', async ({ connect, world }) => {
    world.seedBuild({ version: VERSION, buildNumber: BUILD });
    world.seedBuild({ version: VERSION, buildNumber: NEXT_BUILD });

    const build = await connect().findBuild({ ...query, app: world.app });

    expect(build).toMatchObject({ buildNumber: BUILD, state: { kind: 'ready' }, id: expect.stringMatching(/./) });
    expect([null, VERSION]).toContain(build?.version);
  });

  test('builds > absent ones are null, as are those of other apps', async ({ connect, world }) => {
    world.seedBuild({ version: VERSION, buildNumber: NEXT_BUILD });

    for (const app of [world.app, world.otherApp, world.unknownApp]) {
      expect(await connect().findBuild({ ...query, app })).toBeNull();
    }
    expect(await connect().findBuild({ ...query, app: world.otherApp, buildNumber: NEXT_BUILD })).toBeNull();
  });

  test('builds > the newest of a version is found without a number', async ({ connect, world }) => {
    world.seedBuild({ version: VERSION, buildNumber: BUILD, uploadedAt: '2026-03-01T10:00:00.000Z' });
    world.seedBuild({ version: VERSION, buildNumber: NEXT_BUILD, uploadedAt: '2026-03-02T10:00:00.000Z' });
    world.seedBuild({ version: '4.3.0', buildNumber: '4300', uploadedAt: '2026-03-03T10:00:00.000Z' });

    const build = await connect().findBuild({ ...query, app: world.app, buildNumber: null });

    expect(build).toMatchObject({ buildNumber: NEXT_BUILD });
    expect([null, VERSION]).toContain(build?.version);
  });

  test('builds > uploaded before the time asked for are another’s', async ({ connect, world }) => {
    world.seedBuild({ version: VERSION, buildNumber: BUILD, uploadedAt: '2026-03-01T10:00:00.000Z' });
    const since = (uploadedSince: string) => connect().findBuild({ ...query, app: world.app, buildNumber: null, uploadedSince });

    expect(await since('2026-03-01T10:00:00.001Z')).toBeNull();
    expect(await since('2026-03-01T10:00:00.000Z')).toMatchObject({ buildNumber: BUILD });
    expect(Date.parse((await since('2026-02-28T00:00:00.000Z'))?.uploadedAt ?? '')).toBe(Date.parse('2026-03-01T10:00:00.000Z'));
  });

  test('builds > say whether the store takes them', async ({ connect, world }) => {
    const state = async () => (await connect().findBuild({ ...query, app: world.app }))?.state;
    const seen = [];
    for (const wanted of [
      { kind: 'processing' },
      { kind: 'expired' },
      { kind: 'refused', reason: '' },
      { kind: 'unknown', raw: 'OF_TOMORROW' },
      { kind: 'ready' },
    ] as const) {
      world.seedBuild({ version: VERSION, buildNumber: BUILD, state: wanted });
      seen.push(await state());
    }

    expect(seen).toEqual([
      { kind: 'processing' },
      { kind: 'expired' },
      { kind: 'refused', reason: expect.stringMatching(/./) },
      { kind: 'unknown', raw: 'OF_TOMORROW' },
      { kind: 'ready' },
    ]);
  });
}

function releaseTests({ test }: AppStoreTests): void {
  test('releases > absent ones are null', async (harness) => {
    const { connect, world } = harness;

    expect(await connect().findRelease(ours(harness))).toBeNull();
    expect(await connect().findRelease(ours(harness, null))).toBeNull();
    for (const app of [world.otherApp, world.unknownApp]) expect(await connect().findRelease({ ...ours(harness), app })).toBeNull();
  });

  test('releases > each state that the store shows is read back, whoever brought it there', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);

    for (const state of world.states) {
      world.moveTo(VERSION, state);
      const found = await connect().findRelease(ours(harness));

      expect(found, JSON.stringify(state)).toMatchObject({ version: VERSION, buildNumbers: [BUILD], state });
    }
    expect(world.states.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['in-review', 'rejected', 'rolling-out', 'halted', 'live']),
    );
  });

  test('releases > a state nobody knows is kept as it is, and nothing is done to it', async (harness) => {
    const { connect, world } = harness;
    await submitted(harness);
    world.moveTo(VERSION, { kind: 'unknown', raw: 'STATE_OF_TOMORROW' });

    expect((await connect().findRelease(ours(harness)))?.state).toEqual({
      kind: 'unknown',
      raw: expect.stringContaining('STATE_OF_TOMORROW'),
    });
    for (const step of ['halt', 'resume', 'complete'] as const) {
      await expect(connect()[step](ours(harness)), step).rejects.toMatchObject({ kind: 'conflict' });
    }
    expect(stateOf(harness)).toBe('unknown');
  });

  test('releases > one that is not there is not-found to whoever would change it', async (harness) => {
    const { connect, world } = harness;
    const queries = [ours(harness), ...[world.otherApp, world.unknownApp].map((app) => ({ ...ours(harness), app }))];

    for (const query of queries) {
      await expect(connect().ensureReleased(query)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(connect().halt(query)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(connect().resume(query)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(connect().complete(query)).rejects.toMatchObject({ kind: 'not-found' });
    }
  });
}

const faultyReads: FaultyRead<AppStoreHarness, AppStore>[] = [
  { name: 'listing', match: ({ world }) => world.endpoints.listing, call: (subject, { world }) => subject.listing(world.app) },
  {
    name: 'findBuild',
    match: ({ world }) => world.endpoints.findBuild,
    call: (subject, { world }) =>
      subject.findBuild({ app: world.app, version: VERSION, buildNumber: BUILD, sha256: null, uploadedSince: null }),
  },
  {
    name: 'findRelease',
    match: ({ world }) => world.endpoints.findRelease,
    call: (subject, harness) => subject.findRelease(ours(harness)),
  },
];

const count = (holds: boolean): number => (holds ? 1 : 0);

const faultyWrites: FaultyWrite<AppStoreHarness, AppStore>[] = [
  {
    name: 'ensureSubmitted',
    match: ({ world }) => world.endpoints.submit,
    prepare: async ({ world }) => world.seedBuild({ version: VERSION, buildNumber: BUILD }),
    call: (subject, harness) => subject.ensureSubmitted(submission(harness)),
    effects: ({ world }) => world.seen(VERSION)?.submissions ?? 0,
  },
  {
    name: 'halt',
    match: ({ world }) => world.endpoints.halt,
    prepare: released,
    call: (subject, harness) => subject.halt(ours(harness)),
    effects: (harness) => count(stateOf(harness) === 'halted'),
  },
  {
    name: 'resume',
    match: ({ world }) => world.endpoints.resume,
    prepare: async (harness) => {
      await released(harness);
      await harness.connect().halt(ours(harness));
    },
    call: (subject, harness) => subject.resume(ours(harness)),
    effects: (harness) => count(stateOf(harness) === 'rolling-out'),
  },
  {
    name: 'complete',
    match: ({ world }) => world.endpoints.complete,
    prepare: released,
    call: (subject, harness) => subject.complete(ours(harness)),
    effects: (harness) => count(stateOf(harness) === 'live'),
  },
  {
    name: 'ensureReleased',
    match: ({ world }) => world.endpoints.release,
    prepare: async (harness) => {
      await submitted(harness);
      harness.world.approve(VERSION);
    },
    call: (subject, harness) => subject.ensureReleased(ours(harness)),
    effects: (harness) => count(stateOf(harness) === 'processing' || stateOf(harness) === 'rolling-out'),
  },
];
