import type { Ci, Workflow, WorkflowInput } from '../../integrations/capabilities/ci.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { invalid, notFound, type Problem } from '../service-error.ts';
import { askProvider, type ListQuery, lacks, type ProviderList, take } from './ask-provider.ts';
import type { OpenConnection } from './connect.ts';

type Deps = Pick<ServiceDeps, 'db' | 'connector'>;

/** What a person may choose from while filling in a CI config, as the provider tells it now. */

export function listWorkflows(deps: Deps, caller: Caller, id: string, query: ListQuery): Promise<ProviderList<Workflow>> {
  return askProvider(deps, caller, { category: 'ci-cd', id, permission: 'config:write' }, (open) =>
    take(ciOf(open).workflows(), query, ({ name, path }) => `${name}\n${path}`),
  );
}

export interface DeclaredInputs {
  inputs: WorkflowInput[];
  /** The input that Signalbox fills with its correlation id, where the workflow declares it. */
  correlationInput: string;
}

/** The inputs a workflow declares as of `ref`. @throws ServiceError not-found for an unknown workflow or ref */
export function listWorkflowInputs(
  deps: Deps,
  caller: Caller,
  id: string,
  { workflowId, ref }: { workflowId?: string | undefined; ref?: string | undefined },
): Promise<DeclaredInputs> {
  return askProvider(deps, caller, { category: 'ci-cd', id, permission: 'config:write' }, async (open) => {
    if (workflowId === undefined || ref === undefined) {
      const missing: Problem[] = [
        ...(workflowId === undefined ? [{ field: '?workflowId', message: 'is needed: the id of a workflow' }] : []),
        ...(ref === undefined ? [{ field: '?ref', message: 'is needed: a branch or tag' }] : []),
      ];
      throw invalid(missing);
    }
    const ci = ciOf(open);
    const inputs = await ci.workflowInputs(workflowId, ref);
    if (inputs === null) throw notFound(`The workflow ${workflowId} on ${ref}`);
    return { inputs, correlationInput: ci.correlationInput };
  });
}

/** @throws ProviderError invalid where the provider has none */
export function ciOf({ provider, connection, deps }: OpenConnection): Ci {
  const ci = provider.ci?.(connection, deps);
  if (ci === undefined) throw lacks(provider, 'workflows');
  return ci;
}
