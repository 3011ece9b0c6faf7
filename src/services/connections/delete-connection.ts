import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { connectionRow } from './connection-view.ts';
import { connectionTableNames } from './tables.ts';

/** Soft: the row stays for the histories that name it, without its secrets. Refused while release configs or running releases use it. */
export async function deleteConnection(deps: ServiceDeps, caller: Caller, category: Category, id: string): Promise<void> {
  authorise(caller, 'integration:write');
  await deps.db.transact(async (tx) => {
    // The lock excludes release configs that are being written to use it: they share-lock the row.
    const row = await connectionRow(tx, category, caller.tenantId, id, 'FOR UPDATE');
    await demandUnused(tx, caller.tenantId, category, id);
    await tx.run(
      `UPDATE ${connectionTableNames[category]}
       SET is_active = 0, credentials = '', webhook_secret = NULL, webhook_enabled = 0, verify_at = NULL, updated_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND id = ?`,
      [caller.tenantId, id],
    );
    await writeHistory(tx, [
      {
        tenantId: caller.tenantId,
        scopeId: id,
        entityType: 'integration',
        entityId: id,
        action: 'REMOVE',
        actor: actorOf(caller),
        items: [{ field: 'displayName', before: row.displayName, after: null }],
      },
    ]);
  });
}

/** How a release config names what hangs on a connection of the category. Source control is named itself, the others through a config. */
const references: Record<Category, { field: string; configTable: string | null }> = {
  scm: { field: 'scmIntegrationId', configTable: null },
  'ci-cd': { field: 'ciConfigId', configTable: 'ci_cd_configs' },
  'project-management': { field: 'projectManagementConfigId', configTable: 'project_management_configs' },
  'test-management': { field: 'testManagementConfigId', configTable: 'test_management_configs' },
  communication: { field: 'commsConfigId', configTable: 'tenant_comm_channels' },
};

async function demandUnused(tx: Tx, tenantId: string, category: Category, id: string): Promise<void> {
  const { field, configTable } = references[category];
  let ids = [id];
  if (configTable !== null) {
    const configs = await tx.rows<{ id: string }>(`SELECT id FROM ${configTable} WHERE tenant_id = ? AND integration_id = ?`, [
      tenantId,
      id,
    ]);
    ids = configs.map((config) => config.id);
  }
  if (ids.length > 0) await demandUnreferenced(tx, tenantId, field, ids, 'The integration');
}

/** @throws ServiceError conflict naming the active release configs and unfinished releases that hold one of `ids` in `field` */
export async function demandUnreferenced(tx: Tx, tenantId: string, field: string, ids: readonly string[], what: string): Promise<void> {
  const path = `$.${field}`;
  const users = await tx.rows<{ name: string }>(
    `SELECT CONCAT('the release config "', name, '"') AS name FROM release_configs
     WHERE tenant_id = ? AND is_active = 1 AND JSON_UNQUOTE(JSON_EXTRACT(body, ?)) IN (?)
     UNION ALL
     SELECT CONCAT('the release REL-', r.display_number) FROM releases r JOIN runs u ON u.id = r.run_id
     WHERE r.tenant_id = ? AND u.status IN ('PENDING', 'IN_PROGRESS') AND JSON_UNQUOTE(JSON_EXTRACT(r.config, ?)) IN (?)
     LIMIT 10`,
    [tenantId, path, ids, tenantId, path, ids],
  );
  if (users.length === 0) return;
  throw conflict(`${what} is used by ${users.map((user) => user.name).join(', ')}.`);
}
