import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type ReleaseConfigView, releaseConfigView, releaseConfigViews } from './release-config-view.ts';

export async function readReleaseConfig(deps: Pick<ServiceDeps, 'db'>, caller: Caller, id: string): Promise<ReleaseConfigView> {
  authorise(caller, 'config:read');
  return releaseConfigView(deps.db, caller.tenantId, id);
}

export async function listReleaseConfigs(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  request: PageRequest & { includeInactive: boolean },
): Promise<Page<ReleaseConfigView>> {
  authorise(caller, 'config:read');
  const { limit, includeInactive } = request;
  const views = await releaseConfigViews(deps.db, caller.tenantId, { after: afterId(request), limit: limit + 1, includeInactive });
  return pageOf(views, limit, (view) => view);
}
