import type { Intent } from '../engine/intent.ts';
import type { ClaimedTask, Outcome } from '../engine/vocabulary.ts';
import type { LockHeld } from '../platform/lock.ts';
import type { TaskMessages } from '../services/deliveries/task-messages.ts';
import type { BuildService } from '../services/execution/builds/build-service.ts';
import type { SupersededBuildService } from '../services/execution/builds/superseded-build-service.ts';
import type { UploadService } from '../services/execution/builds/upload-service.ts';
import type { CiCdService } from '../services/execution/ci-cd-service.ts';
import type { DoneServices } from '../services/execution/done-services.ts';
import type { NotificationService } from '../services/execution/notification-service.ts';
import type { ReleaseRecords } from '../services/execution/release-records.ts';
import type { ReleaseContext, ReleaseSource } from '../services/execution/release-source.ts';
import type { SourceControlService } from '../services/execution/source-control-service.ts';
import type { RolloutService } from '../services/execution/stores/rollout-service.ts';
import type { StoreBuildService } from '../services/execution/stores/store-build-service.ts';
import type { StoreEvidenceService } from '../services/execution/stores/store-evidence-service.ts';
import type { StoreService } from '../services/execution/stores/store-service.ts';
import type { SubmissionService } from '../services/execution/stores/submission-service.ts';
import type { TurnService } from '../services/execution/stores/turn-service.ts';
import type { TestRunService } from '../services/execution/test-run-service.ts';
import type { TicketService } from '../services/execution/ticket-service.ts';
import type { WindowService } from '../services/execution/window-service.ts';
import type { DoneFinding } from '../services/releases/tasks/verify-done.ts';

/** What handlers work with. Services take tenant and config ids and never learn what a release config is. */
export interface TaskServices {
  scm: SourceControlService;
  cicd: CiCdService;
  builds: BuildService;
  supersededBuilds: SupersededBuildService;
  uploads: UploadService;
  tickets: TicketService;
  testRuns: TestRunService;
  notifications: NotificationService;
  messages: TaskMessages;
  releases: ReleaseSource;
  records: ReleaseRecords;
  stores: StoreService;
  evidence: StoreEvidenceService;
  storeBuilds: StoreBuildService;
  submissions: SubmissionService;
  rollouts: RolloutService;
  turns: TurnService;
  windows: WindowService;
}

export interface TaskContext {
  task: ClaimedTask;
  release: ReleaseContext;
  services: TaskServices;
  signal: AbortSignal;
  /** How long to wait before looking again at something outside, milliseconds. */
  pollMs: number;
  /** Stores what is about to be written before it is (see `recordIntent`). */
  intent(effect: string, value?: string): Promise<Intent>;
  /** For an effect that was written before, to no avail as it seems: it is written anew now, and may be late like the first. */
  renewIntent(effect: string): Promise<void>;
  /** Locks the handler asked for; dangerous operations demand the proof. */
  held: LockHeld | null;
}

export interface DoneContext {
  task: Pick<ClaimedTask, 'id' | 'type' | 'input'>;
  release: ReleaseContext;
  services: DoneServices;
  /** What the person who calls it done says that came of it. */
  said: Record<string, unknown>;
}

export interface TaskHandler {
  /** Redis locks to hold while it runs, e.g. one per repository whose tags it writes. */
  locks?(release: ReleaseContext, task: ClaimedTask): readonly string[];
  /** Does one step and says where the task stands. Throws provider trouble; the executor turns it into a failure. */
  run(context: TaskContext): Promise<Outcome>;
  /** Whether a person has done its work elsewhere; absent where no provider can tell. Looks only. */
  verifyDone?(context: DoneContext): Promise<DoneFinding>;
}
