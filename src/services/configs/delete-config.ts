import { writeHistory } from '../../engine/history.ts';
import { demandUnreferenced } from '../connections/delete-connection.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type ConfigBody, type ConfigKind, configView } from './config-resource.ts';

/** Refused while active release configs or unfinished releases name it; its last content stays in the history. */
export async function deleteConfig<B extends ConfigBody>(
  deps: ServiceDeps,
  caller: Caller,
  kind: ConfigKind<B>,
  id: string,
): Promise<void> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    const view = await configView(tx, kind, tenantId, id, 'FOR UPDATE');
    await demandUnreferenced(tx, tenantId, kind.referenceField, [id], kind.what);
    await kind.deleteParts?.(tx, tenantId, id);
    await tx.run(`DELETE FROM ${kind.table} WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'REMOVE',
        actor: actorOf(caller),
        items: [{ field: 'body', before: JSON.stringify(view), after: null }],
      },
    ]);
  });
}
