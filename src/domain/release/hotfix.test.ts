import { describe, expect, it } from 'vitest';
import { frozenConfig, minute } from '../../../test/data/release-facts.ts';
import { validateNewRelease } from './create-release.ts';
import { policyOf } from './gate-rules.ts';
import { withoutSkipped } from './hotfix.ts';
import type { NewReleaseContext, NewReleaseInput } from './new-release.ts';
import { skippableTasks } from './vocabulary.ts';

const base = { branch: 'release/1.3.7', releaseTag: 'v1.3.7', status: 'COMPLETED' as const };
const generous = frozenConfig({ hotfix: { skipTasks: [...skippableTasks], skipRegression: true } });

const hotfix = (changes: Partial<NewReleaseInput> = {}): NewReleaseInput => ({
  type: 'HOTFIX',
  platformTargets: [{ platform: 'IOS', target: 'APP_STORE' }],
  baseReleaseId: 'base',
  kickOffReminderDate: minute(-60),
  kickOffDate: minute(0),
  targetReleaseDate: minute(600),
  regressionSlots: [],
  ...changes,
});

const context = (changes: Partial<NewReleaseContext> = {}): NewReleaseContext => ({
  config: generous,
  configActive: true,
  latestVersions: { 'IOS/APP_STORE': '1.3.7' },
  baseRelease: base,
  taken: [],
  ...changes,
});

function create(given: NewReleaseInput, where = context()) {
  const result = validateNewRelease(given, where, minute(-120));
  return result.ok
    ? { value: result.value, problems: [] }
    : { value: null, problems: result.problems.map((p) => `${p.field} ${p.message}`) };
}

describe('a hotfix', () => {
  it('starts on the branch of the release it fixes, or on a new one from its tag', () => {
    expect(create(hotfix({ branchFrom: 'branch' })).value).toMatchObject({ branch: 'release/1.3.7', baseBranch: 'release/1.3.7' });
    expect(create(hotfix({ branchFrom: 'tag' })).value).toMatchObject({ branch: 'release/1.3.8', baseBranch: 'v1.3.7', tagBase: 'v1.3.8' });
    expect(create(hotfix()).value).toMatchObject({ branch: 'release/1.3.8', baseBranch: 'v1.3.7' });
  });

  it('starts nowhere else than it says', () => {
    const fields = (given: Partial<NewReleaseInput>, where?: NewReleaseContext) =>
      create(hotfix(given), where).problems.map((problem) => problem.split(' ')[0]);

    expect(fields({ branchFrom: 'branch', branch: 'fix/1' })).toEqual(['/branchFrom']);
    expect(fields({ branchFrom: 'branch', branch: 'fix/1', baseBranch: base.branch })).toEqual(['/branchFrom']);
    expect(fields({ branchFrom: 'tag', branch: base.branch })).toEqual(['/branchFrom']);
    expect(fields({ branchFrom: 'tag', baseBranch: base.branch })).toEqual(['/branchFrom']);
    expect(fields({ branchFrom: 'tag' }, context({ baseRelease: { ...base, releaseTag: null } }))).toEqual(['/branchFrom']);
    expect(create(hotfix({ branchFrom: 'branch' }), context({ baseRelease: null })).problems).toEqual([
      '/baseReleaseId There is no such release.',
    ]);
  });

  it('leaves out what its config lets it, and nothing waits for what is not there', () => {
    const asked = { skipTasks: [...skippableTasks], skipRegression: true };

    const value = create(hotfix(asked)).value;

    expect(value?.kickOffReminderDate).toBeNull();
    expect(value?.config).toMatchObject({
      skipped: { tasks: [...skippableTasks], regression: true },
      projectManagementConfigId: 'tracker',
      testManagementConfigId: null,
      preRegressionBuilds: false,
      automationRuns: false,
      gates: { preReleaseApproval: 'manual' },
    });
  });

  it('is approved by a person when nothing tests it, and by its gates as they are otherwise', () => {
    const automatic = frozenConfig({ gates: { ...frozenConfig().gates, preReleaseApproval: 'automatic' } });

    expect(withoutSkipped(automatic, { skipRegression: true }).gates.preReleaseApproval).toBe('manual');
    expect(withoutSkipped(automatic, { skipTasks: ['CREATE_TEST_SUITE'] }).gates.preReleaseApproval).toBe('automatic');
    expect(withoutSkipped(automatic, {})).toEqual(automatic);
  });

  it('is approved by the people whom its gate names, although the gate would open by itself otherwise', () => {
    const groups = [{ name: 'QA', roles: [], accountIds: ['ann'], quorum: 1 }];
    const { gates } = frozenConfig();
    const config = frozenConfig({ gates: { ...gates, preReleaseApproval: 'automatic', preRelease: { ...gates.preRelease, groups } } });
    const policy = (skips: object) => policyOf(withoutSkipped(config, skips).gates, 'pre-release', 'requester');

    expect(policy({})).toBeNull();
    expect(policy({ skipRegression: true })).toMatchObject({ quorum: 1, groups });
  });

  it('has its tests, its builds and its reminder when it does not ask to do without', () => {
    const value = create(hotfix({ skipTasks: ['CREATE_PROJECT_MANAGEMENT_TICKET'] })).value;

    expect(value?.kickOffReminderDate).toEqual(minute(-60));
    expect(value?.config).toMatchObject({ testManagementConfigId: 'tests', preRegressionBuilds: true, automationRuns: true });
  });

  it('may ask for no more than its config allows, each at its field', () => {
    const stingy = frozenConfig({ hotfix: { skipTasks: ['CREATE_TEST_SUITE'], skipRegression: false } });
    const asked = { skipTasks: ['CREATE_TEST_SUITE', 'PRE_KICK_OFF_REMINDER'] as const, skipRegression: true };

    expect(create(hotfix({ ...asked, skipTasks: [...asked.skipTasks] }), context({ config: stingy })).problems).toEqual([
      '/skipTasks/1 The release config does not let a hotfix skip PRE_KICK_OFF_REMINDER.',
      '/skipRegression The release config does not let a hotfix skip regression.',
    ]);
  });

  it('needs no regression workflow when it has no regression', () => {
    const config = { ...generous, workflows: [{ platform: 'IOS' as const, workflowType: 'TEST_FLIGHT_BUILD' as const }] };

    expect(create(hotfix({ skipRegression: true, skipTasks: ['TRIGGER_PRE_REGRESSION_BUILDS'] }), context({ config })).problems).toEqual(
      [],
    );
    expect(create(hotfix(), context({ config })).problems).not.toEqual([]);
  });

  it('waits for no turn', () => {
    const config = { ...generous, concurrency: { perType: 1 } };

    expect(create(hotfix(), context({ config })).value?.config.concurrency.perType).toBeNull();
  });

  it('alone has these liberties', () => {
    const minor = { type: 'MINOR' as const, regressionSlots: [{ date: minute(60) }] };
    const asked = hotfix({ ...minor, branchFrom: 'tag', skipTasks: ['CREATE_TEST_SUITE'], skipRegression: true });

    expect(create(asked).problems).toEqual([
      '/skipTasks/0 Only a hotfix skips CREATE_TEST_SUITE.',
      '/skipRegression Only a hotfix skips regression.',
      '/branchFrom Only a hotfix starts from another release.',
    ]);
  });
});

