import type { HoldReason, RunStatus, StageStatus, WaitReason } from '../run.ts';
import type { DeploymentOutcome, DeploymentStage, DeploymentStatus } from './vocabulary.ts';

export interface StatusFacts {
  outcome: DeploymentOutcome | null;
  runStatus: RunStatus;
  stages: readonly { key: string; status: StageStatus }[];
  holds: readonly HoldReason[];
  /** What open tasks wait for. */
  waits: readonly WaitReason[];
  cancelRequested: boolean;
}

const statusOf: Record<DeploymentStage, DeploymentStatus> = {
  PREFLIGHT: 'PREFLIGHT',
  SNAPSHOT: 'SNAPSHOT',
  BUILD: 'BUILDING',
  TEST: 'TESTING',
  MIGRATE: 'MIGRATING',
  DEPLOY: 'DEPLOYING',
  VERIFY: 'VERIFYING',
  ROLL_BACK: 'ROLLING_BACK',
};

/** How a deployment stands, computed and stored nowhere. */
export function deploymentStatus({ outcome, runStatus, stages, holds, waits, cancelRequested }: StatusFacts): DeploymentStatus {
  if (outcome !== null) return outcome;
  const stage = stages.find(({ status }) => status === 'IN_PROGRESS')?.key as DeploymentStage | undefined;
  if (stage === 'ROLL_BACK' || cancelRequested) return 'ROLLING_BACK';
  if (holds.some((reason) => reason !== 'AWAITING_APPROVAL')) return 'PAUSED';
  if (holds.length > 0 || waits.includes('APPROVAL')) return 'AWAITING_APPROVAL';
  if (waits.includes('WINDOW')) return 'AWAITING_WINDOW';
  if (runStatus === 'PENDING' || stage === undefined) return 'PENDING';
  return statusOf[stage];
}
