import type { DrivenService } from '../../domain/deployment/plan.ts';
import type { Revision } from '../../domain/deployment/vocabulary.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { DeploymentTaskContext } from '../deployment-context.ts';

/** Right before a version is brought anywhere, forward or back. @throws ProviderError conflict where its schema was contracted away */
export async function demandSchema(
  { deployment, services }: Pick<DeploymentTaskContext, 'deployment' | 'services'>,
  { serviceId, name, target }: DrivenService,
  revision: Revision,
): Promise<void> {
  if (target.migrations === null) return;
  const place = { tenantId: deployment.tenantId, serviceId, integrationId: target.migrations.integrationId };
  const obstacle = await services.migrations.obstacle(place, revision);
  if (obstacle !== null) throw new ProviderError('conflict', `${name}: ${obstacle}`, { provider: 'migrations' });
}

/** The same on the way forward: what runs already is not made worse by being deployed again. */
export async function demandSchemaOfNew(
  context: Pick<DeploymentTaskContext, 'deployment' | 'services'>,
  service: DrivenService,
  revision: Revision,
): Promise<void> {
  if (service.from?.revision.artifactId !== revision.artifactId) await demandSchema(context, service, revision);
}
