import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { type ConnectionRow, connectionRow } from './connection-view.ts';
import { forgetHook } from './forget-hook.ts';
import { namesOneOf, type ReleaseCategory, references } from './references.ts';
import { connectionTableNames } from './tables.ts';
import { inWords, usedBy } from './used-by.ts';

/**
 * Soft: the row stays for the histories that name it, without its secrets. Refused while release configs or running releases use it, unless
 * `force`: then their tasks fail where they need it. Its webhook is removed at the provider if that can be done.
 */
export async function deleteConnection(
  deps: ServiceDeps,
  caller: Caller,
  category: Category,
  id: string,
  { force }: { force: boolean },
): Promise<void> {
  authorise(caller, 'integration:write');
  const gone = await deps.db.transact(async (tx) => {
    // The lock excludes release configs that are being written to use it: they share-lock the row.
    const row = await connectionRow(tx, category, caller.tenantId, id, 'FOR UPDATE');
    const users = inWords(await usedBy(tx, caller.tenantId, category, id));
    if (users !== null && !force) throw conflict(`The integration is used by ${users}. Send force=true to delete it all the same.`);
    await tx.run(
      `UPDATE ${connectionTableNames[category]}
       SET is_active = 0, credentials = '', webhook_secret = NULL, webhook_enabled = 0, verify_at = NULL, updated_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND id = ?`,
      [caller.tenantId, id],
    );
    await recordRemoval(tx, caller, row, users);
    return row;
  });
  // Its credentials are known here alone by now. If the process dies first, the hook stands and its calls are answered 404.
  await forgetHook(deps, category, caller.tenantId, gone);
}

function recordRemoval(tx: Tx, caller: Caller, row: ConnectionRow, users: string | null): Promise<void> {
  return writeHistory(tx, [
    {
      tenantId: caller.tenantId,
      scopeId: row.id,
      entityType: 'integration',
      entityId: row.id,
      action: 'REMOVE',
      actor: actorOf(caller),
      why: users === null ? null : `Although it was used by ${users}.`.slice(0, 1000),
      items: [{ field: 'displayName', before: row.displayName, after: null }],
    },
  ]);
}

/**
 * Releases keep what they need of a config: only those of before creation copied rows name the config itself.
 * @throws ServiceError conflict naming the active release configs and unfinished releases that name this config of the category
 */
export async function demandUnreferenced(
  tx: Tx,
  tenantId: string,
  category: ReleaseCategory,
  configId: string,
  what: string,
): Promise<void> {
  const { path, kept } = references[category];
  const ids = JSON.stringify([configId]);
  const releases = `UNION ALL
     SELECT CONCAT('the release REL-', r.display_number) FROM releases r JOIN runs u ON u.id = r.run_id
     WHERE r.tenant_id = ? AND u.status IN ('PENDING', 'IN_PROGRESS') AND ${namesOneOf('r.config')}`;
  const namesRows = kept === 'row';
  const users = await tx.rows<{ name: string }>(
    `SELECT CONCAT('the release config "', name, '"') AS name FROM release_configs
     WHERE tenant_id = ? AND is_active = 1 AND ${namesOneOf('body')}
     ${namesRows ? releases : ''} LIMIT 10`,
    [tenantId, path, ids, ...(namesRows ? [tenantId, path, ids] : [])],
  );
  if (users.length === 0) return;
  throw conflict(`${what} is used by ${users.map((user) => user.name).join(', ')}.`);
}
