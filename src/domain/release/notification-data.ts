import type { ReleaseGate } from './gate-rules.ts';
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

/** What happened to one target in its store. What is absent is not known, or there is none. */
export interface StoreEvent {
  platform: Platform;
  target: Target;
  version: string;
  buildNumber?: string | null;
  /** Share of the users, 0 to 1. */
  fraction?: number | null;
  /** Why, in the words of the store or of the person. */
  reason?: string | null;
  /** Who did it in Signalbox. */
  by?: string | null;
  /** It was done in the store's console. */
  outside?: boolean;
  /** Its page in the store's console. */
  url?: string | null;
}

export interface StoreBuilds {
  builds: BuildLink[];
  /** What the store tells the build apart by; null = no store has it. */
  buildNumber: string | null;
}

/** How a release stands. */
export interface StatusData {
  status: string;
  /** The stage under way, or the latest; null = none has begun. */
  stage: string | null;
  /** One sentence; null = the release has ended. */
  waitsFor: string | null;
  kickOffDate: string;
  targetReleaseDate: string;
  endedAt: string | null;
  /** Stages that have begun. */
  progress: { stage: string; status: string; done: number; total: number }[];
  /** Targets that are on their way into their store. */
  stores: { target: Target; status: string; fraction: number | null; url: string | null }[];
  /** Branch, candidate, tag, tickets, test runs, who drives it. */
  links: { label: string; value: string; url: string | null }[];
}

/** How many people a gate asks for; `groups` are among them. */
export interface AskedApprovals {
  quorum: number;
  groups?: { name: string; quorum: number }[];
}

/** A gate that people have not answered. */
export interface WaitingGate {
  gate: ReleaseGate;
  /** What the candidate, or the release, is called. */
  name: string;
  /** How many approvals there are, of whom how many are needed. */
  missing: string;
  /** Since when people are asked. */
  since: string;
}

export interface NotificationData {
  RELEASE_STATUS: StatusData;
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
  /** `decided`: what became of it; absent while people are asked. */
  REGRESSION_STAGE_APPROVAL_REQUEST: { cycle: number; rcTag: string; commit: string; decided?: string } & AskedApprovals;
  PRE_RELEASE_CHERRY_PICKS_REMINDER: { rcTag: string; commits: { sha: string; subject: string; url: string | null }[] };
  POST_REGRESSION_SUMMARY: { tag: string; builds: BuildLink[]; notesUrl: string | null };
  /** `waits`: for a connection to be mended; it goes on by itself then, and nothing else of the release stops. */
  TASK_FAILED: { task: { id: string; type: string; title: string }; message: string; remedy: string; waits?: boolean };
  RELEASE_PAUSED: { reasons: string[]; by: string | null; note: string | null };
  RELEASE_RESUMED: { by: string | null; note: string | null };
  /** The gate was not passed: somebody who may set it aside did. `unmet`: what did not hold, in words. */
  GATE_OVERRIDDEN: { how: 'skipped' | 'completed'; by: string | null; reason: string; unmet?: string[] };
  RELEASE_COMPLETED: { completedAt: string; tag: string | null };
  RELEASE_ARCHIVED: { by: string | null; reason: string | null };
  TARGET_DATE_CHANGED: { before: string; after: string; reason: string | null; by: string | null };
  NEW_SLOT_ADDED: { date: string; by: string | null };
  CYCLE_ABANDONED: { cycle: number; rcTag: string | null; by: string | null; reason: string };
  REGRESSION_KICKOFF_REMINDER: { date: string; cycle: number };
  MANUAL_BUILD_UPLOAD_REMINDER: { platforms: Platform[]; deadline: string | null };
  /** Of one candidate. */
  RELEASE_NOTES: { cycle: number; rcTag: string; text: string };
  BLOCKER_ADDED: { title: string; url: string | null; open: number; by: string | null };
  /** The last one that was open is open no more. */
  BLOCKERS_RESOLVED: { resolved: number };
  /** A file that somebody shared. `size`: in words; `url` opens it until `until`, both null where the file itself is in the channel. */
  FILE_SHARED: { name: string; size: string; note: string | null; by: string | null; url: string | null; until: string | null };
  IOS_TEST_FLIGHT_BUILD: StoreBuilds;
  ANDROID_AAB_BUILD: StoreBuilds;
  /** The gate before the stores. */
  PRE_RELEASE_STAGE_APPROVAL_REQUEST: { tag: string; commit: string; decided?: string } & AskedApprovals;
  /** A gate has waited for people for some time. `number`: the how-manieth reminder. */
  APPROVAL_REMINDER: WaitingGate & { number: number };
  /** It has waited for too long. `people`: who is called upon. */
  APPROVAL_ESCALATION: WaitingGate & { critical: boolean; people: string[] };
  STORE_SUBMITTED: StoreEvent;
  STORE_APPROVED: StoreEvent;
  STORE_REJECTED: StoreEvent;
  ROLLOUT_STARTED: StoreEvent;
  ROLLOUT_STEPPED: StoreEvent;
  ROLLOUT_HALTED: StoreEvent;
  /** It stands still: its analysis has no evidence. */
  ROLLOUT_UNPROVEN: StoreEvent;
  ROLLOUT_RESUMED: StoreEvent;
  ROLLOUT_COMPLETED: StoreEvent;
}

export type NotificationType = keyof NotificationData;

/** What `renderNotification` takes for a type: its own data and the release. */
export type NotificationInput<T extends NotificationType> = { release: ReleaseSummary } & NotificationData[T];
