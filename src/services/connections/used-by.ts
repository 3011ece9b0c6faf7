import type { Sql } from '../../db/client.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { isReleaseCategory, namesOneOf, type ReleaseCategory, references } from './references.ts';

export interface Uses {
  count: number;
  /** The first few. */
  items: { id: string; name: string }[];
}

/** What stops working with a connection. */
export interface UsedBy {
  /** CI, project management, test management, channel and store configs. */
  configs: Uses;
  /** Active release configs. */
  releaseConfigs: Uses;
  /** Releases that have not ended. */
  releases: Uses;
  /** Targets of services; they count as plans of people. */
  targets: Uses;
}

const SHOWN = 5;

export async function usedBy(sql: Pick<Sql, 'rows'>, tenantId: string, category: Category, id: string): Promise<UsedBy> {
  if (!isReleaseCategory(category)) {
    return {
      configs: counted([]),
      ...(category === 'monitoring' ? await measuredBy(sql, tenantId, id) : { releaseConfigs: counted([]), releases: counted([]) }),
      targets: counted(await targetsThatName(sql, tenantId, id)),
    };
  }
  const { path, configTable, kept } = references[category];
  const people = kept === 'row' ? 'AND frozen_for_release_id IS NULL' : '';
  const configs =
    configTable === null
      ? []
      : await sql.rows<Use>(`SELECT id, name FROM ${configTable} WHERE tenant_id = ? ${people} AND integration_id = ? ORDER BY id`, [
          tenantId,
          id,
        ]);
  const named = configTable === null ? [id] : configs.map((config) => config.id);
  const shown = { count: configs.length, items: configs.slice(0, SHOWN) };
  const releaseConfigs = await configsThatName(sql, tenantId, path, named);
  const releases = await releasesOn(sql, tenantId, category, { id, named });
  // Of store tracks.
  const targets = category === 'store' ? await targetsThatName(sql, tenantId, id) : [];
  return { configs: shown, releaseConfigs: counted(releaseConfigs), releases: counted(releases), targets: counted(targets) };
}

function targetsThatName(sql: Pick<Sql, 'rows'>, tenantId: string, id: string): Promise<(Use & Counted)[]> {
  return sql.rows<Use & Counted>(
    `SELECT t.id, CONCAT(s.name, ' in ', e.name) AS name, COUNT(*) OVER () AS total
     FROM targets t JOIN services s ON s.id = t.service_id JOIN environments e ON e.id = t.environment_id
     WHERE t.tenant_id = ? AND JSON_SEARCH(t.body, 'one', ?) IS NOT NULL ORDER BY t.id LIMIT ?`,
    [tenantId, id, SHOWN],
  );
}

async function configsThatName(sql: Pick<Sql, 'rows'>, tenantId: string, path: string, ids: readonly string[]): Promise<(Use & Counted)[]> {
  if (ids.length === 0) return [];
  return sql.rows<Use & Counted>(
    `SELECT id, name, COUNT(*) OVER () AS total FROM release_configs
     WHERE tenant_id = ? AND is_active = 1 AND ${namesOneOf('body')} ORDER BY id LIMIT ?`,
    [tenantId, path, JSON.stringify(ids), SHOWN],
  );
}

/** Rollout plans name what they are measured by, in release configs and in the copies that releases keep. */
async function measuredBy(sql: Pick<Sql, 'rows'>, tenantId: string, id: string): Promise<Pick<UsedBy, 'releaseConfigs' | 'releases'>> {
  const path = '$.stores[*].rolloutPlan.metrics.integrationId';
  const releases = await sql.rows<Use & Counted>(
    `SELECT r.id, CONCAT('REL-', r.display_number) AS name, COUNT(*) OVER () AS total FROM releases r JOIN runs u ON u.id = r.run_id
     WHERE r.tenant_id = ? AND u.status IN ('PENDING', 'IN_PROGRESS') AND ${namesOneOf('r.config')} ORDER BY r.id LIMIT ?`,
    [tenantId, path, JSON.stringify([id]), SHOWN],
  );
  return { releaseConfigs: counted(await configsThatName(sql, tenantId, path, [id])), releases: counted(releases) };
}

/** Releases that have not ended. Those of before creation copied rows name the configs themselves. */
async function releasesOn(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  category: ReleaseCategory,
  of: { id: string; named: readonly string[] },
): Promise<(Use & Counted)[]> {
  const { path, configTable, kept } = references[category];
  const [place, ids] = kept === null || kept === 'row' ? [path, of.named] : [kept, [of.id]];
  const copies =
    kept === 'row'
      ? `OR EXISTS (SELECT 1 FROM ${configTable} c
       WHERE c.tenant_id = r.tenant_id AND c.frozen_for_release_id = r.id AND c.integration_id = ?)`
      : '';
  return sql.rows<Use & Counted>(
    `SELECT r.id, CONCAT('REL-', r.display_number) AS name, COUNT(*) OVER () AS total FROM releases r JOIN runs u ON u.id = r.run_id
     WHERE r.tenant_id = ? AND u.status IN ('PENDING', 'IN_PROGRESS') AND (${namesOneOf('r.config')} ${copies}) ORDER BY r.id LIMIT ?`,
    [tenantId, place, JSON.stringify(ids), ...(kept === 'row' ? [of.id] : []), SHOWN],
  );
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
export function inWords({ releaseConfigs, releases, targets }: UsedBy): string | null {
  const parts = [
    ...releaseConfigs.items.map(({ name }) => `the release config "${name}"`),
    ...releases.items.map(({ name }) => `the release ${name}`),
    ...targets.items.map(({ name }) => `the target of ${name}`),
  ];
  if (parts.length === 0) return null;
  const others = releaseConfigs.count + releases.count + targets.count - parts.length;
  return `${parts.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}
