import type { Failure } from '../../../domain/failure.ts';
import { remedy, retryDecision } from '../../../domain/failure.ts';
import type { MessageAction } from '../../../domain/message.ts';
import { retryActions } from '../../../domain/notifications/message-actions.ts';
import type {
  BuildFailure,
  BuildLink,
  NotificationData,
  NotificationType,
  PlatformLink,
  ReleaseSummary,
  StoreBuilds,
  StoreEvent,
} from '../../../domain/release/notification-data.ts';
import { type Notification, renderNotification } from '../../../domain/release/notifications.ts';
import { type ReleaseTaskType, releaseTaskTypes } from '../../../domain/release/task-types.ts';
import type { Platform, Target } from '../../../domain/release/vocabulary.ts';
import type { ReleaseContext } from '../../execution/release-source.ts';

/** A delivery as it lies in its row. */
export interface StoredNotification {
  type: string;
  data: Record<string, unknown>;
  /** When what it tells of happened: it was written in the same transaction. */
  createdAt: Date;
}

/**
 * Fills in what a notification says from its row and its release, and renders it. Rows written by the engine hold the task's output or
 * failure; those written by commands, and by tasks for which telling is their work, hold the notification's own data.
 * @returns null for a type nobody renders (any more)
 */
export function composeNotification(stored: StoredNotification, release: ReleaseContext): Notification | null {
  const composed = compose(stored, release);
  return composed === null ? null : composed(summaryOf(release));
}

type Render = (release: ReleaseSummary) => Notification;

const say =
  <T extends NotificationType>(type: T, data: NotificationData[T]): Render =>
  (release) =>
    renderNotification(type, { release, ...data });

/** @param actions none = the message has no buttons */
const withActions =
  (render: Render, actions: MessageAction[]): Render =>
  (release) => {
    const notification = render(release);
    return actions.length === 0 ? notification : { ...notification, content: { ...notification.content, actions } };
  };

function compose({ type, data, createdAt }: StoredNotification, release: ReleaseContext): Render | null {
  const output = (data.output ?? {}) as Record<string, unknown>;
  switch (type) {
    case 'BRANCH_FORKOUT':
      return say(type, { branch: release.branch, baseBranch: release.baseBranch, commit: text(output.commit), url: null });
    case 'PROJECT_MANAGEMENT_LINKS':
      return say(type, { tickets: links(output.tickets, 'key') });
    case 'TEST_MANAGEMENT_LINKS':
      return say(type, { testRuns: links(output.testRuns, 'runId') });
    case 'PREREGRESSION_BUILDS':
      return say(type, { builds: buildLinks(output.builds, release) });
    case 'FINAL_RELEASE_NOTES':
      return say(type, { tag: release.releaseTag ?? '', text: text(output.text), url: textOrNull(output.url) });
    case 'TEST_RESULTS_SUMMARY':
      return say(type, {
        cycle: Number(data.cycle),
        thresholdPercent: release.config.automationPassThresholdPercent,
        results: testResults(output.results),
      });
    case 'PREREGRESSION_BUILDS_FAILED':
      return say(type, { failures: failures(data, release) });
    case 'REGRESSION_BUILDS_FAILED':
      return say(type, { cycle: release.cycles.at(-1)?.number ?? 0, failures: failures(data, release) });
    case 'TASK_FAILED':
      return withActions(say(type, taskFailed(data)), retryActions({ releaseId: release.id, taskId: text(data.taskId) }));
    case 'RELEASE_COMPLETED':
      return say(type, { completedAt: createdAt.toISOString(), tag: release.releaseTag });
    case 'IOS_TEST_FLIGHT_BUILD':
    case 'ANDROID_AAB_BUILD':
      return say(type, storeBuilds(output, release));
    case 'RELEASE_NOTES':
      return say(type, { cycle: Number(data.cycle), rcTag: text(output.head), text: text(output.text) });
    case 'STORE_SUBMITTED':
    case 'STORE_APPROVED':
    case 'STORE_REJECTED':
    case 'ROLLOUT_STARTED':
    case 'ROLLOUT_STEPPED':
    case 'ROLLOUT_HALTED':
    case 'ROLLOUT_UNPROVEN':
    case 'ROLLOUT_RESUMED':
    case 'ROLLOUT_COMPLETED':
      return say(type, storeEvent(data, release));
    case 'REGRESSION_KICKOFF_REMINDER':
    case 'MANUAL_BUILD_UPLOAD_REMINDER':
    case 'BLOCKER_ADDED':
    case 'BLOCKERS_RESOLVED':
    case 'RELEASE_PAUSED':
    case 'RELEASE_RESUMED':
    case 'GATE_OVERRIDDEN':
    case 'RELEASE_ARCHIVED':
    case 'TARGET_DATE_CHANGED':
    case 'NEW_SLOT_ADDED':
    case 'CYCLE_ABANDONED':
    case 'PRE_KICKOFF_REMINDER':
    case 'REGRESSION_BUILDS':
    case 'PRE_RELEASE_CHERRY_PICKS_REMINDER':
    case 'POST_REGRESSION_SUMMARY':
      // Written by commands and by tasks that tell people themselves, whose types hold their data to the notification's.
      return say(type, data as unknown as NotificationData[typeof type]);
    case 'APPROVAL_REMINDER':
    case 'APPROVAL_ESCALATION':
      return inBucketOfGate(data, say(type, data as unknown as NotificationData[typeof type]));
    default:
      return null;
  }
}

