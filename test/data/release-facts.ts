import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import type { FrozenConfig, FrozenStore } from '../../src/domain/release/config.ts';
import type { ReleaseFacts } from '../../src/domain/release/plan-release.ts';
import type { Slot } from '../../src/domain/release/slots.ts';
import { platforms, targetsOf, workflowTypes } from '../../src/domain/release/vocabulary.ts';
import type { RunView, StageView, TaskView } from '../../src/domain/run.ts';

/** Minutes from the kickoff of the releases built here. */
export const minute = (offset: number): Date => new Date(Date.UTC(2025, 5, 2, 9) + offset * 60_000);

/** A config that uses everything there is: every integration, every platform, every workflow. */
export function frozenConfig(changes: Partial<FrozenConfig> = {}): FrozenConfig {
  return {
    configName: 'Mobile',
    releaseType: 'MINOR',
    platformTargets: platforms.flatMap((platform) => targetsOf[platform].map((target) => ({ platform, target }))),
    baseBranch: 'main',
    branchPattern: 'release/{version}',
    tagPattern: 'v{version}',
    buildMode: 'CI',
    scmIntegrationId: 'scm',
    ciConfigId: 'ci',
    projectManagementConfigId: 'tracker',
    testManagementConfigId: 'tests',
    commsConfigId: 'chat',
    stores: [],
    versionScheme: 'SEMVER',
    versionFormat: null,
    hotfix: { skipTasks: [], skipRegression: false },
    concurrency: { perType: null },
    slotCatchUp: 'ALL',
    schedule: null,
    skipped: { tasks: [], regression: false },
    preRegressionBuilds: true,
    automationRuns: true,
    automationPassThresholdPercent: 90,
    gates: {
      preReleaseApproval: 'manual',
      quorum: 1,
      allowSelfApproval: false,
      distributionApproval: 'manual',
      preRelease: plainRules,
      distribution: plainRules,
    },
    workflows: platforms.flatMap((platform) => workflowTypes.map((workflowType) => ({ platform, workflowType }))),
    ...changes,
  };
}

/** The same with no integration but source control, and builds by hand. */
export const bareConfig = (changes: Partial<FrozenConfig> = {}): FrozenConfig =>
  frozenConfig({
    buildMode: 'MANUAL',
    ciConfigId: null,
    projectManagementConfigId: null,
    testManagementConfigId: null,
    commsConfigId: null,
    preRegressionBuilds: false,
    automationRuns: false,
    workflows: [],
    ...changes,
  });

/** One store of a release: steps of ours for Play, the store's days for the App Store. */
export const frozenStore = (target: 'PLAY_STORE' | 'APP_STORE', changes: Partial<FrozenStore> = {}): FrozenStore => ({
  target,
  storeConfigId: `config-${target}`,
  integrationId: `connection-${target}`,
  provider: target === 'PLAY_STORE' ? 'google-play' : 'app-store-connect',
  appId: 'com.example.shop',
  track: 'production',
  uploadBy: 'CI',
  updatePriority: null,
  rolloutPlan:
    target === 'APP_STORE'
      ? { kind: 'phased' }
      : {
          kind: 'staged',
          steps: [
            { percent: 5, waitMinutes: 1440 },
            { percent: 100, waitMinutes: null },
          ],
        },
  ...changes,
});

export const slot = (id: string, offset: number, changes: Partial<Slot> = {}): Slot => ({
  id,
  date: minute(offset),
  status: 'PLANNED',
  flags: { automation: false },
  ...changes,
});

/** Kickoff at minute 0, one slot at 60, target at 600. */
export function releaseFacts(changes: Partial<ReleaseFacts> = {}): ReleaseFacts {
  return {
    config: frozenConfig(),
    platforms: ['ANDROID', 'IOS'],
    kickOffReminderDate: null,
    kickOffDate: minute(0),
    targetReleaseDate: minute(600),
    turnTaken: false,
    slots: [slot('s1', 60)],
    cycles: [],
    regressionRequested: false,
    preReleaseRequested: false,
    ...changes,
  };
}

type StageState = Partial<Pick<StageView, 'status' | 'attempt' | 'openTasks'>>;

/** A run in progress whose kickoff is over, unless told otherwise. */
export function runView(
  changes: Partial<Omit<RunView, 'stages'>> & { stages?: Partial<Record<string, StageState>>; withDistribution?: boolean } = {},
): RunView {
  const { stages = {}, withDistribution = false, ...rest } = changes;
  const fallback: Record<string, StageState> = { KICKOFF: { status: 'COMPLETED', attempt: 1 } };
  const keys = ['KICKOFF', 'REGRESSION', 'POST_REGRESSION', ...(withDistribution ? ['DISTRIBUTION'] : [])];
  return {
    id: 'run',
    tenantId: 'tenant',
    subjectId: 'release',
    status: 'IN_PROGRESS',
    holds: [],
    tasks: [],
    ...rest,
    stages: keys.map((key) => ({ id: key, key, status: 'PENDING', attempt: 0, openTasks: 0, ...fallback[key], ...stages[key] })),
  };
}

export const task = (type: string, status: TaskView['status'], changes: Partial<TaskView> = {}): TaskView => ({
  id: `task-${type}`,
  stageKey: 'REGRESSION',
  stageAttempt: 1,
  key: type,
  type,
  status,
  ...changes,
});
