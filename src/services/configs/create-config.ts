import { ulid } from 'ulid';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { type ConfigBody, type ConfigKind, type ConfigView, configView, demandConfig } from './config-resource.ts';

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
    const id = ulid();
    const columns = { id, tenant_id: tenantId, integration_id: body.integrationId, name: body.name, ...kind.columns(body) };
    await tx.run(`INSERT INTO ${kind.table} (${Object.keys(columns).join(', ')}) VALUES (?)`, [Object.values(columns)]);
    await kind.writeParts?.(tx, tenantId, id, body);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'CREATE',
        actor: actorOf(caller),
        items: [{ field: 'body', before: null, after: JSON.stringify(body) }],
      },
    ]);
    const view = await configView(tx, kind, tenantId, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}
