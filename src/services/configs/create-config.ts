import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { changedItems } from './changed-items.ts';
import { type ConfigBody, type ConfigKind, type ConfigView, configView, demandConfig } from './config-resource.ts';
import { insertConfig } from './write-config.ts';

export async function createConfig<B extends ConfigBody>(
  deps: ServiceDeps,
  caller: Caller,
  kind: ConfigKind<B>,
  body: B,
): Promise<ConfigView<B>> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  return deps.db.transact(async (tx) => {
    await demandConfig(tx, kind, tenantId, body);
    const id = await insertConfig(tx, kind, { tenantId, ownedBy: null }, body);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'CREATE',
        actor: actorOf(caller),
        items: changedItems(null, body),
      },
    ]);
    const view = await configView(tx, kind, tenantId, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}
