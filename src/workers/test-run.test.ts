import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Crash, commit, openTestRuns, TESTS, type TestRunWorld } from '../../test/data/test-run-world.ts';
import { approveRegression } from './tasks/approve-regression.ts';
import { createReleaseTag } from './tasks/create-release-tag.ts';
import { createTestSuite } from './tasks/create-test-suite.ts';
import { resetTestSuite } from './tasks/reset-test-suite.ts';
import { testRunName } from './test-run.ts';

const ids = { create: '01ARZ3NDEKTSV4RRFFQ69G5FA1', reset: '01ARZ3NDEKTSV4RRFFQ69G5FA2' };
let world: TestRunWorld;
beforeEach(async () => {
  world = await openTestRuns();
  await world.run(createTestSuite, world.task(ids.create));
});
afterEach(() => world.close());

const runOf = (platform = 'ANDROID') => world.platforms.find((each) => each.platform === platform)?.testRunId ?? '';
const runs = () => world.fake.world.runs().length;
const passAll = (platform?: string) => world.fake.world.setResults(runOf(platform), { passed: TESTS });

describe('the name of a test run', () => {
  it.each(['', '1', '1.4.0', '2026.11.21-hotfix.3', 'v'.repeat(80)])(
    'of version "%s" has 5 to 50 characters and ends with its mark',
    (version) => {
      for (const platform of ['ANDROID', 'IOS', 'WEB']) {
        const name = testRunName(version, platform, ids.create);

        expect(name.length).toBeGreaterThanOrEqual(5);
        expect(name.length).toBeLessThanOrEqual(50);
        expect(name.endsWith(` ${platform} ${ids.create.slice(-12)}`) || name === `${platform} ${ids.create.slice(-12)}`).toBe(true);
        expect(name).toBe(name.trim());
      }
    },
  );
});

