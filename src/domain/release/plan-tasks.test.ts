import { describe, expect, it } from 'vitest';
import { bareConfig, frozenConfig, frozenStore, minute, releaseFacts } from '../../../test/data/release-facts.ts';
import type { TaskPlan } from '../run.ts';
import { planCycle, planDistribution, planGate, planKickoff, planPostRegression } from './plan-tasks.ts';
import { releaseTaskTypes } from './task-types.ts';

/** Task key → what it depends on. */
const graphOf = (tasks: readonly TaskPlan[]) => Object.fromEntries(tasks.map((task) => [task.key, [...task.dependsOn]]));

describe('planKickoff', () => {
  it('creates every task behind the fork when everything is configured', () => {
    const facts = releaseFacts({ kickOffReminderDate: minute(-30) });

    expect(graphOf(planKickoff(facts))).toEqual({
      PRE_KICK_OFF_REMINDER: [],
      FORK_BRANCH: [],
      CREATE_PROJECT_MANAGEMENT_TICKET: ['FORK_BRANCH'],
      CREATE_TEST_SUITE: ['FORK_BRANCH'],
      TRIGGER_PRE_REGRESSION_BUILDS: ['FORK_BRANCH'],
    });
  });

  it('waits for its turn before the fork where the config lets only so many be under way', () => {
    const facts = releaseFacts({ config: bareConfig({ concurrency: { perType: 1 } }) });

    expect(graphOf(planKickoff(facts))).toEqual({ WAIT_FOR_TURN: [], FORK_BRANCH: ['WAIT_FOR_TURN'] });
    expect(planKickoff(facts).map(({ notBefore }) => notBefore)).toEqual([minute(0), minute(0)]);
  });

  it('creates no tickets for a hotfix that does without, and checks none later', () => {
    const facts = releaseFacts({ config: frozenConfig({ skipped: { tasks: ['CREATE_PROJECT_MANAGEMENT_TICKET'], regression: false } }) });

    expect(Object.keys(graphOf(planKickoff(facts)))).not.toContain('CREATE_PROJECT_MANAGEMENT_TICKET');
    expect(Object.keys(graphOf(planPostRegression(facts, 1)))).not.toContain('CHECK_PROJECT_RELEASE_APPROVAL');
  });

  it('is nothing but the fork when only source control is configured', () => {
    const facts = releaseFacts({ config: bareConfig(), kickOffReminderDate: minute(-30) });

    expect(graphOf(planKickoff(facts))).toEqual({ FORK_BRANCH: [] });
  });

  it('reminds at the reminder date and forks at the kickoff date, not before', () => {
    const tasks = planKickoff(releaseFacts({ kickOffReminderDate: minute(-30) }));

    expect(tasks.map(({ key, notBefore }) => [key, notBefore])).toEqual([
      ['PRE_KICK_OFF_REMINDER', minute(-30)],
      ['FORK_BRANCH', minute(0)],
      ['CREATE_PROJECT_MANAGEMENT_TICKET', null],
      ['CREATE_TEST_SUITE', null],
      ['TRIGGER_PRE_REGRESSION_BUILDS', null],
    ]);
  });

  it('does not remind without a reminder date', () => {
    expect(graphOf(planKickoff(releaseFacts()))).not.toHaveProperty('PRE_KICK_OFF_REMINDER');
  });

  it('waits for builds by hand as it does for those of CI', () => {
    const facts = releaseFacts({ config: bareConfig({ preRegressionBuilds: true }) });

    expect(graphOf(planKickoff(facts))).toEqual({ FORK_BRANCH: [], TRIGGER_PRE_REGRESSION_BUILDS: ['FORK_BRANCH'] });
  });
});

describe('a cycle of a hotfix without regression', () => {
  it('marks the candidate and writes its notes, and builds and tests nothing', () => {
    const facts = releaseFacts({ config: frozenConfig({ testManagementConfigId: null, skipped: { tasks: [], regression: true } }) });

    expect(graphOf(planCycle(facts, { number: 2, automation: true }))).toEqual({
      CREATE_RC_TAG: [],
      CREATE_RELEASE_NOTES: ['CREATE_RC_TAG'],
    });
  });
});

