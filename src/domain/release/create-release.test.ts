import { describe, expect, it } from 'vitest';
import { bareConfig, frozenConfig, minute } from '../../../test/data/release-facts.ts';
import { validateNewRelease } from './create-release.ts';
import type { NewReleaseContext, NewReleaseInput } from './new-release.ts';

const now = minute(-120);

const input = (changes: Partial<NewReleaseInput> = {}): NewReleaseInput => ({
  type: 'MINOR',
  platformTargets: [
    { platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0' },
    { platform: 'IOS', target: 'APP_STORE', version: '1.4.1' },
  ],
  kickOffReminderDate: minute(-60),
  kickOffDate: minute(0),
  targetReleaseDate: minute(600),
  regressionSlots: [{ date: minute(120) }, { date: minute(60), automation: false }],
  ...changes,
});

const context = (changes: Partial<NewReleaseContext> = {}): NewReleaseContext => ({
  config: frozenConfig(),
  configActive: true,
  latestVersions: { 'ANDROID/PLAY_STORE': '1.3.0', 'IOS/APP_STORE': '1.3.7' },
  baseRelease: null,
  taken: [],
  ...changes,
});

const hotfix = (changes: Partial<NewReleaseInput> = {}) =>
  input({
    type: 'HOTFIX',
    platformTargets: [{ platform: 'IOS', target: 'APP_STORE', version: '1.3.8' }],
    baseReleaseId: 'base',
    regressionSlots: [],
    ...changes,
  });

const base = { branch: 'release/1.3.7', releaseTag: 'v1.3.7', status: 'COMPLETED' as const };

function problemsOf(given: NewReleaseInput, where = context(), at = now) {
  const result = validateNewRelease(given, where, at);
  return result.ok ? [] : result.problems.map(({ field, message }) => `${field} ${message}`);
}

function releaseOf(given: NewReleaseInput, where = context()) {
  const result = validateNewRelease(given, where, now);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}

describe('a release that may be created', () => {
  it('has branch and tag from the first version, its slots in order, and nothing left undecided', () => {
    expect(releaseOf(input())).toEqual({
      config: frozenConfig(),
      type: 'MINOR',
      platformTargets: input().platformTargets,
      platforms: ['ANDROID', 'IOS'],
      branch: 'release/1.4.0',
      baseBranch: 'main',
      baseReleaseId: null,
      baseTag: null,
      tagBase: 'v1.4.0',
      kickOffReminderDate: minute(-60),
      kickOffDate: minute(0),
      targetReleaseDate: minute(600),
      slots: [
        { date: minute(60), flags: { automation: false } },
        { date: minute(120), flags: { automation: true } },
      ],
      description: null,
    });
  });

  it('takes the branches and the description a person names', () => {
    expect(releaseOf(input({ branch: 'rel/x', baseBranch: 'develop', description: 'Summer' }))).toMatchObject({
      branch: 'rel/x',
      baseBranch: 'develop',
      description: 'Summer',
    });
  });

  it('may kick off now, give or take what it takes to send the form', () => {
    const late = input({ kickOffDate: minute(0) });
    delete late.kickOffReminderDate;

    expect(problemsOf(late, context(), minute(5))).toEqual([]);
    expect(problemsOf(late, context(), new Date(minute(5).getTime() + 1))).toEqual(['/kickOffDate The kickoff must not be in the past.']);
  });

  it('runs no automation by default where nothing could run it, when builds are made by hand', () => {
    const config = bareConfig({ automationRuns: true });

    expect(releaseOf(input({ regressionSlots: [{ date: minute(60) }] }), context({ config })).slots).toEqual([
      { date: minute(60), flags: { automation: false } },
    ]);
  });
});

describe('everything that is wrong is told at once', () => {
  it('naming each field', () => {
    const wrong = input({
      platformTargets: [
        { platform: 'IOS', target: 'WEB', version: 'v1.4.0' },
        { platform: 'ANDROID', target: 'PLAY_STORE', version: '1.3.0' },
      ],
      kickOffDate: minute(-600),
      regressionSlots: [{ date: minute(60) }, { date: minute(60) }],
      targetReleaseDate: minute(-700),
      branch: 'a..b',
    });

    const fields = new Set(problemsOf(wrong, context({ configActive: false })).map((line) => line.split(' ')[0]));

    expect(fields).toEqual(
      new Set([
        '/configId',
        '/platformTargets/0/target',
        '/platformTargets/0/version',
        '/platformTargets/1/version',
        '/kickOffDate',
        '/kickOffReminderDate',
        '/targetReleaseDate',
        '/regressionSlots/0/date',
        '/regressionSlots/1/date',
        '/branch',
      ]),
    );
  });
});

describe('dates', () => {
  it.each([
    [
      'the reminder after the kickoff',
      { kickOffReminderDate: minute(0) },
      '/kickOffReminderDate The reminder must come before the kickoff.',
    ],
    [
      'a slot at the kickoff',
      { regressionSlots: [{ date: minute(0) }] },
      '/regressionSlots/0/date A regression slot must come after the kickoff.',
    ],
    [
      'a slot at the target',
      { regressionSlots: [{ date: minute(600) }] },
      '/regressionSlots/0/date A regression slot must come before the target release date.',
    ],
    [
      'two slots at once',
      { regressionSlots: [{ date: minute(60) }, { date: minute(60) }] },
      '/regressionSlots/1/date Two regression slots have the same date.',
    ],
    ['no slot', { regressionSlots: [] }, '/regressionSlots A release needs a regression slot.'],
    ['a past reminder', { kickOffReminderDate: minute(-121) }, '/kickOffReminderDate The reminder must not be in the past.'],
    ['no date at all', { kickOffDate: new Date('soon') }, '/kickOffDate This is not a date.'],
  ])('refuse %s', (_what, changes, expected) => {
    expect(problemsOf(input(changes))).toEqual([expected]);
  });

  it('do not call two slots equal that are no dates', () => {
    const broken = { date: new Date('soon') };

    expect(problemsOf(input({ regressionSlots: [broken, broken] }))).toEqual([
      '/regressionSlots/0/date This is not a date.',
      '/regressionSlots/1/date This is not a date.',
    ]);
  });
});

describe('platforms and versions', () => {
  it('must be at least one', () => {
    expect(problemsOf(input({ platformTargets: [] }))).toContain('/platformTargets A release needs a platform.');
  });

  it('must not be named twice', () => {
    const [first] = input().platformTargets;

    expect(problemsOf(input({ platformTargets: first === undefined ? [] : [first, first] }))).toEqual([
      '/platformTargets/1 ANDROID/PLAY_STORE is named twice.',
    ]);
  });

  it('must be covered by the config', () => {
    const config = frozenConfig({ platformTargets: [{ platform: 'IOS', target: 'APP_STORE' }] });

    expect(problemsOf(input(), context({ config }))).toEqual([
      '/platformTargets/0/platform The release config does not cover ANDROID/PLAY_STORE.',
    ]);
  });

  it('must follow the latest of the same platform and target, not of another', () => {
    const latestVersions = { 'ANDROID/PLAY_STORE': '1.3.0', 'IOS/APP_STORE': '1.4.1' };

    expect(problemsOf(input(), context({ latestVersions }))).toEqual([
      '/platformTargets/1/version The version must be greater than 1.4.1.',
    ]);
  });
});

describe('workflows', () => {
  it('are needed per platform for every build that will be made', () => {
    const config = frozenConfig({ workflows: [{ platform: 'ANDROID', workflowType: 'AUTOMATION_BUILD' }] });

    expect(problemsOf(input(), context({ config }))).toEqual([
      '/platformTargets/0/platform The CI config has no PRE_REGRESSION_BUILD workflow for ANDROID.',
      '/platformTargets/0/platform The CI config has no REGRESSION_BUILD workflow for ANDROID.',
      '/platformTargets/0/platform The CI config has no AAB_BUILD workflow for ANDROID.',
      '/platformTargets/1/platform The CI config has no PRE_REGRESSION_BUILD workflow for IOS.',
      '/platformTargets/1/platform The CI config has no REGRESSION_BUILD workflow for IOS.',
      '/platformTargets/1/platform The CI config has no TEST_FLIGHT_BUILD workflow for IOS.',
    ]);
  });

  it('are not needed for pre-regression builds that are not made, nor for a store build of the web', () => {
    const config = frozenConfig({
      preRegressionBuilds: false,
      automationRuns: false,
      workflows: [{ platform: 'WEB', workflowType: 'REGRESSION_BUILD' }],
    });
    const web = [{ platform: 'WEB' as const, target: 'WEB' as const, version: '1.4.0' }];

    expect(problemsOf(input({ platformTargets: web }), context({ config }))).toEqual([]);
  });

  it('are not asked for twice where a platform is named twice', () => {
    const config = frozenConfig({ preRegressionBuilds: false, automationRuns: false, workflows: [] });
    const web = { platform: 'WEB' as const, target: 'WEB' as const, version: '1.4.0' };

    expect(problemsOf(input({ platformTargets: [web, web] }), context({ config }))).toEqual([
      '/platformTargets/1 WEB/WEB is named twice.',
      '/platformTargets/0/platform The CI config has no REGRESSION_BUILD workflow for WEB.',
    ]);
  });

  it('are not needed when builds are made by hand', () => {
    expect(problemsOf(input({ regressionSlots: [{ date: minute(60) }] }), context({ config: bareConfig() }))).toEqual([]);
  });

  it('must exist for automated tests that the config or a slot wants, told where it is wanted', () => {
    const config = frozenConfig({ workflows: frozenConfig().workflows.filter(({ workflowType }) => workflowType !== 'AUTOMATION_BUILD') });
    const slots = [{ date: minute(60) }, { date: minute(70), automation: true }, { date: minute(80), automation: false }];

    expect(problemsOf(input({ regressionSlots: slots }), context({ config })).map((line) => line.split(' ')[0])).toEqual([
      '/regressionSlots/1/automation',
      '/config/automationRuns',
    ]);
  });

  it('must exist for automated tests that a slot wants even when builds are made by hand', () => {
    const slots = [{ date: minute(60), automation: true }];

    expect(problemsOf(input({ regressionSlots: slots }), context({ config: bareConfig() }))[0]).toContain('/regressionSlots/0/automation');
  });

  it('cannot be run by CI without a CI config', () => {
    expect(problemsOf(input(), context({ config: frozenConfig({ ciConfigId: null }) }))[0]).toContain('/config/ciConfigId');
  });
});

describe('a hotfix', () => {
  const { baseReleaseId: _base, ...withoutBase } = hotfix();

  it('starts from the tag of its base on a branch of its own, with one cycle right after the kickoff', () => {
    expect(releaseOf(hotfix(), context({ baseRelease: base }))).toMatchObject({
      branch: 'release/1.3.8',
      baseBranch: 'v1.3.7',
      baseReleaseId: 'base',
      slots: [{ date: minute(0), flags: { automation: true } }],
    });
  });

  it('may go on the branch of its base', () => {
    expect(releaseOf(hotfix({ branch: base.branch }), context({ baseRelease: base }))).toMatchObject({
      branch: base.branch,
      baseBranch: base.branch,
    });
  });

  it('starts from the branch of a base that has no tag', () => {
    const baseRelease = { ...base, releaseTag: null };

    expect(releaseOf(hotfix(), context({ baseRelease })).baseBranch).toBe(base.branch);
  });

  it('is refused automated tests that nothing can run in the cycle it gets by itself', () => {
    const workflows = frozenConfig().workflows.filter(({ workflowType }) => workflowType !== 'AUTOMATION_BUILD');

    expect(problemsOf(hotfix(), context({ config: frozenConfig({ workflows }), baseRelease: base }))[0]).toContain(
      '/config/automationRuns',
    );
  });

  it('may have slots like any other release', () => {
    expect(releaseOf(hotfix({ regressionSlots: [{ date: minute(60) }] }), context({ baseRelease: base })).slots).toHaveLength(1);
  });

  it.each([
    ['no base', withoutBase, null, '/baseReleaseId A hotfix needs the release it fixes.'],
    ['an unknown base', hotfix(), null, '/baseReleaseId There is no such release.'],
    [
      'a base that is not out',
      hotfix(),
      { ...base, status: 'IN_PROGRESS' as const },
      '/baseReleaseId A hotfix fixes a completed release; this one is IN_PROGRESS.',
    ],
    [
      'another start than its base',
      hotfix({ baseBranch: 'main' }),
      base,
      '/baseBranch A hotfix starts from the branch or the tag of the release it fixes.',
    ],
  ])('is refused with %s', (_what, given, baseRelease, expected) => {
    expect(problemsOf(given, context({ baseRelease }))).toEqual([expected]);
  });
});

describe('a release that is no hotfix', () => {
  it('may name a base that exists', () => {
    const given = input({ baseReleaseId: 'base' });

    expect(releaseOf(given, context({ baseRelease: base }))).toMatchObject({ baseReleaseId: 'base', baseBranch: 'main' });
    expect(problemsOf(given)).toEqual(['/baseReleaseId There is no such release.']);
  });
});

describe('the config', () => {
  it('must be active and have source control', () => {
    const config = frozenConfig({ scmIntegrationId: '' });

    expect(problemsOf(input(), context({ config, configActive: false }))).toEqual([
      '/configId The release config is not active.',
      '/config/scmIntegrationId A release needs a source control connection.',
    ]);
  });

  it('must name tags by version, lest releases share one', () => {
    expect(problemsOf(input(), context({ config: frozenConfig({ tagPattern: 'release' }) }))[0]).toContain('/config/tagPattern');
  });
});

describe('branch and tag names', () => {
  it('that git refuses are told where they come from: the pattern, the version or the person', () => {
    const custom = { versionScheme: 'CUSTOM' as const };
    const dotted = input();
    dotted.platformTargets = [{ platform: 'WEB', target: 'WEB', version: '1..2' }];

    expect(problemsOf(input(), context({ config: frozenConfig({ branchPattern: 'release {version}' }) }))[0]).toContain(
      '/config/branchPattern',
    );
    expect(problemsOf(dotted, context({ config: bareConfig(custom) })).map((line) => line.split(' ')[0])).toContain(
      '/platformTargets/0/version',
    );
    expect(problemsOf(input({ branch: 'my branch' }))[0]).toContain('/branch The branch name "my branch" holds a blank');
    expect(problemsOf(input({ baseTag: 'v 1' }))[0]).toContain('/baseTag The base tag name "v 1" holds a blank');
    expect(problemsOf(input({ baseBranch: '' }))[0]).toContain('/baseBranch');
    expect(problemsOf(input(), context({ config: frozenConfig({ baseBranch: 'a..b' }) }))[0]).toContain('/config/baseBranch');
  });

  it('must differ between branch and base branch', () => {
    expect(problemsOf(input({ branch: 'main' }))).toEqual(['/branch The release branch must not be its own base branch.']);
  });

  it('take the version as it is, whatever a replacement pattern would make of it', () => {
    const config = bareConfig({ versionScheme: 'CUSTOM' });
    const given = input({ regressionSlots: [{ date: minute(60) }] });
    given.platformTargets = [{ platform: 'WEB', target: 'WEB', version: 'A+1' }];

    expect(releaseOf(given, context({ config }))).toMatchObject({ branch: 'release/A+1', tagBase: 'vA+1' });
  });
});