describe('the runs of a new cycle', () => {
  it('are the same, with nothing tested, and what was tested before stays in their history', async () => {
    const [android, ios] = [runOf(), runOf('IOS')];
    passAll();

    const outcome = await world.run(resetTestSuite, world.task(ids.reset, 2));

    expect(outcome).toEqual({ kind: 'completed', output: { reset: [android, ios], replaced: [] } });
    expect(world.counts()).toEqual({ Untested: TESTS });
    expect(world.fake.world.history(android)[0]).toEqual(['Passed', 'Untested']);
    expect(runs()).toBe(2);
  });

  it('are found by id, also when somebody renamed one', async () => {
    world.fake.world.rename(runOf(), 'Renamed by hand');
    passAll();

    await world.run(resetTestSuite, world.task(ids.reset, 2));

    expect(world.counts()).toEqual({ Untested: TESTS });
    expect(runs()).toBe(2);
  });

  it.each(['lock', 'archive', 'deleteRun'] as const)(
    'are new ones in place of those that are over (%s), whose results stand',
    async (how) => {
      const before = runOf();
      passAll();
      world.fake.world[how](before);

      const outcome = await world.run(resetTestSuite, world.task(ids.reset, 2));

      expect(outcome).toMatchObject({
        output: { reset: [runOf('IOS')], replaced: [{ platform: 'ANDROID', runId: runOf(), was: before }] },
      });
      expect(runOf()).not.toBe(before);
      expect(world.counts()).toEqual({ Untested: TESTS });
      expect(world.fake.world.history(before)[0]).toEqual(['Passed']);
    },
  );

  it('are one for targets that share one', async () => {
    const shared = runOf();
    world.platforms = world.platforms.map((each) => ({ ...each, testRunId: shared }));
    world.fake.world.lock(shared);

    const outcome = await world.run(resetTestSuite, world.task(ids.reset, 2));

    expect(runOf('IOS')).toBe(runOf());
    expect(outcome).toMatchObject({ output: { reset: [], replaced: [{ was: shared }] } });
  });

  it('keep what testers did since the reset when a later run fails and the task comes again', async () => {
    const task = world.task(ids.reset, 2);
    passAll();
    passAll('IOS');
    world.fake.failNext({ match: { path: '/api/v1/run/update-test-status' }, status: 200, body: { data: {} } });
    world.fake.failNext({ match: { path: '/api/v1/run/update-test-status' }, status: 503 });
    await expect(world.run(resetTestSuite, task)).rejects.toMatchObject({ kind: 'unavailable' });
    const calls = world.fake.calls.length;

    await world.run(resetTestSuite, task);

    const writes = world.fake.calls.slice(calls).filter(({ path }) => path === '/api/v1/run/update-test-status');
    expect(writes.map(({ body }) => (body as { runId: number }).runId)).toEqual([Number(runOf('IOS'))]);
    expect(world.counts()).toEqual({ Passed: TESTS });
  });

  it('are refused with what to do when somebody locks one in the very moment, and the retry makes a new one', async () => {
    const task = world.task(ids.reset, 2);
    passAll();
    world.fake.failNext({
      match: { path: '/api/v1/run/update-test-status' },
      status: 423,
      body: { error: 'Run is not active', status: 423 },
    });

    const refused = world.run(resetTestSuite, task);

    await expect(refused).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining('Retry the task') });
    const before = runOf();
    world.fake.world.lock(before);
    await world.run(resetTestSuite, task);
    expect(runOf()).not.toBe(before);
  });

  it('are refused while a run is in a state that nobody knows', async () => {
    const run = { runId: Number(runOf()), runName: 'x', projectId: world.projectId, status: 'Frozen' };
    world.fake.failNext({ match: { path: '/api/v1/run/detail' }, status: 200, body: { data: run }, times: 2 });

    await expect(world.run(resetTestSuite, world.task(ids.reset, 2))).rejects.toMatchObject({
      ...{ kind: 'conflict', message: expect.stringMatching(/"Frozen".*Retry the task/) },
    });
  });

  it('are made once and reset once, wherever the process dies', async () => {
    for (let writes = 0; writes < 7; writes += 1) {
      await world.close();
      world = await openTestRuns();
      await world.run(createTestSuite, world.task(ids.create));
      world.fake.world.lock(runOf());
      const task = world.task(ids.reset, 2);
      world.diesAfter = writes;

      const first = await world.run(resetTestSuite, task).catch((error: unknown) => error);
      world.diesAfter = Number.POSITIVE_INFINITY;
      if (first instanceof Crash) await world.run(resetTestSuite, task);

      expect(runs()).toBe(3);
      expect(world.counts()).toEqual({ Untested: TESTS });
      expect(world.fake.world.run(runOf()).status).toBe('Active');
    }
  });

  it('that were made anew are not reset by an attempt after a crash', async () => {
    world.fake.world.lock(runOf());
    const task = world.task(ids.reset, 2);
    // Intent, fresh, recorded; then the other target.
    world.diesAfter = 3;
    await expect(world.run(resetTestSuite, task)).rejects.toBeInstanceOf(Crash);
    world.diesAfter = Number.POSITIVE_INFINITY;
    passAll();

    const outcome = await world.run(resetTestSuite, task);

    expect(world.counts()).toEqual({ Passed: TESTS });
    expect(outcome).toMatchObject({ output: { reset: [runOf('IOS')], replaced: [{ runId: runOf() }] } });
  });
});

