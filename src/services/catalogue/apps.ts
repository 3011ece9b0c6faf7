import { conflict } from '../service-error.ts';
import type { CatalogueKind } from './entry.ts';

export interface AppBody {
  name: string;
  description: string | null;
}

/** Services that belong together: they are deployed by one deployment. */
export const apps: CatalogueKind<AppBody> = {
  table: 'apps',
  title: 'The app',
  readPermission: 'config:read',
  writePermission: 'config:write',
  columns: ['name', 'description'],
  fixedColumns: ['created_by_account_id'],
  values: ({ name, description }) => [name, description],
  fixedValues: ({ accountId }) => [accountId],
  bodies: async (_sql, _tenantId, rows) => rows.map((row) => ({ name: row.name as string, description: row.description as string | null })),
  async demandUnused(tx, { tenantId }, id) {
    const used = await tx.rows<{ name: string }>(
      `(SELECT CONCAT('the service ', name) AS name FROM services WHERE tenant_id = ? AND app_id = ? ORDER BY name LIMIT 5)
       UNION ALL (SELECT CONCAT('the pipeline ', name) FROM pipelines WHERE tenant_id = ? AND app_id = ? ORDER BY name LIMIT 5)
       UNION ALL (SELECT CONCAT('the release ', version) FROM service_releases WHERE tenant_id = ? AND app_id = ? ORDER BY id LIMIT 5)`,
      [tenantId, id, tenantId, id, tenantId, id],
    );
    if (used.length > 0) throw conflict(`The app still has ${used.map(({ name }) => name).join(', ')}.`);
  },
};
