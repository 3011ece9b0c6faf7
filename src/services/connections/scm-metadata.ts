import type { Branch, BranchProtection, Repository, SourceControl } from '../../integrations/capabilities/source-control.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { invalid, notFound } from '../service-error.ts';
import { askProvider, type ListQuery, lacks, type ProviderList, take } from './ask-provider.ts';
import type { OpenConnection } from './connect.ts';

type Deps = Pick<ServiceDeps, 'db' | 'connector'>;

/** What a person may choose from while filling in forms about source control, as the provider tells it now. */

/** Needs `integration:write`: it tells what else the stored credentials may see. */
export function listRepositories(deps: Deps, caller: Caller, id: string, query: ListQuery): Promise<ProviderList<Repository>> {
  return askProvider(deps, caller, { category: 'scm', id, permission: 'integration:write' }, (open) =>
    take(sourceControl(open).repositories(), query, ({ fullName }) => fullName),
  );
}

export function listBranches(deps: Deps, caller: Caller, id: string, query: ListQuery): Promise<ProviderList<Branch>> {
  return askProvider(deps, caller, { category: 'scm', id, permission: 'config:write' }, (open) =>
    take(sourceControl(open).branches(), query, ({ name }) => name),
  );
}

export interface ProtectedBranch extends Branch {
  /** `null`: no rule protects it. */
  protection: BranchProtection | null;
}

/** @throws ServiceError not-found for a branch that the repository does not have */
export function readBranchProtection(deps: Deps, caller: Caller, id: string, branch: string | undefined): Promise<ProtectedBranch> {
  return askProvider(deps, caller, { category: 'scm', id, permission: 'config:write' }, async (open) => {
    if (branch === undefined) throw invalid([{ field: '?branch', message: 'is needed: the name of a branch' }]);
    const scm = sourceControl(open);
    const found = await scm.findBranch(branch);
    if (found === null) throw notFound(`The branch ${branch}`);
    return { ...found, protection: await scm.branchProtection(branch) };
  });
}

/** @throws ProviderError invalid where the provider has none */
export function sourceControl({ provider, connection, deps }: OpenConnection): SourceControl {
  const scm = provider.sourceControl?.(connection, deps);
  if (scm === undefined) throw lacks(provider, 'source control');
  return scm;
}
