import type { DeploymentStage, EnvironmentTier } from './vocabulary.ts';

/** The task types that a pipeline may use, and whether one stands for each service of the deployment. */
export const pipelineTaskTypes = {
  CHECK_PREFLIGHT: { stages: ['PREFLIGHT'], perService: false },
  APPROVE_DEPLOYMENT: { stages: ['PREFLIGHT', 'TEST', 'MIGRATE', 'DEPLOY'], perService: false },
  TAKE_SNAPSHOT: { stages: ['SNAPSHOT'], perService: false },
  BUILD_ARTIFACT: { stages: ['BUILD'], perService: true },
  RUN_TESTS: { stages: ['TEST', 'VERIFY'], perService: true },
  MIGRATE_SCHEMA: { stages: ['MIGRATE'], perService: true },
  DEPLOY_SERVICE: { stages: ['DEPLOY'], perService: true },
  VERIFY_HEALTH: { stages: ['VERIFY'], perService: false },
  BAKE: { stages: ['TEST', 'DEPLOY', 'VERIFY'], perService: false },
} as const satisfies Record<string, { stages: readonly DeploymentStage[]; perService: boolean }>;

export type PipelineTaskType = keyof typeof pipelineTaskTypes;

export interface PipelineTask {
  /** Unique within its stage: letters, digits, dashes, underscores. */
  key: string;
  type: PipelineTaskType;
  /** Keys of tasks of the same stage. A task per service waits for the same service's, and for every one of a task that stands once. */
  dependsOn: readonly string[];
  onFailure: 'halt' | 'continue' | 'rollback';
  maxAttempts: number;
  timeoutMs: number;
  /** By type: RUN_TESTS `{suite: 'smoke' | 'e2e' | 'full'}`, BAKE `{forMs}`. */
  input: Readonly<Record<string, string | number | boolean>>;
}

/** What one pipeline version says. */
export interface PipelineBody {
  /** Tiers of the environments it may deploy to. */
  tiers: readonly EnvironmentTier[];
  stages: readonly { key: Exclude<DeploymentStage, 'ROLL_BACK'>; tasks: readonly PipelineTask[] }[];
}
