import { writeHistory } from '../../engine/history.ts';
import { demandUnreferenced } from '../connections/delete-connection.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { changedItems } from './changed-items.ts';
import { type ConfigBody, type ConfigKind, configView } from './config-resource.ts';
import { removeConfig } from './write-config.ts';

/**
 * Refused while active release configs name it, or unfinished releases of before creation copied what it names; its last content stays in
 * the history.
 */
export async function deleteConfig<B extends ConfigBody>(
  deps: ServiceDeps,
  caller: Caller,
  kind: ConfigKind<B>,
  id: string,
): Promise<void> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    const { id: _id, createdAt: _created, updatedAt: _updated, ...body } = await configView(tx, kind, tenantId, id, 'FOR UPDATE');
    await demandUnreferenced(tx, tenantId, kind.category, id, kind.what);
    await removeConfig(tx, kind, tenantId, id);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'REMOVE',
        actor: actorOf(caller),
        items: changedItems(body, null),
      },
    ]);
  });
}
