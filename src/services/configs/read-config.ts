import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { type ConfigBody, type ConfigKind, type ConfigView, configView, configViews } from './config-resource.ts';

export async function readConfig<B extends ConfigBody>(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  kind: ConfigKind<B>,
  id: string,
): Promise<ConfigView<B>> {
  authorise(caller, 'config:read');
  return configView(deps.db, kind, caller.tenantId, id);
}

export async function listConfigs<B extends ConfigBody>(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  kind: ConfigKind<B>,
  request: PageRequest,
): Promise<Page<ConfigView<B>>> {
  authorise(caller, 'config:read');
  const views = await configViews(deps.db, kind, caller.tenantId, { after: afterId(request), limit: request.limit + 1 });
  return pageOf(views, request.limit, (view) => view);
}
