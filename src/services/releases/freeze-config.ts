import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenConfig, ReleaseConfigBody } from '../../domain/release/config.ts';
import type { Platform, WorkflowType } from '../../domain/release/vocabulary.ts';
import type { Problem } from '../service-error.ts';

export interface FrozenCopy {
  config: FrozenConfig;
  active: boolean;
  /** What the config refers to and is gone or switched off. */
  problems: Problem[];
}

/** Which config of which category, and the connection behind it. */
const references = [
  { key: 'ciConfigId', configs: 'ci_cd_configs', connections: 'tenant_ci_cd_integrations', name: 'CI config' },
  {
    key: 'projectManagementConfigId',
    configs: 'project_management_configs',
    connections: 'project_management_integrations',
    name: 'tracker config',
  },
  {
    key: 'testManagementConfigId',
    configs: 'test_management_configs',
    connections: 'test_management_integrations',
    name: 'test management config',
  },
  { key: 'commsConfigId', configs: 'tenant_comm_channels', connections: 'tenant_comm_integrations', name: 'channel config' },
] as const;

/** The copy of a release config that a release keeps, and whether everything it names is still there. `null` = no such config. */
export async function freezeConfig(tx: Tx, tenantId: string, configId: string): Promise<FrozenCopy | null> {
  const [row] = await tx.rows<{ name: string; isActive: number; body: unknown }>(
    'SELECT name, is_active AS isActive, body FROM release_configs WHERE id = ? AND tenant_id = ?',
    [configId, tenantId],
  );
  if (row === undefined) return null;
  const body = parseJson(row.body) as ReleaseConfigBody;
  return {
    config: { ...body, configName: row.name, workflows: await workflowsOf(tx, tenantId, body.ciConfigId) },
    active: row.isActive === 1,
    problems: await missingReferences(tx, tenantId, body),
  };
}

async function workflowsOf(sql: Sql, tenantId: string, ciConfigId: string | null): Promise<FrozenConfig['workflows']> {
  if (ciConfigId === null) return [];
  return sql.rows<{ platform: Platform; workflowType: WorkflowType }>(
    `SELECT platform, workflow_type AS workflowType FROM tenant_ci_cd_workflows
     WHERE tenant_id = ? AND config_id = ? ORDER BY platform, workflow_type`,
    [tenantId, ciConfigId],
  );
}

async function missingReferences(sql: Sql, tenantId: string, body: ReleaseConfigBody): Promise<Problem[]> {
  const used = references.filter((reference) => body[reference.key] !== null);
  const parts = [
    `SELECT 'source control connection' AS name, id FROM tenant_scm_integrations WHERE tenant_id = ? AND id = ? AND is_active = 1`,
    ...used.map(
      ({ configs, connections, name }) =>
        `SELECT '${name}' AS name, c.id FROM ${configs} c
         JOIN ${connections} i ON i.id = c.integration_id AND i.tenant_id = c.tenant_id AND i.is_active = 1
         WHERE c.tenant_id = ? AND c.id = ?`,
    ),
  ];
  const ids = [body.scmIntegrationId, ...used.map((reference) => body[reference.key])];
  const present = await sql.rows<{ name: string }>(
    parts.join(' UNION ALL '),
    ids.flatMap((id) => [tenantId, id]),
  );
  const found = new Set(present.map((row) => row.name));
  return ['source control connection', ...used.map((reference) => reference.name)]
    .filter((name) => !found.has(name))
    .map((name) => ({
      field: '/releaseConfigId',
      message: `names a config whose ${name} does not exist any more or whose connection is not active`,
    }));
}