describe('a version that nobody names', () => {
  it('is the one its scheme suggests, target by target', () => {
    const input = hotfix({
      platformTargets: [
        { platform: 'IOS', target: 'APP_STORE' },
        { platform: 'ANDROID', target: 'PLAY_STORE', version: '1.3.9' },
      ],
    });

    const { value } = create(input, context({ latestVersions: { 'IOS/APP_STORE': '1.3.7', 'ANDROID/PLAY_STORE': '1.3.8' } }));

    expect(value?.platformTargets.map(({ version }) => version)).toEqual(['1.3.8', '1.3.9']);
  });

  it('is by the calendar that of the day the release is planned for', () => {
    const config = frozenConfig({ versionScheme: 'CALVER', versionFormat: 'YYYY.0M.0D' });
    const input = hotfix({ type: 'MINOR', regressionSlots: [{ date: minute(60) }], targetReleaseDate: new Date('2025-07-04T00:00:00Z') });

    expect(create(input, context({ config, latestVersions: {} })).value?.platformTargets[0]?.version).toBe('2025.07.04');
  });

  it('must be named where none can be suggested, and nothing else is wrong for that reason', () => {
    const config = { ...generous, versionScheme: 'CUSTOM' as const };

    expect(create(hotfix(), context({ config })).problems).toEqual([
      '/platformTargets/0/version The release config takes any label: which comes next is for people to say. Name a version.',
    ]);
  });

  it('is no way around an empty one', () => {
    const input = hotfix({ platformTargets: [{ platform: 'IOS', target: 'APP_STORE', version: '' }] });

    expect(create(input).problems[0]).toBe('/platformTargets/0/version The version is empty.');
  });
});

describe('branch and tag', () => {
  const minor = (changes: Partial<NewReleaseInput> = {}) =>
    hotfix({
      type: 'MINOR',
      platformTargets: [{ platform: 'IOS', target: 'APP_STORE', version: '1.4.0' }],
      regressionSlots: [{ date: minute(60) }],
      ...changes,
    });
  const taker = { displayId: 'REL-7', branch: 'x', tagBase: 'y', status: 'IN_PROGRESS' as const };

  it('are those of one release only', () => {
    expect(create(minor(), context({ taken: [{ ...taker, branch: 'release/1.4.0' }] })).problems).toEqual([
      '/platformTargets/0/version The branch release/1.4.0 is that of REL-7, which is IN_PROGRESS.',
    ]);
    expect(create(minor({ branch: 'x' }), context({ taken: [taker] })).problems).toEqual([
      '/branch The branch x is that of REL-7, which is IN_PROGRESS.',
    ]);
    expect(create(minor(), context({ taken: [{ ...taker, tagBase: 'v1.4.0', status: 'COMPLETED' }] })).problems).toEqual([
      '/platformTargets/0/version The tag v1.4.0 is that of REL-7.',
    ]);
  });

  it('of a completed release go on in its hotfix alone, one at a time', () => {
    const its = { ...taker, branch: base.branch, status: 'COMPLETED' as const };

    expect(create(hotfix({ branchFrom: 'branch' }), context({ taken: [its] })).problems).toEqual([]);
    expect(create(hotfix({ branchFrom: 'branch' }), context({ taken: [its, { ...its, status: 'PAUSED' }] })).problems).toHaveLength(1);
    expect(create(minor({ branch: base.branch }), context({ taken: [its] })).problems).toHaveLength(1);
  });
});
