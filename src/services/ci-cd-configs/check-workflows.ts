import type { Ci } from '../../integrations/capabilities/ci.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { invalid, ServiceError } from '../service-error.ts';
import type { CiCdConfigBody } from './ci-cd-config.ts';

const TIMEOUT_MS = 30_000;
/** A repository with more has its workflows checked by their first run. */
const MAX_LISTED = 1000;

/** Whether the provider has every workflow. @throws ServiceError invalid naming those it has not, unavailable when it cannot be asked */
export async function checkWorkflows(deps: ServiceDeps, caller: Caller, body: CiCdConfigBody): Promise<void> {
  authorise(caller, 'config:write');
  const known = await listed(deps, caller.tenantId, body.integrationId);
  const problems = body.workflows.flatMap(({ workflowId }, index) =>
    known.has(workflowId) ? [] : [{ field: `/workflows/${index}/workflowId`, message: 'is no workflow the provider knows' }],
  );
  if (problems.length > 0) throw invalid(problems);
}

/** Ids, and the names and paths that providers take in their place. */
async function listed(deps: ServiceDeps, tenantId: string, integrationId: string): Promise<Set<string>> {
  const known = new Set<string>();
  try {
    const open = await deps.connector.open('ci-cd', tenantId, integrationId, AbortSignal.timeout(TIMEOUT_MS));
    const ci: Ci | undefined = open.provider.ci?.(open.connection, open.deps);
    if (ci === undefined) throw invalid([{ field: '/integrationId', message: 'its provider runs no workflows' }]);
    for await (const workflow of ci.workflows()) {
      for (const name of [workflow.id, workflow.path, workflow.path.split('/').at(-1) ?? '']) known.add(name);
      if (known.size > MAX_LISTED * 3) break;
    }
    return known;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    if (error.kind === 'not-found') throw invalid([{ field: '/integrationId', message: error.message }]);
    throw new ServiceError('unavailable', `The workflows could not be checked: ${error.message}`);
  }
}
