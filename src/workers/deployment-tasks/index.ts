import type { PipelineTaskType } from '../../domain/deployment/pipeline.ts';
import { isOnTrack } from '../../domain/deployment/plan.ts';
import type { DeploymentTaskHandler } from '../deployment-context.ts';
import { approveDeployment } from './approve-deployment.ts';
import { bake } from './bake.ts';
import { buildArtifact } from './build-artifact.ts';
import { checkPreflight } from './check-preflight.ts';
import { deliverService } from './deliver-service.ts';
import { deployService } from './deploy-service.ts';
import { migrateSchema } from './migrate-schema.ts';
import { rollBackService } from './roll-back-service.ts';
import { runTests } from './run-tests.ts';
import { serviceOf } from './service-look.ts';
import { takeServiceBack } from './take-service-back.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { verifyHealth } from './verify-health.ts';

/** Planned by the planner itself, never by a pipeline. */
type OwnTaskType = 'ROLL_BACK_SERVICE';

const handlers: Partial<Record<PipelineTaskType | OwnTaskType, DeploymentTaskHandler>> = {
  CHECK_PREFLIGHT: checkPreflight,
  APPROVE_DEPLOYMENT: approveDeployment,
  TAKE_SNAPSHOT: takeSnapshot,
  BUILD_ARTIFACT: buildArtifact,
  RUN_TESTS: runTests,
  MIGRATE_SCHEMA: migrateSchema,
  DEPLOY_SERVICE: byTarget(deployService, deliverService),
  VERIFY_HEALTH: verifyHealth,
  BAKE: bake,
  ROLL_BACK_SERVICE: byTarget(rollBackService, takeServiceBack),
};

/** A service goes to drivers or to a store. */
function byTarget(driven: DeploymentTaskHandler, onTrack: DeploymentTaskHandler): DeploymentTaskHandler {
  const of = (what: Parameters<typeof serviceOf>[0]) => (isOnTrack(serviceOf(what)) ? onTrack : driven);
  return {
    locks: (deployment, task) => of({ deployment, task }).locks?.(deployment, task) ?? [],
    run: (context) => of(context).run(context),
  };
}

/** The handler of every task type of deployments. */
export const deploymentTaskHandlers: ReadonlyMap<string, DeploymentTaskHandler> = new Map(Object.entries(handlers));
