import type { Sql } from '../../db/client.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';

export interface Uses {
  count: number;
  /** The first few. */
  items: { id: string; name: string }[];
}

/** What stops working with a connection. */
export interface UsedBy {
  /** CI, project management, test management and channel configs. */
  configs: Uses;
  /** Active release configs. */
  releaseConfigs: Uses;
  /** Releases that have not ended. */
  releases: Uses;
}

/** How a release config names what hangs on a connection of the category. Source control is named itself, the others through a config. */
const references: Record<Category, { field: string; configTable: string | null }> = {
  scm: { field: 'scmIntegrationId', configTable: null },
  'ci-cd': { field: 'ciConfigId', configTable: 'ci_cd_configs' },
  'project-management': { field: 'projectManagementConfigId', configTable: 'project_management_configs' },
  'test-management': { field: 'testManagementConfigId', configTable: 'test_management_configs' },
  communication: { field: 'commsConfigId', configTable: 'tenant_comm_channels' },
};

const SHOWN = 5;
const nothing: Uses = { count: 0, items: [] };

export async function usedBy(sql: Pick<Sql, 'rows'>, tenantId: string, category: Category, id: string): Promise<UsedBy> {
  const { field, configTable } = references[category];
  const configs =
    configTable === null
      ? []
      : await sql.rows<Use>(`SELECT id, name FROM ${configTable} WHERE tenant_id = ? AND integration_id = ? ORDER BY id`, [tenantId, id]);
  const named = configTable === null ? [id] : configs.map((config) => config.id);
  const shown = { count: configs.length, items: configs.slice(0, SHOWN) };
  if (named.length === 0) return { configs: shown, releaseConfigs: nothing, releases: nothing };
  const path = `$.${field}`;
  const releaseConfigs = await sql.rows<Use & Counted>(
    `SELECT id, name, COUNT(*) OVER () AS total FROM release_configs
     WHERE tenant_id = ? AND is_active = 1 AND JSON_UNQUOTE(JSON_EXTRACT(body, ?)) IN (?) ORDER BY id LIMIT ?`,
    [tenantId, path, named, SHOWN],
  );
  const releases = await sql.rows<Use & Counted>(
    `SELECT r.id, CONCAT('REL-', r.display_number) AS name, COUNT(*) OVER () AS total FROM releases r JOIN runs u ON u.id = r.run_id
     WHERE r.tenant_id = ? AND u.status IN ('PENDING', 'IN_PROGRESS') AND JSON_UNQUOTE(JSON_EXTRACT(r.config, ?)) IN (?)
     ORDER BY r.id LIMIT ?`,
    [tenantId, path, named, SHOWN],
  );
  return { configs: shown, releaseConfigs: counted(releaseConfigs), releases: counted(releases) };
}

interface Use {
  id: string;
  name: string;
}
interface Counted {
  total: number;
}

const counted = (rows: readonly (Use & Counted)[]): Uses => ({
  count: rows[0]?.total ?? 0,
  items: rows.map(({ id, name }) => ({ id, name })),
});

/** In words, for a refusal; `null` when nothing that people still plan or run needs it. */
export function inWords({ releaseConfigs, releases }: UsedBy): string | null {
  const parts = [
    ...releaseConfigs.items.map(({ name }) => `the release config "${name}"`),
    ...releases.items.map(({ name }) => `the release ${name}`),
  ];
  if (parts.length === 0) return null;
  const others = releaseConfigs.count + releases.count - parts.length;
  return `${parts.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}
