import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type ConfigBody, type ConfigKind, type ConfigView, configView, demandConfig } from './config-resource.ts';

export async function replaceConfig<B extends ConfigBody>(
  deps: ServiceDeps,
  caller: Caller,
  kind: ConfigKind<B>,
  id: string,
  body: B,
): Promise<ConfigView<B>> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  return deps.db.transact(async (tx) => {
    const { id: _id, createdAt: _created, updatedAt: _updated, ...before } = await configView(tx, kind, tenantId, id, 'FOR UPDATE');
    await demandConfig(tx, kind, tenantId, body);
    const columns: Record<string, string | number> = { integration_id: body.integrationId, name: body.name, ...kind.columns(body) };
    const assignments = Object.keys(columns).map((column) => `${column} = ?`);
    await tx.run(`UPDATE ${kind.table} SET ${assignments.join(', ')}, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`, [
      ...Object.values(columns),
      tenantId,
      id,
    ]);
    await kind.writeParts?.(tx, tenantId, id, body);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'UPDATE',
        actor: actorOf(caller),
        items: [{ field: 'body', before: JSON.stringify(before), after: JSON.stringify(body) }],
      },
    ]);
    return configView(tx, kind, tenantId, id);
  });
}
