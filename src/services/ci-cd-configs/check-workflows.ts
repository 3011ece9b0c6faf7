import { askConfig, namesOf } from '../configs/ask-config.ts';
import { ciOf } from '../connections/ci-metadata.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type CiCdConfigBody, ciCdConfig } from './ci-cd-config.ts';

/** Whether the provider has every workflow. @throws ServiceError as `askConfig` */
export async function checkWorkflows(deps: ServiceDeps, caller: Caller, body: CiCdConfigBody): Promise<void> {
  authorise(caller, 'config:write');
  await askConfig(deps, { kind: ciCdConfig, tenantId: caller.tenantId, body }, async (open) => {
    // Ids, and the names and paths that providers take in their place.
    const known = await namesOf(ciOf(open).workflows(), ({ id, path }) => [id, path, path.split('/').at(-1) ?? '']);
    return body.workflows.flatMap(({ workflowId }, index) =>
      known === null || known.has(workflowId)
        ? []
        : [{ field: `/workflows/${index}/workflowId`, message: 'is no workflow the provider knows' }],
    );
  });
}