describe('the results at the gate', () => {
  const gate = async (cycle: number) => {
    const outcome = await world.run(approveRegression, world.task('GATE', cycle));
    // The gate always tells what it found.
    const { requirements } = ('output' in outcome ? outcome.output : {}) as { requirements: Record<string, unknown>[] };
    return { open: outcome.kind === 'completed', tests: requirements.filter(({ key }) => String(key).startsWith('tests:')) };
  };
  beforeEach(() => {
    world.approvals = [{ accountId: 'alice', role: 'admin', decision: 'APPROVED', commit, subject: null, standsFor: [], at: new Date() }];
  });

  it('open it at the threshold of the test management config, with every count, the run and the cycle', async () => {
    world.fake.world.setResults(runOf(), { passed: 8, failed: 1, skipped: 1 });
    passAll('IOS');

    const below = await gate(1);
    world.thresholdPercent = 80;
    const reached = await gate(1);

    expect(below).toMatchObject({ open: false, tests: [{ key: 'tests:test-management:ANDROID', met: false }, { met: true }] });
    expect(reached.open).toBe(true);
    expect(reached.tests[0]).toMatchObject({
      ...{ key: 'tests:test-management:ANDROID', met: true, checkedAt: expect.stringMatching(/Z$/) },
      evidence: '8 of 10 passed, 80 % needed: 1 failed, 0 blocked, 1 skipped, 0 in progress, 0 untested',
      tests: {
        ...{ cycle: 1, runId: runOf(), url: expect.stringContaining(`/run/${runOf()}`), state: 'active', thresholdPercent: 80 },
        counts: { total: 10, passed: 8, failed: 1, blocked: 0, skipped: 1, inProgress: 0, untested: 0 },
      },
    });
  });

  it('of the cycle before do not pass the next: after the reset everything must be tested again', async () => {
    passAll();
    passAll('IOS');
    expect((await gate(1)).open).toBe(true);
    await world.run(resetTestSuite, world.task(ids.reset, 2));

    const after = await gate(2);
    passAll();
    passAll('IOS');

    expect(after.open).toBe(false);
    expect(after.tests).toMatchObject([{ met: false, tests: { cycle: 2, counts: { passed: 0, untested: TESTS } } }, { met: false }]);
    expect((await gate(2)).open).toBe(true);
  });

  it('of a locked run in the cycle before do not pass the next either: that has a run of its own', async () => {
    for (const platform of ['ANDROID', 'IOS']) {
      passAll(platform);
      world.fake.world.lock(runOf(platform));
    }
    await world.run(resetTestSuite, world.task(ids.reset, 2));

    expect((await gate(2)).tests).toMatchObject([{ met: false }, { met: false }]);
  });

  it('of a run that testers have locked stand', async () => {
    passAll();
    passAll('IOS');
    world.fake.world.lock(runOf());

    const { open, tests } = await gate(1);

    expect(open).toBe(true);
    expect(tests[0]).toMatchObject({ met: true, evidence: expect.stringContaining('is locked') });
  });

  it.each([
    ['archive', 'is archived'],
    ['deleteRun', 'does not exist'],
  ] as const)('block as unknown when the run is over (%s)', async (how, words) => {
    passAll();
    passAll('IOS');
    world.fake.world[how](runOf());

    const { open, tests } = await gate(1);

    expect(open).toBe(false);
    expect(tests[0]).toMatchObject({ met: 'unknown', evidence: expect.stringContaining(words) });
  });

  it('block as unknown when they cannot be read, and say why', async () => {
    passAll();
    passAll('IOS');
    world.fake.failNext({ match: { path: '/api/v1/run/state-detail' }, status: 503 });

    const { open, tests } = await gate(1);

    expect(open).toBe(false);
    expect(tests).toMatchObject([{ met: 'unknown', evidence: expect.stringContaining('503') }, { met: true }]);
  });

  it('of a run that targets share are read and told once', async () => {
    world.platforms = world.platforms.map((each) => ({ ...each, platform: 'ANDROID', testRunId: runOf() }));
    passAll();

    expect(await gate(1)).toMatchObject({ open: true, tests: [{ key: 'tests:test-management:ANDROID' }] });
  });
});

describe('the runs of a tagged release', () => {
  const tag = async () => {
    const outcome = await world.run(createReleaseTag, world.task('TAG', 1));
    return 'output' in outcome ? outcome.output?.testRuns : null;
  };

  it('are locked, so that their results stand, and stay so when the task comes again', async () => {
    const locked = [runOf(), runOf('IOS')].map((runId) => expect.objectContaining({ runId, locked: true, why: null }));

    expect(await tag()).toEqual(locked);
    expect(await tag()).toEqual(locked);
    expect(world.fake.world.runs().map(({ status }) => status)).toEqual(['Locked', 'Locked']);
  });

  it('are locked once where targets share one', async () => {
    world.platforms = world.platforms.map((each) => ({ ...each, testRunId: runOf() }));
    const before = world.fake.calls.length;

    expect(await tag()).toMatchObject([{ runId: runOf(), locked: true }]);
    expect(world.fake.calls.slice(before).map(({ method }) => method)).toEqual(['GET', 'PUT', 'GET']);
  });

  it('hold nothing up where they cannot be locked: the reason is told', async () => {
    world.fake.failNext({ match: { path: '/api/v1/run/lock' }, status: 401, body: { error: 'You are not authorized', status: 401 } });

    expect(await tag()).toMatchObject([{ locked: false, why: expect.stringContaining('not authorized') }, { locked: true }]);
  });

  it('are left alone where the test management knows no locks', async () => {
    const { testRunLocking: _none, ...without } = world.provider;
    world.provider = without;

    expect(await tag()).toMatchObject([{ locked: false, why: expect.stringContaining('no locks') }, { locked: false }]);
  });
});
