import { parseJson } from '../../db/schema/columns.ts';
import type { EnvironmentKind, EnvironmentTier } from '../../domain/deployment/vocabulary.ts';
import type { ApprovalRules } from '../../domain/gates/approval-rules.ts';
import { conflict } from '../service-error.ts';
import type { CatalogueKind } from './entry.ts';

export interface EnvironmentBody {
  name: string;
  tier: EnvironmentTier;
  kind: EnvironmentKind;
  /** Who must approve deployments to it; null = nobody. */
  approval: ApprovalRules | null;
  /** Services changed at once. */
  maxParallel: number;
  /** Whose channels hear of its deployments; null = none. */
  commsConfigId: string | null;
}

export const environments: CatalogueKind<EnvironmentBody> = {
  table: 'environments',
  title: 'The environment',
  readPermission: 'config:read',
  writePermission: 'config:write',
  columns: ['name', 'tier', 'kind', 'approval', 'max_parallel', 'comms_config_id'],
  values: ({ name, tier, kind, approval, maxParallel, commsConfigId }) => [
    ...[name, tier, kind, approval === null ? null : JSON.stringify(approval)],
    ...[maxParallel, commsConfigId],
  ],
  bodies: async (_sql, _tenantId, rows) =>
    rows.map((row) => ({
      name: row.name as string,
      tier: row.tier as EnvironmentTier,
      kind: row.kind as EnvironmentKind,
      approval: row.approval === null ? null : (parseJson(row.approval) as ApprovalRules),
      maxParallel: row.max_parallel as number,
      commsConfigId: row.comms_config_id as string | null,
    })),
  async problems(tx, { tenantId }, { commsConfigId, kind }, id) {
    // Nothing of the environment fits the other kind.
    const [there] = await tx.rows<{ name: string }>(
      `SELECT s.name FROM targets t JOIN services s ON s.id = t.service_id JOIN environments e ON e.id = t.environment_id
       WHERE t.tenant_id = ? AND t.environment_id = ? AND e.kind <> ? ORDER BY s.name LIMIT 1`,
      [tenantId, id, kind],
    );
    if (there !== undefined) return [{ field: '/kind', message: `cannot become ${kind}: ${there.name} has a target there` }];
    if (commsConfigId === null) return [];
    const found = await tx.rows('SELECT id FROM tenant_comm_channels WHERE tenant_id = ? AND id = ? AND frozen_for_release_id IS NULL', [
      tenantId,
      commsConfigId,
    ]);
    return found.length > 0 ? [] : [{ field: '/commsConfigId', message: 'is no channel config of the tenant' }];
  },
  async demandUnused(tx, { tenantId }, id) {
    const [used] = await tx.rows<{ displayNumber: number }>(
      'SELECT display_number AS displayNumber FROM deployments WHERE tenant_id = ? AND environment_id = ? AND outcome IS NULL ORDER BY id LIMIT 1',
      [tenantId, id],
    );
    if (used !== undefined) throw conflict(`The deployment DEP-${used.displayNumber} to the environment is under way.`);
    const [installed] = await tx.rows<{ name: string }>(
      `SELECT s.name FROM installed_services i JOIN services s ON s.id = i.service_id
       WHERE i.tenant_id = ? AND i.environment_id = ? ORDER BY s.name LIMIT 1`,
      [tenantId, id],
    );
    if (installed !== undefined) throw conflict(`The environment runs ${installed.name}: what is installed would be forgotten.`);
  },
  async removeParts(tx, tenantId, id) {
    await tx.run('DELETE FROM targets WHERE tenant_id = ? AND environment_id = ?', [tenantId, id]);
    await tx.run('DELETE FROM environment_variables WHERE tenant_id = ? AND environment_id = ?', [tenantId, id]);
    await tx.run('DELETE FROM config_versions WHERE tenant_id = ? AND environment_id = ?', [tenantId, id]);
  },
};
