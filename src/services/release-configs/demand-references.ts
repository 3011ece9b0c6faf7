import type { Tx } from '../../db/client.ts';
import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import { checkRefName } from '../../domain/release/git-ref.ts';
import { targetsOf } from '../../domain/release/vocabulary.ts';
import { invalid, type Problem } from '../service-error.ts';

/** Which config of which kind, and the connection behind it. */
const references = [
  { field: 'ciConfigId', configs: 'ci_cd_configs', connections: 'tenant_ci_cd_integrations' },
  { field: 'projectManagementConfigId', configs: 'project_management_configs', connections: 'project_management_integrations' },
  { field: 'testManagementConfigId', configs: 'test_management_configs', connections: 'test_management_integrations' },
  { field: 'commsConfigId', configs: 'tenant_comm_channels', connections: 'tenant_comm_integrations' },
] as const;

const SAMPLE_VERSION = '1.2.3';

/**
 * Everything the config names must exist in the tenant, on an active connection; share locks keep it so until the commit, which is what
 * `deleteConnection` and `deleteConfig` wait for.
 * @throws ServiceError invalid with all problems at once
 */
export async function demandUsable(tx: Tx, tenantId: string, body: ReleaseConfigBody): Promise<void> {
  const problems = [...ownProblems(body), ...(await missingReferences(tx, tenantId, body))];
  if (problems.length > 0) throw invalid(problems);
}

function ownProblems(body: ReleaseConfigBody): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  body.platformTargets.forEach(({ platform, target }, index) => {
    const key = `${platform}/${target}`;
    if (!targetsOf[platform].includes(target)) {
      problems.push({ field: `/platformTargets/${index}/target`, message: `${platform} cannot go to ${target}` });
    }
    if (seen.has(key)) problems.push({ field: `/platformTargets/${index}`, message: 'is there already' });
    seen.add(key);
  });
  if (body.ciConfigId === null && body.buildMode === 'CI') {
    problems.push({ field: '/buildMode', message: 'must be MANUAL without a CI config' });
  }
  const names = { baseBranch: body.baseBranch, branchPattern: body.branchPattern, tagPattern: body.tagPattern };
  for (const [field, pattern] of Object.entries(names)) {
    if (field !== 'baseBranch' && !pattern.includes('{version}')) problems.push({ field: `/${field}`, message: 'must hold {version}' });
    const wrong = checkRefName(pattern.replaceAll('{version}', SAMPLE_VERSION));
    if (wrong !== null) problems.push({ field: `/${field}`, message: `is no name git accepts: it ${wrong}` });
  }
  return problems;
}

async function missingReferences(tx: Tx, tenantId: string, body: ReleaseConfigBody): Promise<Problem[]> {
  const problems: Problem[] = [];
  const scm = await tx.rows('SELECT id FROM tenant_scm_integrations WHERE tenant_id = ? AND id = ? AND is_active = 1 LOCK IN SHARE MODE', [
    tenantId,
    body.scmIntegrationId,
  ]);
  if (scm.length === 0) problems.push({ field: '/scmIntegrationId', message: 'is no active source-control integration of this tenant' });
  for (const { field, configs, connections } of references) {
    const id = body[field];
    if (id === null) continue;
    const found = await tx.rows(
      `SELECT c.id FROM ${configs} c JOIN ${connections} i ON i.id = c.integration_id AND i.tenant_id = c.tenant_id AND i.is_active = 1
       WHERE c.tenant_id = ? AND c.id = ? LOCK IN SHARE MODE`,
      [tenantId, id],
    );
    if (found.length === 0) problems.push({ field: `/${field}`, message: 'is no config of this tenant with an active integration' });
  }
  return problems;
}