/** Where people were asked, unless it became critical. */
const inBucketOfGate =
  (data: Record<string, unknown>, render: Render): Render =>
  (release) => ({
    ...render(release),
    ...(data.critical === true ? {} : { bucket: data.gate === 'distribution' ? 'releases' : 'regression' }),
  });

export function summaryOf(release: ReleaseContext): ReleaseSummary {
  const versions = release.platforms.map(({ platform, target, version }) => ({ platform, target, version }));
  return { displayId: release.displayId, versions, url: null };
}

function storeBuilds(output: Record<string, unknown>, release: ReleaseContext): StoreBuilds {
  const inStore = (output.storeBuild ?? {}) as Record<string, unknown>;
  return { builds: buildLinks(output.builds, release), buildNumber: textOrNull(inStore.buildNumber) };
}

/** Whatever else the row holds is not for people. */
function storeEvent(data: Record<string, unknown>, release: ReleaseContext): StoreEvent {
  const found = release.platforms.find(({ target }) => target === data.target);
  return {
    platform: (data.platform as Platform | undefined) ?? found?.platform ?? 'WEB',
    target: data.target as Target,
    version: textOrNull(data.version) ?? found?.version ?? '',
    buildNumber: textOrNull(data.buildNumber),
    fraction: typeof data.fraction === 'number' ? data.fraction : null,
    reason: textOrNull(data.reason),
    by: textOrNull(data.by),
    outside: data.outside === true,
    url: textOrNull(data.url),
  };
}

function taskFailed(data: Record<string, unknown>): NotificationData['TASK_FAILED'] {
  const type = text(data.taskType);
  const failure = data.failure as Failure;
  const title = Object.hasOwn(releaseTaskTypes, type) ? releaseTaskTypes[type as ReleaseTaskType].title : type;
  const waits = retryDecision(failure).when === 'restored';
  return { task: { id: text(data.taskId), type, title }, message: failure.message, remedy: remedy(failure), waits };
}

/** Of each build that failed; where it is not known which, of all together. */
function failures(data: Record<string, unknown>, release: ReleaseContext): BuildFailure[] {
  const failed = records(data.builds).filter(({ status }) => status === 'FAILED' || status === 'CANCELLED');
  if (failed.length === 0) {
    const platform = release.platforms[0]?.platform ?? 'WEB';
    return [{ platform, message: (data.failure as Failure).message, url: null }];
  }
  return failed.map(({ platform, status, providerState, url }) => ({
    platform: platform as Platform,
    message: `${text(status).toLowerCase()} (${textOrNull(providerState) ?? 'no reason given'})`,
    url: textOrNull(url),
  }));
}

export function buildLinks(value: unknown, release: ReleaseContext): BuildLink[] {
  return records(value).map((build) => ({
    platform: build.platform as Platform,
    version: release.platforms.find((target) => target.platform === build.platform)?.version ?? '',
    url: textOrNull(build.url),
    artifactUrl: textOrNull(build.artifactUrl),
  }));
}

function links(value: unknown, label: string): PlatformLink[] {
  return records(value).map((link) => ({ platform: link.platform as Platform, label: text(link[label]), url: textOrNull(link.url) }));
}

function testResults(value: unknown): NotificationData['TEST_RESULTS_SUMMARY']['results'] {
  return records(value).map((result) => {
    const passed = result.status === 'SUCCEEDED' ? 1 : 0;
    return { platform: result.platform as Platform, counts: { passed, failed: 1 - passed, total: 1 }, url: textOrNull(result.url) };
  });
}

const records = (value: unknown) => (Array.isArray(value) ? (value as Record<string, unknown>[]) : []);
const text = (value: unknown) => (typeof value === 'string' ? value : '');
const textOrNull = (value: unknown) => (typeof value === 'string' ? value : null);
