import type { Category } from '../../integrations/kit/define-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type ConnectionView, connectionRow, connectionView } from './connection-view.ts';

export async function readConnection(
  deps: Pick<ServiceDeps, 'db' | 'publicUrl'>,
  caller: Caller,
  category: Category,
  id: string,
): Promise<ConnectionView> {
  authorise(caller, 'integration:read');
  return connectionView(await connectionRow(deps.db, category, caller.tenantId, id), category, deps.publicUrl);
}
