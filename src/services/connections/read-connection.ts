import type { Category } from '../../integrations/kit/define-provider.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type ConnectionView, connectionRow, connectionView } from './connection-view.ts';
import { type UsedBy, usedBy } from './used-by.ts';

/** What hangs on it is told of one connection, not of a list. */
export type ConnectionDetail = ConnectionView & { usedBy: UsedBy };

export async function readConnection(
  deps: Pick<ServiceDeps, 'db' | 'publicUrl'>,
  caller: Caller,
  category: Category,
  id: string,
): Promise<ConnectionDetail> {
  authorise(caller, 'integration:read');
  const row = await connectionRow(deps.db, category, caller.tenantId, id);
  return { ...connectionView(row, category, deps.publicUrl), usedBy: await usedBy(deps.db, caller.tenantId, category, id) };
}
