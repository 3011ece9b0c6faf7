import type { FrozenConfig, FrozenStore } from '../../domain/release/config.ts';
import type { BuildMode, CycleStatus, Platform, ReleaseStatus, ReleaseType, StageKey, Target } from '../../domain/release/vocabulary.ts';
import type { HoldReason, StageStatus, TaskStatus, WaitReason } from '../../domain/run.ts';
import type { LeftBehind } from '../clean-ups/left-behind.ts';
import type { RolloutView } from '../rollouts/rollout-view.ts';
import type { SubmissionView } from '../submissions/submission-view.ts';
import type { Decision } from './decision.ts';

/** A release as lists show it. Instants are ISO 8601 text, UTC. */
export interface ReleaseSummary {
  id: string;
  displayId: string;
  type: ReleaseType;
  status: ReleaseStatus;
  branch: string;
  releaseTag: string | null;
  kickOffDate: string;
  targetReleaseDate: string;
  releaseDate: string | null;
  createdAt: string;
  /** Releases it waits for, to kick off or to hand its version to a store. */
  blockedBy: ReleaseName[];
  platforms: PlatformView[];
}

export interface ReleaseName {
  id: string;
  displayId: string;
}

/** A target release date that moved later. */
export interface DelayView {
  from: string;
  to: string;
  reason: string;
  at: string;
  by: PersonView;
}

export interface PlatformView {
  platform: Platform;
  target: Target;
  version: string;
  ticket: { key: string; url: string | null } | null;
  testRun: { id: string; url: string | null } | null;
}

/** A platform with how far it has come in its store. */
export interface PlatformDetail extends PlatformView {
  /** Where it goes; null = the release does not bring it to a store. */
  store: Pick<FrozenStore, 'storeConfigId' | 'integrationId' | 'provider' | 'appId' | 'track' | 'uploadBy'> | null;
  /** The latest. */
  submission: Pick<SubmissionView, 'id' | 'ordinal' | 'buildNumber' | 'status' | 'reason' | 'url' | 'submittedAt'> | null;
  rollout: Pick<RolloutView, 'id' | 'status' | 'pauseReason' | 'wanted' | 'step' | 'fraction'> | null;
}

export interface PersonView {
  accountId: string;
  displayName: string;
}

export interface HoldView {
  reason: HoldReason;
  /** A task id, a stage key, …; null where the reason stands for itself. */
  subject: string | null;
  note: string | null;
  since: string;
  by: PersonView | null;
}

export interface StageProgressView {
  key: StageKey;
  status: StageStatus;
  /** Round of the stage; 0 = not opened yet. Counts are of this round. */
  attempt: number;
  openedAt: string | null;
  closedAt: string | null;
  tasks: { total: number; done: number; waiting: number; failed: number };
}

export type SlotStatus = 'PLANNED' | 'USED' | 'SKIPPED';

export interface SlotView {
  id: string;
  date: string;
  status: SlotStatus;
  /** Why it was skipped. */
  reason: string | null;
  automation: boolean;
  cycle: CycleView | null;
}

export interface CycleView {
  id: string;
  number: number;
  status: CycleStatus;
  rcTag: string | null;
  rcCommit: string | null;
  startedAt: string;
  endedAt: string | null;
}

export interface ApprovalView {
  id: string;
  taskId: string;
  decision: Decision;
  comment: string | null;
  /** The candidate it was given for. */
  commit: string | null;
  /** Digest of what it was given for; null for words of before that was kept. */
  subject: string | null;
  /** Who had left their approving to whoever gave it. */
  forAccountIds: string[];
  at: string;
  by: PersonView;
}

export interface GateView {
  taskId: string;
  /** `APPROVE_REGRESSION`, or `APPROVE_DISTRIBUTION` once post-regression has opened in a release that goes to stores. */
  type: 'APPROVE_REGRESSION' | 'APPROVE_DISTRIBUTION';
  status: TaskStatus;
  waitReason: WaitReason | null;
  since: string;
  /** What the gate last found: each requirement with its evidence and the instant it was checked. */
  evidence: Record<string, unknown> | null;
  quorum: number;
  approvals: ApprovalView[];
}

export interface ReleaseDetail extends ReleaseSummary {
  platforms: PlatformDetail[];
  description: string | null;
  baseBranch: string;
  baseReleaseId: string | null;
  forkCommit: string | null;
  buildMode: BuildMode;
  config: { id: string; name: string };
  kickOffReminderDate: string | null;
  /** Of the last delay. */
  delayReason: string | null;
  /** Oldest first. */
  delays: DelayView[];
  /** What it does without; null = nothing. */
  skipped: FrozenConfig['skipped'] | null;
  archivedAt: string | null;
  /** Since when every target's store has the version for review, or further. */
  submittedAt: string | null;
  /** A person wants no more cycles. */
  preReleaseRequestedAt: string | null;
  /** A person wants the next cycle now. */
  regressionRequestedAt: string | null;
  /** Why only a person can move the release on; null = something else will. */
  attention: string | null;
  /** Stores are cleared, then it is archived. */
  isArchiving: boolean;
  /** Of an archived release: what is still outside. */
  leftBehind: LeftBehind | null;
  startedAt: string | null;
  endedAt: string | null;
  updatedAt: string;
  createdBy: PersonView;
  pilot: PersonView | null;
  /** Why it is paused: each reason stands until it is lifted itself. */
  pauseReasons: string[];
  holds: HoldView[];
  stages: StageProgressView[];
  slots: SlotView[];
  /** The gate that was looked at last; null before there is one. */
  gate: GateView | null;
}
