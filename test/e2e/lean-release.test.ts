import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { openWorld, type World } from './world.ts';

/** Releases of tenants that have not connected everything there is. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.stopAll());

it('goes without tracker, test management and messaging: their tasks do not exist, and nothing is asked of those providers', async () => {
  const config = { projectManagementConfigId: null, testManagementConfigId: null, commsConfigId: null, automationRuns: false };
  const release = await world.tenant().createRelease({ config });

  await release.until('COMPLETED', { approving: true });

  expect((await release.tasks()).map(({ stage, type, status }) => [stage, type, status])).toEqual([
    ['KICKOFF', 'FORK_BRANCH', 'COMPLETED'],
    ['KICKOFF', 'TRIGGER_PRE_REGRESSION_BUILDS', 'COMPLETED'],
    ['REGRESSION', 'CREATE_RC_TAG', 'COMPLETED'],
    ['REGRESSION', 'CREATE_RELEASE_NOTES', 'COMPLETED'],
    ['REGRESSION', 'TRIGGER_REGRESSION_BUILDS', 'COMPLETED'],
    ['REGRESSION', 'APPROVE_REGRESSION', 'COMPLETED'],
    ['POST_REGRESSION', 'CREATE_RELEASE_TAG', 'COMPLETED'],
    ['POST_REGRESSION', 'CREATE_FINAL_RELEASE_NOTES', 'COMPLETED'],
    ['POST_REGRESSION', 'TRIGGER_TEST_FLIGHT_BUILD', 'COMPLETED'],
    ['POST_REGRESSION', 'CREATE_AAB_BUILD', 'COMPLETED'],
  ]);
  expect(world.effects().counts).toEqual({ branches: 1, tags: 2, releases: 1, runs: 6, tickets: 0, testRuns: 0, messages: 0 });
  expect((await release.view()).platforms.map(({ ticket, testRun }) => [ticket, testRun])).toEqual([
    [null, null],
    [null, null],
  ]);
});

it('goes on by itself where the config wants no approval, and still only when every other requirement holds', async () => {
  const config = {
    ...{ projectManagementConfigId: null, commsConfigId: null, automationRuns: false, preRegressionBuilds: false },
    gates: {
      preReleaseApproval: 'automatic' as const,
      quorum: 1,
      allowSelfApproval: false,
      distributionApproval: 'manual' as const,
      preRelease: plainRules,
      distribution: plainRules,
    },
  };
  const release = await world.tenant().createRelease({ config });

  await release.until('COMPLETED');

  const { gate } = await release.view();
  const requirements = (gate?.evidence?.requirements ?? []) as { key: string; met: boolean }[];
  expect(requirements.map(({ key, met }) => [key, met])).toEqual([
    ['candidate', true],
    ['no-active-cycle', true],
    ['no-slot-left', true],
    ['no-open-blocker', true],
    ['tests:test-management:ANDROID', true],
    ['tests:test-management:IOS', true],
    ['no-late-commits', true],
  ]);
  expect(gate?.approvals).toEqual([]);
});
