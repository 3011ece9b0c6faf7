import type { Tx } from '../../db/client.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { demandUnreferenced } from '../connections/delete-connection.ts';
import { namesOneOf, references } from '../connections/references.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { changedItems } from './changed-items.ts';
import { type ConfigBody, type ConfigKind, type ConfigView, configView, demandConfig } from './config-resource.ts';
import { overwriteConfig } from './write-config.ts';

/** Touches later releases only: each release keeps the copy that was made for it. Release configs that name it tell of the change, too. */
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
    // `before` is what is left of the view: the body.
    const changed = kind.fixedInUse?.filter((field) => (before as unknown as B)[field] !== body[field]) ?? [];
    if (changed.length > 0)
      await demandUnreferenced(tx, tenantId, kind.category, id, `The ${changed.join(', ')} of ${kind.what.toLowerCase()}`);
    await overwriteConfig(tx, kind, { tenantId, id }, body);
    await recordReplacement(tx, caller, kind, id, changedItems(before, body));
    return configView(tx, kind, tenantId, id);
  });
}

/** In its own history, and in that of each release config that names it at this moment. */
async function recordReplacement<B extends ConfigBody>(
  tx: Tx,
  caller: Caller,
  kind: ConfigKind<B>,
  id: string,
  items: readonly HistoryItem[],
): Promise<void> {
  if (items.length === 0) return;
  const { tenantId } = caller;
  const { path, part } = references[kind.category];
  const users = await tx.rows<{ id: string }>(`SELECT id FROM release_configs WHERE tenant_id = ? AND ${namesOneOf('body')} ORDER BY id`, [
    tenantId,
    path,
    JSON.stringify([id]),
  ]);
  const event = { tenantId, entityType: 'config' as const, entityId: id, action: 'UPDATE' as const, actor: actorOf(caller) };
  const named = items.map((item) => ({ ...item, field: `${part}.${item.field}`.slice(0, 64) }));
  await writeHistory(tx, [{ ...event, scopeId: id, items }, ...users.map((user) => ({ ...event, scopeId: user.id, items: named }))]);
}
