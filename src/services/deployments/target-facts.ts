import { parseJson } from '../../db/schema/columns.ts';
import { isStoreTarget, type ServiceTarget, type TargetBody } from '../../domain/deployment/target.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { storeFacts } from '../catalogue/check-store-target.ts';
import { targetProblems } from '../catalogue/check-target.ts';
import type { ServiceDeps } from '../context.ts';
import type { DeploymentRequest } from './deployment-request.ts';
import { servicesOf, type TargetFacts } from './plan-services.ts';

const OPEN_MS = 10_000;

/** What the drivers of the app's targets say by their manifests and forms. No provider is called; not for use in a transaction. By service id. */
export async function loadTargetFacts(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  tenantId: string,
  { appId, environmentId }: Pick<DeploymentRequest, 'appId' | 'environmentId'>,
): Promise<ReadonlyMap<string, TargetFacts>> {
  const services = await servicesOf(deps.db, tenantId, appId, environmentId);
  const facts = await Promise.all(
    services.map(async ({ id, kind, target }): Promise<(readonly [string, TargetFacts])[]> => {
      const body = parseJson(target) as ServiceTarget | null;
      if (body === null) return [];
      if (isStoreTarget(body)) {
        const { facts, problems } = await storeFacts(deps, tenantId, body, kind);
        return [[id, { problems, sources: ['kept'], store: facts }] as const];
      }
      const [problems, sources] = await Promise.all([targetProblems(deps, tenantId, body, kind), sourcesOf(deps, tenantId, body)]);
      return [[id, { problems, sources, store: null }] as const];
    }),
  );
  return new Map(facts.flat());
}

async function sourcesOf(
  { connector }: Pick<ServiceDeps, 'connector'>,
  tenantId: string,
  { deploy }: TargetBody,
): Promise<TargetFacts['sources']> {
  try {
    const opened = await connector.open('deployment', tenantId, deploy.integrationId, AbortSignal.timeout(OPEN_MS));
    return opened.provider.deployTarget?.(opened.connection, opened.deps)?.abilities.sources ?? null;
  } catch (error) {
    // What is wrong with the connection stands among the problems.
    if (error instanceof ProviderError) return null;
    throw error;
  }
}
