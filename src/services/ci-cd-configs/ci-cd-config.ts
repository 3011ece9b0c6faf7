import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Platform, WorkflowType } from '../../domain/release/vocabulary.ts';
import { type ConfigBody, type ConfigKind, repeated } from '../configs/config-resource.ts';

export interface WorkflowBody {
  platform: Platform;
  workflowType: WorkflowType;
  /** Id of the workflow at the provider. */
  workflowId: string;
  displayName: string;
  /** Fixed inputs, under those that Signalbox supplies. */
  inputs: Record<string, string>;
}

export interface CiCdConfigBody extends ConfigBody {
  workflows: WorkflowBody[];
}

interface WorkflowRow extends Omit<WorkflowBody, 'inputs'> {
  configId: string;
  inputs: unknown;
}

/** A set of workflows of one CI connection; a release picks by (platform, workflow type). */
export const ciCdConfig: ConfigKind<CiCdConfigBody> = {
  what: 'The CI config',
  table: 'ci_cd_configs',
  category: 'ci-cd',
  problems: ({ workflows }) =>
    repeated(
      '/workflows',
      workflows,
      ({ platform, workflowType }) => `${platform}/${workflowType}`,
      ({ platform, workflowType }) => `a ${workflowType} workflow for ${platform}`,
    ),
  columns: [],
  values: () => [],
  isCopied: true,
  writeParts,
  deleteParts,
  bodies,
};

async function writeParts(tx: Tx, tenantId: string, id: string, { workflows }: Pick<CiCdConfigBody, 'workflows'>): Promise<void> {
  await deleteParts(tx, tenantId, id);
  if (workflows.length === 0) return;
  await tx.run(
    'INSERT INTO tenant_ci_cd_workflows (id, tenant_id, config_id, platform, workflow_type, workflow_id, display_name, inputs) VALUES ?',
    [
      workflows.map((workflow) => [
        ulid(),
        tenantId,
        id,
        workflow.platform,
        workflow.workflowType,
        workflow.workflowId,
        workflow.displayName,
        JSON.stringify(workflow.inputs),
      ]),
    ],
  );
}

async function deleteParts(tx: Tx, tenantId: string, id: string): Promise<void> {
  await tx.run('DELETE FROM tenant_ci_cd_workflows WHERE tenant_id = ? AND config_id = ?', [tenantId, id]);
}

async function bodies(sql: Sql, tenantId: string, ids: readonly string[]) {
  const rows = await sql.rows<WorkflowRow>(
    `SELECT config_id AS configId, platform, workflow_type AS workflowType, workflow_id AS workflowId, display_name AS displayName, inputs
     FROM tenant_ci_cd_workflows WHERE tenant_id = ? AND config_id IN (?) ORDER BY platform, workflow_type`,
    [tenantId, ids],
  );
  const byId = new Map(ids.map((id) => [id, { workflows: [] as WorkflowBody[] }]));
  for (const { configId, inputs, ...workflow } of rows) {
    byId.get(configId)?.workflows.push({ ...workflow, inputs: parseJson(inputs) as Record<string, string> });
  }
  return byId;
}
