import type { Sql, Statement, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenConfig, FrozenStore, ReleaseConfigBody, StoreChoice } from '../../domain/release/config.ts';
import { readConfigBody } from '../../domain/release/read-config.ts';
import type { Platform, Target, WorkflowType } from '../../domain/release/vocabulary.ts';
import { metricsOf } from '../../domain/rollout/plan.ts';
import { copyConfig } from '../configs/write-config.ts';
import { connectionTableNames } from '../connections/tables.ts';
import { subConfigs } from '../release-configs/sub-configs.ts';
import type { Problem } from '../service-error.ts';

export interface FrozenCopy {
  config: FrozenConfig;
  active: boolean;
  /** What the config refers to and is gone or switched off. */
  problems: Problem[];
}

/**
 * The copy of a release config that a release keeps, and whether everything it names is still there. `null` = no such config.
 * @param targets those the release goes out on: the stores of others are neither copied nor looked at
 */
export async function freezeConfig(tx: Tx, tenantId: string, configId: string, targets: readonly Target[]): Promise<FrozenCopy | null> {
  const [row] = await tx.rows<{ name: string; isActive: number; body: unknown }>(
    'SELECT name, is_active AS isActive, body FROM release_configs WHERE id = ? AND tenant_id = ? LOCK IN SHARE MODE',
    [configId, tenantId],
  );
  if (row === undefined) return null;
  const body = readConfigBody(parseJson(row.body));
  const chosen = body.stores.filter(({ target }) => targets.includes(target));
  const missing = await missingReferences(tx, tenantId, body);
  const stores = await storesOf(tx, tenantId, chosen);
  return {
    config: {
      ...body,
      stores,
      configName: row.name,
      skipped: { tasks: [], regression: false },
      workflows: await workflowsOf(tx, tenantId, body.ciConfigId),
    },
    active: row.isActive === 1,
    problems: [...missing, ...missingStores(chosen, stores), ...(await missingMetrics(tx, tenantId, chosen))],
  };
}

/** What the store configs say now, of those that are there on an active connection and for the same target. */
async function storesOf(sql: Sql, tenantId: string, chosen: readonly StoreChoice[]): Promise<FrozenStore[]> {
  if (chosen.length === 0) return [];
  const rows = await sql.rows<Omit<FrozenStore, 'rolloutPlan'>>(
    `SELECT c.id AS storeConfigId, c.target, c.integration_id AS integrationId, i.provider, c.app_id AS appId, c.track,
            c.upload_by AS uploadBy, c.update_priority AS updatePriority
     FROM store_configs c JOIN tenant_store_integrations i ON i.id = c.integration_id AND i.tenant_id = c.tenant_id AND i.is_active = 1
     WHERE c.tenant_id = ? AND c.id IN (?)`,
    [tenantId, chosen.map(({ storeConfigId }) => storeConfigId)],
  );
  return chosen.flatMap(({ target, storeConfigId, rolloutPlan }) => {
    const row = rows.find((candidate) => candidate.storeConfigId === storeConfigId && candidate.target === target);
    return row === undefined ? [] : [{ ...row, rolloutPlan }];
  });
}

const missingStores = (chosen: readonly StoreChoice[], found: readonly StoreChoice[]): Problem[] =>
  chosen
    .filter(({ target }) => !found.some((store) => store.target === target))
    .map(({ target }) => ({
      field: '/releaseConfigId',
      message: `names a store config for ${target} that does not exist any more or whose connection is not active`,
    }));

/** What the shares of a rollout are measured by must be there, or nothing would ever be let through. */
async function missingMetrics(sql: Sql, tenantId: string, chosen: readonly StoreChoice[]): Promise<Problem[]> {
  const named = chosen.flatMap(({ target, rolloutPlan }) => {
    const id = metricsOf(rolloutPlan);
    return id === null ? [] : [{ target, id }];
  });
  if (named.length === 0) return [];
  const found = await sql.rows<{ id: string }>(
    'SELECT id FROM tenant_monitoring_integrations WHERE tenant_id = ? AND id IN (?) AND is_active = 1 LOCK IN SHARE MODE',
    [tenantId, named.map(({ id }) => id)],
  );
  return named
    .filter(({ id }) => !found.some((row) => row.id === id))
    .map(({ target }) => ({
      field: '/releaseConfigId',
      message: `names a rollout plan for ${target} whose metrics connection does not exist any more or is not active`,
    }));
}

async function workflowsOf(sql: Sql, tenantId: string, ciConfigId: string | null): Promise<FrozenConfig['workflows']> {
  if (ciConfigId === null) return [];
  return sql.rows<{ platform: Platform; workflowType: WorkflowType }>(
    `SELECT platform, workflow_type AS workflowType FROM tenant_ci_cd_workflows
     WHERE tenant_id = ? AND config_id = ? ORDER BY platform, workflow_type`,
    [tenantId, ciConfigId],
  );
}

/**
 * Share locks keep what was found until the commit: what is copied was there in one piece, and `deleteConnection` sees the release that it
 * would stop. One round trip.
 */
async function missingReferences(sql: Sql, tenantId: string, body: ReleaseConfigBody): Promise<Problem[]> {
  const used = subConfigs.filter(({ field }) => body[field] !== null);
  const found = await sql.batch([
    [
      'SELECT id FROM tenant_scm_integrations WHERE tenant_id = ? AND id = ? AND is_active = 1 LOCK IN SHARE MODE',
      [tenantId, body.scmIntegrationId],
    ],
    ...used.map(
      ({ field, kind }): Statement => [
        `SELECT c.id FROM ${kind.table} c
         JOIN ${connectionTableNames[kind.category]} i ON i.id = c.integration_id AND i.tenant_id = c.tenant_id AND i.is_active = 1
         WHERE c.tenant_id = ? AND c.id = ? LOCK IN SHARE MODE`,
        [tenantId, body[field]],
      ],
    ),
  ]);
  return (
    ['source control connection', ...used.map(({ kind }) => kind.what.replace(/^The /, ''))]
      // One list of rows for each statement.
      .filter((_name, index) => (found[index] as unknown[]).length === 0)
      .map((name) => ({
        field: '/releaseConfigId',
        message: `names a config whose ${name} does not exist any more or whose connection is not active`,
      }))
  );
}

/** The config as the release keeps it: with configs of its own, which nobody else changes or deletes. The originals are locked. */
export async function copySubConfigs(tx: Tx, of: { tenantId: string; releaseId: string }, config: FrozenConfig): Promise<FrozenConfig> {
  const copied = { ...config };
  for (const { field, kind } of subConfigs) {
    const id = config[field];
    if (id !== null) copied[field] = await copyConfig(tx, kind, of, id);
  }
  return copied;
}