describe('planCycle', () => {
  it('builds and writes notes from the candidate, tests from the builds, and tells people of both', () => {
    expect(graphOf(planCycle(releaseFacts(), { number: 2, automation: true }))).toEqual({
      RESET_TEST_SUITE: [],
      CREATE_RC_TAG: [],
      CREATE_RELEASE_NOTES: ['CREATE_RC_TAG'],
      TRIGGER_REGRESSION_BUILDS: ['CREATE_RC_TAG'],
      TRIGGER_AUTOMATION_RUNS: ['TRIGGER_REGRESSION_BUILDS'],
      AUTOMATION_RUNS: ['TRIGGER_AUTOMATION_RUNS'],
      SEND_REGRESSION_BUILD_MESSAGE: ['TRIGGER_REGRESSION_BUILDS', 'CREATE_RELEASE_NOTES'],
    });
  });

  it('is tag, notes and builds when only source control is configured', () => {
    expect(graphOf(planCycle(releaseFacts({ config: bareConfig() }), { number: 2, automation: false }))).toEqual({
      CREATE_RC_TAG: [],
      CREATE_RELEASE_NOTES: ['CREATE_RC_TAG'],
      TRIGGER_REGRESSION_BUILDS: ['CREATE_RC_TAG'],
    });
  });

  it('resets the test runs from the second cycle on', () => {
    const keysOf = (number: number) => planCycle(releaseFacts(), { number, automation: false }).map((task) => task.key);

    expect([keysOf(1).includes('RESET_TEST_SUITE'), keysOf(2).includes('RESET_TEST_SUITE')]).toEqual([false, true]);
  });

  it('leaves automation out when the slot wants none', () => {
    const keys = planCycle(releaseFacts(), { number: 1, automation: false }).map((task) => task.key);

    expect(keys).not.toContain('TRIGGER_AUTOMATION_RUNS');
    expect(keys).not.toContain('AUTOMATION_RUNS');
  });

  it("leaves automation out when none of the release's own platforms has a workflow for it", () => {
    const config = frozenConfig({ workflows: [{ platform: 'WEB', workflowType: 'AUTOMATION_BUILD' }] });

    const keys = planCycle(releaseFacts({ config, platforms: ['IOS'] }), { number: 1, automation: true }).map((task) => task.key);

    expect(keys).not.toContain('TRIGGER_AUTOMATION_RUNS');
  });

  it('tells each task its cycle', () => {
    expect(planCycle(releaseFacts(), { number: 3, automation: true }).every((task) => task.input?.cycle === 3)).toBe(true);
  });
});

describe('planGate', () => {
  it('is one task about the last cycle', () => {
    expect(planGate(releaseFacts(), 2)).toMatchObject([
      { key: 'APPROVE_REGRESSION', type: 'APPROVE_REGRESSION', dependsOn: [], input: { cycle: 2 } },
    ]);
  });

  it('has another key when an earlier gate of the same attempt was cancelled', () => {
    const [first, second] = [planGate(releaseFacts(), 2, 1), planGate(releaseFacts(), 2, 2)].flat();

    expect([first?.key, second?.key]).toEqual(['APPROVE_REGRESSION', 'APPROVE_REGRESSION_2']);
    expect(second?.type).toBe('APPROVE_REGRESSION');
  });
});

describe('planPostRegression', () => {
  it('tags after the tickets, builds for the stores from the tag, and reports at the end', () => {
    expect(graphOf(planPostRegression(releaseFacts(), 2))).toEqual({
      PRE_RELEASE_CHERRY_PICKS_REMINDER: [],
      CHECK_PROJECT_RELEASE_APPROVAL: [],
      CREATE_RELEASE_TAG: ['CHECK_PROJECT_RELEASE_APPROVAL'],
      CREATE_FINAL_RELEASE_NOTES: ['CREATE_RELEASE_TAG'],
      TRIGGER_TEST_FLIGHT_BUILD: ['CREATE_RELEASE_TAG'],
      CREATE_AAB_BUILD: ['CREATE_RELEASE_TAG'],
      SEND_POST_REGRESSION_MESSAGE: [
        'PRE_RELEASE_CHERRY_PICKS_REMINDER',
        'CHECK_PROJECT_RELEASE_APPROVAL',
        'CREATE_RELEASE_TAG',
        'CREATE_FINAL_RELEASE_NOTES',
        'TRIGGER_TEST_FLIGHT_BUILD',
        'CREATE_AAB_BUILD',
      ],
    });
  });

  it('is tag and notes for a web release when only source control is configured', () => {
    const facts = releaseFacts({ config: bareConfig(), platforms: ['WEB'] });

    expect(graphOf(planPostRegression(facts, 1))).toEqual({ CREATE_RELEASE_TAG: [], CREATE_FINAL_RELEASE_NOTES: ['CREATE_RELEASE_TAG'] });
  });

  it('tells each task the last cycle', () => {
    expect(planPostRegression(releaseFacts(), 4).every((task) => task.input?.cycle === 4)).toBe(true);
  });
});

