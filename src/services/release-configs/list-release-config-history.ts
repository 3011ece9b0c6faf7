import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { Page, PageRequest } from '../page.ts';
import { type HistoryEventView, historyPage } from '../releases/list-history.ts';
import { releaseConfigView } from './release-config-view.ts';

/** Who changed what of a release config, field by field and newest first; of the configs it names, too, while it names them. */
export async function listReleaseConfigHistory(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  id: string,
  page: PageRequest,
): Promise<Page<HistoryEventView>> {
  authorise(caller, 'config:read');
  await releaseConfigView(deps.db, caller.tenantId, id);
  return historyPage(deps.db, caller.tenantId, id, page);
}
