import type { Platform, Target } from './vocabulary.ts';

/*
 * What each notification says. The data lie in a row as JSON until they are sent, so instants are ISO 8601 strings (UTC) and nothing here
 * has methods. Every notification carries the release it is about.
 */

export interface ReleaseSummary {
  /** `REL-7`. */
  displayId: string;
  versions: { platform: Platform; target: Target; version: string }[];
  /** Page of the release; null = there is none. */
  url: string | null;
}

export interface BuildLink {
  platform: Platform;
  version: string;
  /** Page of the CI run. */
  url: string | null;
  artifactUrl: string | null;
}

export interface BuildFailure {
  platform: Platform;
  /** Safe to show to any member. */
  message: string;
  url: string | null;
}

export interface PlatformLink {
  platform: Platform;
  /** Ticket key or test run name. */
  label: string;
  url: string | null;
}

export interface TestResult {
  platform: Platform;
  /** null = could not be read. */
  counts: { passed: number; failed: number; total: number } | null;
  url: string | null;
}

export interface NotificationData {
  PRE_KICKOFF_REMINDER: { kickOffDate: string; baseBranch: string };
  BRANCH_FORKOUT: { branch: string; baseBranch: string; commit: string; url: string | null };
  PROJECT_MANAGEMENT_LINKS: { tickets: PlatformLink[] };
  TEST_MANAGEMENT_LINKS: { testRuns: PlatformLink[] };
  PREREGRESSION_BUILDS: { builds: BuildLink[] };
  REGRESSION_BUILDS: { cycle: number; rcTag: string; builds: BuildLink[]; testRuns: PlatformLink[]; notes: string | null };
  PREREGRESSION_BUILDS_FAILED: { failures: BuildFailure[] };
  REGRESSION_BUILDS_FAILED: { cycle: number; failures: BuildFailure[] };
  TEST_RESULTS_SUMMARY: { cycle: number; thresholdPercent: number; results: TestResult[] };
  FINAL_RELEASE_NOTES: { tag: string; text: string; url: string | null };
  REGRESSION_STAGE_APPROVAL_REQUEST: { cycle: number; rcTag: string; commit: string; quorum: number };
  PRE_RELEASE_CHERRY_PICKS_REMINDER: { rcTag: string; commits: { sha: string; subject: string; url: string | null }[] };
  POST_REGRESSION_SUMMARY: { tag: string; builds: BuildLink[]; notesUrl: string | null };
  /** `waits`: for a connection to be mended; it goes on by itself then, and nothing else of the release stops. */
  TASK_FAILED: { task: { id: string; type: string; title: string }; message: string; remedy: string; waits?: boolean };
  RELEASE_PAUSED: { reasons: string[]; by: string | null; note: string | null };
  RELEASE_RESUMED: { by: string | null; note: string | null };
  /** The gate was not passed: somebody who may set it aside did. */
  GATE_OVERRIDDEN: { how: 'skipped' | 'completed'; by: string | null; reason: string };
  RELEASE_COMPLETED: { completedAt: string; tag: string | null };
  RELEASE_ARCHIVED: { by: string | null; reason: string | null };
  TARGET_DATE_CHANGED: { before: string; after: string; reason: string | null; by: string | null };
  NEW_SLOT_ADDED: { date: string; by: string | null };
}

export type NotificationType = keyof NotificationData;

/** What `renderNotification` takes for a type: its own data and the release. */
export type NotificationInput<T extends NotificationType> = { release: ReleaseSummary } & NotificationData[T];
