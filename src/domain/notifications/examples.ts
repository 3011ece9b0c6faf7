import type { DeploymentMessageInput, DeploymentMessageType, DeploymentSummary } from '../deployment/messages.ts';
import type {
  BuildFailure,
  BuildLink,
  NotificationInput,
  NotificationType,
  PlatformLink,
  StoreEvent,
} from '../release/notification-data.ts';

/*
 * A notification of each type with everything in it that it can have. They are what templates are checked against and shown with, so every
 * field is there and none is null.
 */

const release = {
  displayId: 'REL-7',
  versions: [
    { platform: 'ANDROID' as const, target: 'PLAY_STORE' as const, version: '1.4.0' },
    { platform: 'IOS' as const, target: 'APP_STORE' as const, version: '1.4.0' },
  ],
  url: 'https://signalbox.example/releases/7',
};
const builds: BuildLink[] = [
  { platform: 'ANDROID', version: '1.4.0', url: 'https://ci.example/runs/41', artifactUrl: 'https://ci.example/runs/41/app.apk' },
  { platform: 'IOS', version: '1.4.0', url: 'https://ci.example/runs/42', artifactUrl: 'https://ci.example/runs/42/app.ipa' },
];
const failures: BuildFailure[] = [{ platform: 'IOS', message: 'The run failed: 2 tests do not pass.', url: 'https://ci.example/runs/42' }];
const tickets: PlatformLink[] = [
  { platform: 'ANDROID', label: 'APP-101', url: 'https://tracker.example/APP-101' },
  { platform: 'IOS', label: 'APP-102', url: 'https://tracker.example/APP-102' },
];
const testRuns: PlatformLink[] = [{ platform: 'IOS', label: 'Regression 1.4.0', url: 'https://tests.example/runs/9' }];
const [cycle, rcTag, tag, commit] = [2, 'v1.4.0-rc.2', 'v1.4.0', '9fceb02d0ae598e95dc970b74767f19372d61af8'];
const [date, later] = ['2026-11-21T09:00:00.000Z', '2026-11-24T16:00:00.000Z'];
const [by, reason] = ['Ada Lovelace', 'A translation is missing.'];
const text = '## Fixes\n- Sign in works again after an update (APP-88)';
const approval = { commit, quorum: 2, groups: [{ name: 'QA', quorum: 1 }] };
const waiting = { missing: '1 of 2 approvals, QA 0 of 1', since: date };
const store: Required<StoreEvent> = {
  ...{ platform: 'ANDROID', target: 'PLAY_STORE', version: '1.4.0', buildNumber: '140', fraction: 0.05 },
  ...{ reason: 'Crashes when offline.', by, outside: false, url: 'https://store.example/apps/1' },
};

const deployment: DeploymentSummary = {
  ...{ displayId: 'DEP-7', kind: 'DEPLOY', status: 'DEPLOYING', app: 'Shop', environment: 'production', requestedBy: by },
  reason: 'Prices of the new season',
  services: [
    { name: 'api', status: 'CHANGING', from: '1.3.2', to: '1.4.0', weight: 25 },
    { name: 'web', status: 'PENDING', from: '1.3.0', to: '1.4.0', weight: 0 },
  ],
};
const failure = 'The health check of api did not pass: 503 instead of 200.';
const waitsFor = '"Deploy api" waits for a window that allows it.';

