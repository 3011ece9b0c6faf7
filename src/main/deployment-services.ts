import { createCiCdService } from '../services/execution/ci-cd-service.ts';
import { createAnalysisService } from '../services/execution/deployments/analysis-service.ts';
import { createBuiltArtifactService } from '../services/execution/deployments/built-artifact-service.ts';
import { createConfigurationService } from '../services/execution/deployments/configuration-service.ts';
import { createDeploymentRecords } from '../services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../services/execution/deployments/deployment-source.ts';
import { createDriverService } from '../services/execution/deployments/driver-service.ts';
import { createHealthService } from '../services/execution/deployments/health-service.ts';
import { createMigrationService } from '../services/execution/deployments/migration-service.ts';
import { createPreflightService } from '../services/execution/deployments/preflight-service.ts';
import { createRecipeService } from '../services/execution/deployments/recipe-service.ts';
import { createServiceRolloutService } from '../services/execution/deployments/service-rollout-service.ts';
import { createSourceControlService } from '../services/execution/source-control-service.ts';
import { createTrackServices } from '../services/execution/stores/track-services.ts';
import { createWindowService } from '../services/execution/window-service.ts';
import type { DeploymentServices } from '../workers/deployment-context.ts';
import type { Runtime } from './runtime.ts';

/** What the task handlers of deployments work with. */
export function createDeploymentServices({ db, connector, keyring, artifacts, outbound, ring, config }: Runtime): DeploymentServices {
  const drivers = createDriverService({ db, connector, artifacts });
  const configurations = createConfigurationService({ db, keyring });
  const migrations = createMigrationService({ db, connector });
  const health = createHealthService({ drivers, fetch: outbound.fetch, connect: outbound.connect });
  const track = createTrackServices({ db, ring, connector, artifacts });
  return {
    ...{ drivers, configurations, health, ...track },
    deployments: createDeploymentSource(db),
    records: createDeploymentRecords(db),
    preflight: createPreflightService({ db, drivers, stores: track.stores, configurations, migrations, health, artifacts, keyring }),
    analyses: createAnalysisService(db),
    recipes: createRecipeService({
      ...{ connector, artifacts },
      cicd: createCiCdService(db, connector),
      sourceControl: createSourceControlService(connector),
    }),
    built: createBuiltArtifactService({ db, artifacts }),
    artifactMaxBytes: config.artifactMaxMb * 1_000_000,
    migrations,
    rollouts: createServiceRolloutService(db, ring),
    windows: createWindowService(db),
  };
}
