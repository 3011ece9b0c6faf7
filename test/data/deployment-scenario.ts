import { cancelDeployment } from '../../src/services/deployments/cancel-deployment.ts';
import { type CreateDeploymentInput, createDeployment } from '../../src/services/deployments/create-deployment.ts';
import type { DeploymentDetail } from '../../src/services/deployments/deployment-view.ts';
import { getDeployment } from '../../src/services/deployments/get-deployment.ts';
import { digestOf } from './deployment-facts.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import type { DeploymentWorld } from './deployment-world.ts';

/** A tenant of its own with an environment and two services, of which `web` calls `api`, each in versions 1 to 3. */
export interface DeploymentScenario {
  tenant: DeploymentTenant;
  environmentId: string;
  api: string;
  web: string;
  /** Both services in this version. */
  artifactsOf(version: string): { serviceId: string; artifactId: string }[];
  /** The same as the items of a release. */
  itemsOf(version: string): Record<string, string>;
  digest(serviceId: string, version: string): string;
  create(input: Partial<CreateDeploymentInput>): Promise<DeploymentDetail>;
  /** Creates it and drives it to its end. @returns its id */
  deploy(version: string, input?: Partial<CreateDeploymentInput>): Promise<string>;
  cancel(id: string, reason: string): Promise<DeploymentDetail>;
  statusOf(id: string): Promise<string>;
  /** Whether the service's change has begun. */
  deploying(id: string, service: string): () => Promise<boolean>;
}

export async function openScenario(world: DeploymentWorld): Promise<DeploymentScenario> {
  const { drivers } = world;
  for (const trouble of [drivers.broken, drivers.unhealthy, drivers.forbidden, world.lostFiles]) trouble.clear();
  drivers.down = false;
  const tenant = await world.tenant();
  const environmentId = await tenant.environment('staging');
  const api = await tenant.service('api', [environmentId]);
  const web = await tenant.service('web', [environmentId]);
  await tenant.dependency(web, api);
  const artifacts = new Map<string, string>();
  for (const version of ['1', '2', '3']) {
    for (const service of [api, web]) artifacts.set(`${service} ${version}`, await tenant.artifact(service, version));
  }
  const artifactsOf = (version: string) =>
    [api, web].map((serviceId) => ({ serviceId, artifactId: artifacts.get(`${serviceId} ${version}`) as string }));
  const create = (input: Partial<CreateDeploymentInput>) =>
    createDeployment(world.deps, tenant.caller, { environmentId, appId: tenant.appId, ...input });
  return {
    ...{ tenant, environmentId, api, web, artifactsOf, create },
    itemsOf: (version) => Object.fromEntries(artifactsOf(version).map(({ serviceId, artifactId }) => [serviceId, artifactId])),
    digest: (serviceId, version) => digestOf(`${serviceId.slice(-12)} ${version}`),
    async deploy(version, input = {}) {
      const { id } = await create({ artifacts: artifactsOf(version), ...input });
      await world.drive(id);
      return id;
    },
    cancel: (id, reason) => cancelDeployment(world.deps, tenant.caller, id, { reason }),
    statusOf: async (id) => (await getDeployment(world.deps, tenant.caller, id)).status,
    deploying: (id, service) => async () =>
      (await world.tasks(id)).some(({ key, status }) => key === `DEPLOY_SERVICE/${service}` && status !== 'PENDING' && status !== 'READY'),
  };
}