describe('the way into the stores', () => {
  const stores = [frozenStore('PLAY_STORE'), frozenStore('APP_STORE')];
  const withStores = releaseFacts({ config: frozenConfig({ stores }) });

  it('begins with a gate after everything else of post-regression', () => {
    const tasks = planPostRegression(withStores, 2);
    const [gate] = tasks.slice(-1);

    expect(gate).toMatchObject({ type: 'APPROVE_DISTRIBUTION', input: { cycle: 2 } });
    expect(gate?.dependsOn).toEqual(tasks.slice(0, -1).map(({ key }) => key));
  });

  it('is planned target by target, none waiting for another, and ends when all are through', () => {
    expect(graphOf(planDistribution(withStores, 2))).toEqual({
      'SUBMIT_TO_PLAY_STORE/PLAY_STORE': [],
      'ROLL_OUT/PLAY_STORE': ['SUBMIT_TO_PLAY_STORE/PLAY_STORE'],
      'SUBMIT_TO_APP_STORE/APP_STORE': [],
      'ROLL_OUT/APP_STORE': ['SUBMIT_TO_APP_STORE/APP_STORE'],
      COMPLETE_RELEASE: ['ROLL_OUT/PLAY_STORE', 'ROLL_OUT/APP_STORE'],
    });
  });

  it('tells each task its target and the last cycle', () => {
    const [play] = planDistribution(withStores, 2);

    expect(play).toMatchObject({ type: 'SUBMIT_TO_PLAY_STORE', input: { target: 'PLAY_STORE', cycle: 2 } });
  });

  it('gives a rollout the time its plan takes on top of its deadline', () => {
    const tasks = planDistribution(withStores, 2);
    const days = (key: string) => (tasks.find((task) => task.key === key)?.deadlineMs ?? 0) / 86_400_000;

    expect([days('ROLL_OUT/PLAY_STORE'), days('ROLL_OUT/APP_STORE')]).toEqual([61, 60]);
  });

  it('does not exist without stores', () => {
    expect(planDistribution(releaseFacts(), 2)).toEqual([]);
    expect(planPostRegression(releaseFacts(), 2).map(({ type }) => type)).not.toContain('APPROVE_DISTRIBUTION');
  });
});

describe('releaseTaskTypes', () => {
  const stores = [frozenStore('PLAY_STORE'), frozenStore('APP_STORE')];
  const goingToStores = releaseFacts({ config: frozenConfig({ stores }) });
  const HOUR_MS = 3_600_000;
  const all = [
    ...planKickoff(releaseFacts({ kickOffReminderDate: minute(-30) })),
    ...planCycle(releaseFacts(), { number: 2, automation: true, supersedes: 1 }),
    ...planGate(releaseFacts(), 2),
    ...planPostRegression(goingToStores, 2),
    ...planDistribution(goingToStores, 2),
    ...planKickoff(releaseFacts({ config: bareConfig({ concurrency: { perType: 1 } }) })),
  ];

  it('are all planned by some stage', () => {
    expect([...new Set(all.map((task) => task.type))].sort()).toEqual(Object.keys(releaseTaskTypes).sort());
  });

  it('give every task its attempts, its deadline and what happens then', () => {
    const hoursOf = Object.fromEntries(all.map((task) => [task.type, task.deadlineMs / HOUR_MS]));

    expect(hoursOf).toMatchObject({
      WAIT_FOR_TURN: 90 * 24,
      FORK_BRANCH: 24,
      TRIGGER_PRE_REGRESSION_BUILDS: 6,
      TRIGGER_REGRESSION_BUILDS: 6,
      TRIGGER_AUTOMATION_RUNS: 6,
      AUTOMATION_RUNS: 6,
      TRIGGER_TEST_FLIGHT_BUILD: 6,
      CREATE_AAB_BUILD: 6,
      CHECK_PROJECT_RELEASE_APPROVAL: 14 * 24,
      APPROVE_REGRESSION: 30 * 24,
      APPROVE_DISTRIBUTION: 30 * 24,
      SUBMIT_TO_APP_STORE: 30 * 24,
      SUBMIT_TO_PLAY_STORE: 30 * 24,
      ROLL_OUT: 60 * 24,
      COMPLETE_RELEASE: 24,
    });
    expect(new Set(all.map((task) => task.maxAttempts))).toEqual(new Set([20]));
  });

  it('let a release go on without its messages and with CI runs of before, and without nothing more than those', () => {
    expect(all.filter((task) => task.onDeadline === 'continue').map((task) => task.type)).toEqual([
      'PRE_KICK_OFF_REMINDER',
      'CANCEL_SUPERSEDED_BUILDS',
      'SEND_REGRESSION_BUILD_MESSAGE',
      'PRE_RELEASE_CHERRY_PICKS_REMINDER',
      'SEND_POST_REGRESSION_MESSAGE',
    ]);
  });
});
