import type { Failure } from '../../domain/failure.ts';
import { remedy, retryDecision } from '../../domain/failure.ts';
import type { MessageContent } from '../../domain/message.ts';
import type {
  BuildLink,
  NotificationData,
  NotificationType,
  PlatformLink,
  ReleaseSummary,
} from '../../domain/release/notification-data.ts';
import { renderNotification } from '../../domain/release/notifications.ts';
import { type ReleaseTaskType, releaseTaskTypes } from '../../domain/release/task-types.ts';
import type { Bucket, Platform } from '../../domain/release/vocabulary.ts';
import type { ReleaseContext } from '../execution/release-source.ts';

/** A delivery as it lies in its row. */
export interface StoredNotification {
  type: string;
  data: Record<string, unknown>;
}

/**
 * Fills in what a notification says from its row and its release, and renders it. Rows written by the engine hold the task's output or
 * failure; those written by commands hold the notification's own data.
 * @returns null for a type nobody renders (any more)
 */
export function composeNotification(
  stored: StoredNotification,
  release: ReleaseContext,
): { bucket: Bucket; content: MessageContent } | null {
  const composed = compose(stored, release);
  return composed === null ? null : composed(summaryOf(release));
}

type Render = (release: ReleaseSummary) => { bucket: Bucket; content: MessageContent };

const say =
  <T extends NotificationType>(type: T, data: NotificationData[T]): Render =>
  (release) =>
    renderNotification(type, { release, ...data });

function compose({ type, data }: StoredNotification, release: ReleaseContext): Render | null {
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
    case 'REGRESSION_STAGE_APPROVAL_REQUEST':
      return say(type, approvalRequest(release));
    case 'PREREGRESSION_BUILDS_FAILED':
      return say(type, { failures: failures(data, release) });
    case 'REGRESSION_BUILDS_FAILED':
      return say(type, { cycle: release.cycles.at(-1)?.number ?? 0, failures: failures(data, release) });
    case 'TASK_FAILED':
      return say(type, taskFailed(data));
    case 'RELEASE_COMPLETED':
      return say(type, { completedAt: new Date().toISOString(), tag: release.releaseTag });
    case 'RELEASE_PAUSED':
    case 'RELEASE_RESUMED':
    case 'GATE_OVERRIDDEN':
    case 'RELEASE_ARCHIVED':
    case 'TARGET_DATE_CHANGED':
    case 'NEW_SLOT_ADDED':
      // Written by commands, whose types hold their data to the notification's.
      return say(type, data as unknown as NotificationData[typeof type]);
    default:
      return null;
  }
}

export function summaryOf(release: ReleaseContext): ReleaseSummary {
  const versions = release.platforms.map(({ platform, target, version }) => ({ platform, target, version }));
  return { displayId: release.displayId, versions, url: null };
}

function approvalRequest(release: ReleaseContext): NotificationData['REGRESSION_STAGE_APPROVAL_REQUEST'] {
  const cycle = release.cycles.at(-1);
  return { cycle: cycle?.number ?? 0, rcTag: cycle?.rcTag ?? '', commit: cycle?.rcCommit ?? '', quorum: release.config.gates.quorum };
}

function taskFailed(data: Record<string, unknown>): NotificationData['TASK_FAILED'] {
  const type = text(data.taskType);
  const failure = data.failure as Failure;
  const title = Object.hasOwn(releaseTaskTypes, type) ? releaseTaskTypes[type as ReleaseTaskType].title : type;
  const waits = retryDecision(failure).when === 'restored';
  return { task: { id: text(data.taskId), type, title }, message: failure.message, remedy: remedy(failure), waits };
}

function failures(data: Record<string, unknown>, release: ReleaseContext) {
  const platform = release.platforms[0]?.platform ?? 'WEB';
  return [{ platform, message: (data.failure as Failure).message, url: null }];
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
