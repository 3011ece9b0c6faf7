import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type DelegationRow, type DelegationView, delegationView, selectDelegations } from './delegation-row.ts';

/** Who leaves their approving to whom, newest first; those that are over stay readable. */
export async function listDelegations(deps: Pick<ServiceDeps, 'db'>, caller: Caller, request: PageRequest): Promise<Page<DelegationView>> {
  authorise(caller, 'release:read');
  const after = afterId(request);
  const rows = await deps.db.rows<DelegationRow>(
    `${selectDelegations}${after === null ? '' : ' AND d.id < ?'} ORDER BY d.id DESC LIMIT ?`,
    [caller.tenantId, ...(after === null ? [] : [after]), request.limit + 1],
  );
  return pageOf(rows, request.limit, delegationView);
}