export const examples: { readonly [T in NotificationType]: NotificationInput<T> } & {
  readonly [T in DeploymentMessageType]: DeploymentMessageInput<T>;
} = {
  RELEASE_STATUS: {
    release,
    status: 'IN_PROGRESS',
    stage: 'REGRESSION',
    waitsFor: '"Approve the candidate" waits for approval (1 of 2 given).',
    kickOffDate: date,
    targetReleaseDate: later,
    endedAt: later,
    progress: [
      { stage: 'KICKOFF', status: 'COMPLETED', done: 3, total: 3 },
      { stage: 'REGRESSION', status: 'IN_PROGRESS', done: 5, total: 6 },
    ],
    stores: [{ target: 'PLAY_STORE', status: 'PROGRESSING', fraction: 0.05, url: 'https://store.example/apps/1' }],
    links: [{ label: 'Branch', value: 'release/1.4.0', url: 'https://tracker.example/APP-101' }],
  },
  PRE_KICKOFF_REMINDER: { release, kickOffDate: date, baseBranch: 'main' },
  BRANCH_FORKOUT: { release, branch: 'release/1.4.0', baseBranch: 'main', commit, url: 'https://scm.example/tree/release/1.4.0' },
  PROJECT_MANAGEMENT_LINKS: { release, tickets },
  TEST_MANAGEMENT_LINKS: { release, testRuns },
  PREREGRESSION_BUILDS: { release, builds },
  REGRESSION_BUILDS: { release, cycle, rcTag, builds, testRuns, notes: text },
  PREREGRESSION_BUILDS_FAILED: { release, failures },
  REGRESSION_BUILDS_FAILED: { release, cycle, failures },
  TEST_RESULTS_SUMMARY: {
    release,
    cycle,
    thresholdPercent: 95,
    results: [{ platform: 'IOS', counts: { passed: 118, failed: 2, total: 120 }, url: 'https://tests.example/runs/9' }],
  },
  FINAL_RELEASE_NOTES: { release, tag, text, url: 'https://scm.example/releases/v1.4.0' },
  REGRESSION_STAGE_APPROVAL_REQUEST: { release, cycle, rcTag, ...approval },
  PRE_RELEASE_CHERRY_PICKS_REMINDER: {
    release,
    rcTag,
    commits: [{ sha: commit, subject: 'fix: keep the session (APP-90)', url: 'https://scm.example/commit/9fceb02' }],
  },
  POST_REGRESSION_SUMMARY: { release, tag, builds, notesUrl: 'https://scm.example/releases/v1.4.0' },
  TASK_FAILED: {
    release,
    task: { id: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z', type: 'FORK_BRANCH', title: 'Fork the release branch' },
    message: 'The connection may not create branches.',
    remedy: 'Grant the connection the missing permission, then retry the task.',
    waits: false,
  },
  RELEASE_PAUSED: { release, reasons: ['USER_REQUESTED'], by, note: reason },
  RELEASE_RESUMED: { release, by, note: 'It is there now.' },
  GATE_OVERRIDDEN: { release, how: 'skipped', by, reason, unmet: ['0 of 1 approval'] },
  RELEASE_COMPLETED: { release, completedAt: later, tag },
  RELEASE_ARCHIVED: { release, by, reason },
  TARGET_DATE_CHANGED: { release, before: date, after: later, reason, by },
  NEW_SLOT_ADDED: { release, date, by },
  CYCLE_ABANDONED: { release, cycle, rcTag, by, reason },
  REGRESSION_KICKOFF_REMINDER: { release, date, cycle },
  MANUAL_BUILD_UPLOAD_REMINDER: { release, platforms: ['ANDROID', 'IOS'], deadline: later },
  RELEASE_NOTES: { release, cycle, rcTag, text },
  BLOCKER_ADDED: { release, title: 'APP-90 Sign in fails', url: 'https://tracker.example/APP-90', open: 1, by },
  BLOCKERS_RESOLVED: { release, resolved: 2 },
  FILE_SHARED: {
    release,
    name: 'app-1.4.0.apk',
    size: '41.3 MB',
    note: reason,
    by,
    url: 'https://signalbox.example/artifacts/x',
    until: later,
  },
  IOS_TEST_FLIGHT_BUILD: { release, builds, buildNumber: '140' },
  ANDROID_AAB_BUILD: { release, builds, buildNumber: '140' },
  PRE_RELEASE_STAGE_APPROVAL_REQUEST: { release, tag, ...approval },
  APPROVAL_REMINDER: { release, gate: 'pre-release', name: rcTag, ...waiting, number: 2 },
  APPROVAL_ESCALATION: { release, gate: 'distribution', name: tag, ...waiting, critical: true, people: [by] },
  STORE_SUBMITTED: { release, ...store },
  STORE_APPROVED: { release, ...store },
  STORE_REJECTED: { release, ...store },
  ROLLOUT_STARTED: { release, ...store },
  ROLLOUT_STEPPED: { release, ...store },
  ROLLOUT_HALTED: { release, ...store },
  ROLLOUT_UNPROVEN: { release, ...store },
  ROLLOUT_RESUMED: { release, ...store },
  ROLLOUT_COMPLETED: { release, ...store },
  DEPLOYMENT_STATUS: { deployment, failure, waitsFor },
  DEPLOYMENT_APPROVAL_REQUEST: { deployment: { ...deployment, status: 'AWAITING_APPROVAL' }, quorum: 2, groups: approval.groups },
  DEPLOYMENT_PROMOTION_REQUEST: { deployment, service: 'api', version: '1.4.0', step: 2, steps: 4, weight: 25, promotes: false },
  DEPLOYMENT_EVIDENCE_REQUEST: {
    ...{ deployment, service: 'api', version: '1.4.0', step: 2, steps: 4, weight: 25, takenBackAt: later },
    lacking: 'There is no evidence: the provider has no series.',
  },
  DEPLOYMENT_APPROVAL_REMINDER: { deployment: { ...deployment, status: 'AWAITING_APPROVAL' }, ...waiting, number: 2 },
  DEPLOYMENT_APPROVAL_ESCALATION: { deployment: { ...deployment, status: 'AWAITING_APPROVAL' }, ...waiting, critical: true, people: [by] },
  DEPLOYMENT_FAILED: { deployment: { ...deployment, status: 'FAILED' }, failure },
  DEPLOYMENT_ROLLED_BACK: { deployment: { ...deployment, status: 'ROLLED_BACK' }, failure },
  ROLLBACK_FAILED: { deployment: { ...deployment, status: 'ROLLBACK_FAILED' }, failure },
  CANCELLATION_OVERDUE: { deployment: { ...deployment, status: 'ROLLING_BACK' }, waitsFor },
};
