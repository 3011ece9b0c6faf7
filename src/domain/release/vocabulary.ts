/** The words of a release. Everything that names a platform, a stage or a type names it through these. */

export const platforms = ['ANDROID', 'IOS', 'WEB'] as const;
export type Platform = (typeof platforms)[number];

export const targets = ['PLAY_STORE', 'APP_STORE', 'WEB'] as const;
export type Target = (typeof targets)[number];

/** Targets with a review and a rollout: those that a store config can name. */
export const storeTargets = ['PLAY_STORE', 'APP_STORE'] as const satisfies readonly Target[];
export type StoreTarget = (typeof storeTargets)[number];

/** Where each platform can go. */
export const targetsOf: Record<Platform, readonly Target[]> = { ANDROID: ['PLAY_STORE'], IOS: ['APP_STORE'], WEB: ['WEB'] };

export const releaseTypes = ['MAJOR', 'MINOR', 'HOTFIX'] as const;
export type ReleaseType = (typeof releaseTypes)[number];

/** Parts of the kickoff a hotfix can do without. Its branch it cannot. */
export const skippableTasks = [
  'PRE_KICK_OFF_REMINDER',
  'CREATE_PROJECT_MANAGEMENT_TICKET',
  'CREATE_TEST_SUITE',
  'TRIGGER_PRE_REGRESSION_BUILDS',
] as const;
export type SkippableTask = (typeof skippableTasks)[number];

/** Where a hotfix starts: on the branch of the release it fixes, or on a new one from its tag. */
export const hotfixOrigins = ['branch', 'tag'] as const;
export type HotfixOrigin = (typeof hotfixOrigins)[number];

export const buildModes = ['CI', 'MANUAL'] as const;
export type BuildMode = (typeof buildModes)[number];

export const stageKeys = ['KICKOFF', 'REGRESSION', 'POST_REGRESSION', 'DISTRIBUTION'] as const;
export type StageKey = (typeof stageKeys)[number];

/** The worker queue that serves each stage. */
export const queueOf: Record<StageKey, string> = {
  KICKOFF: 'kickoff',
  REGRESSION: 'regression',
  POST_REGRESSION: 'post-regression',
  DISTRIBUTION: 'distribution',
};

export const workflowTypes = [
  'PRE_REGRESSION_BUILD',
  'REGRESSION_BUILD',
  'TEST_FLIGHT_BUILD',
  'AAB_BUILD',
  'AUTOMATION_BUILD',
  'CUSTOM',
] as const;
export type WorkflowType = (typeof workflowTypes)[number];

export const releaseStatuses = ['PENDING', 'IN_PROGRESS', 'PAUSED', 'SUBMITTED', 'COMPLETED', 'ARCHIVED'] as const;
export type ReleaseStatus = (typeof releaseStatuses)[number];

/** Where a release stands among the others; every release is in exactly one. */
export const releasePhases = ['upcoming', 'ongoing', 'hotfix', 'ended'] as const;
export type ReleasePhase = (typeof releasePhases)[number];

export const cycleStatuses = ['NOT_STARTED', 'IN_PROGRESS', 'DONE', 'ABANDONED'] as const;
export type CycleStatus = (typeof cycleStatuses)[number];

/** What becomes of slots whose time came while they had to wait: each has its cycle, or the newest alone. */
export const slotCatchUps = ['ALL', 'LATEST'] as const;
export type SlotCatchUp = (typeof slotCatchUps)[number];

export const buckets = ['releases', 'builds', 'regression', 'critical'] as const;
export type Bucket = (typeof buckets)[number];

/** `{platform, target}` pairs a release goes out on. */
export interface PlatformTarget {
  platform: Platform;
  target: Target;
}
