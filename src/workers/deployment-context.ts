import type { Intent } from '../engine/intent.ts';
import type { ClaimedTask, Outcome } from '../engine/vocabulary.ts';
import type { LockHeld } from '../platform/lock.ts';
import type { AnalysisService } from '../services/execution/deployments/analysis-service.ts';
import type { BuiltArtifactService } from '../services/execution/deployments/built-artifact-service.ts';
import type { ConfigurationService } from '../services/execution/deployments/configuration-service.ts';
import type { DeploymentRecords } from '../services/execution/deployments/deployment-records.ts';
import type { DeploymentContext, DeploymentSource } from '../services/execution/deployments/deployment-source.ts';
import type { DriverService } from '../services/execution/deployments/driver-service.ts';
import type { HealthService } from '../services/execution/deployments/health-service.ts';
import type { MigrationService } from '../services/execution/deployments/migration-service.ts';
import type { PreflightService } from '../services/execution/deployments/preflight-service.ts';
import type { RecipeService } from '../services/execution/deployments/recipe-service.ts';
import type { ServiceRolloutService } from '../services/execution/deployments/service-rollout-service.ts';
import type { StoreBuildService } from '../services/execution/stores/store-build-service.ts';
import type { StoreEvidenceService } from '../services/execution/stores/store-evidence-service.ts';
import type { StoreService } from '../services/execution/stores/store-service.ts';
import type { SubmissionService } from '../services/execution/stores/submission-service.ts';
import type { TrackRolloutService } from '../services/execution/stores/track-rollout-service.ts';
import type { TurnService } from '../services/execution/stores/turn-service.ts';
import type { WindowService } from '../services/execution/window-service.ts';

/** What handlers of deployments work with. */
export interface DeploymentServices {
  deployments: DeploymentSource;
  records: DeploymentRecords;
  preflight: PreflightService;
  drivers: DriverService;
  configurations: ConfigurationService;
  health: HealthService;
  analyses: AnalysisService;
  recipes: RecipeService;
  built: BuiltArtifactService;
  /** Largest that a build may leave, bytes. */
  artifactMaxBytes: number;
  migrations: MigrationService;
  rollouts: ServiceRolloutService;
  stores: StoreService;
  evidence: StoreEvidenceService;
  storeBuilds: StoreBuildService;
  submissions: SubmissionService;
  trackRollouts: TrackRolloutService;
  turns: TurnService;
  windows: WindowService;
}

export interface DeploymentTaskContext {
  task: ClaimedTask;
  deployment: DeploymentContext;
  services: DeploymentServices;
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

export interface DeploymentTaskHandler {
  /** Redis locks to hold while it runs, e.g. one per service whose driver it talks to. */
  locks?(deployment: DeploymentContext, task: ClaimedTask): readonly string[];
  /** Does one step and says where the task stands. Throws provider trouble; the executor turns it into a failure. */
  run(context: DeploymentTaskContext): Promise<Outcome>;
}
