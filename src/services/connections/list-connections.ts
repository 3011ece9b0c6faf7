import type { Category } from '../../integrations/kit/define-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type ConnectionView, connectionRows, connectionView } from './connection-view.ts';

export async function listConnections(
  deps: Pick<ServiceDeps, 'db' | 'publicUrl'>,
  caller: Caller,
  category: Category,
  request: PageRequest,
): Promise<Page<ConnectionView>> {
  authorise(caller, 'integration:read');
  const rows = await connectionRows(deps.db, category, caller.tenantId, afterId(request), request.limit + 1);
  return pageOf(rows, request.limit, (row) => connectionView(row, category, deps.publicUrl));
}
