import type { Tx } from '../../db/client.ts';
import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import { checkRefName } from '../../domain/release/git-ref.ts';
import { targetsOf } from '../../domain/release/vocabulary.ts';
import { validateSchedule } from '../../domain/schedule/validate-schedule.ts';
import { ruleOf } from '../../domain/versions/scheme.ts';
import { checkRule } from '../../domain/versions/versions.ts';
import { peoplesOwn } from '../configs/config-resource.ts';
import { connectionTableNames } from '../connections/tables.ts';
import type { Problem } from '../service-error.ts';
import { NAMED_CONNECTION, type NamedConnection, standing, together, type Usability } from './connection-standing.ts';
import { gateProblems } from './demand-approvers.ts';
import { storeProblems } from './demand-stores.ts';
import { subConfigs } from './sub-configs.ts';

const SAMPLE_VERSION = '1.2.3';
const NO_CONFIG = 'is no config of this tenant with an active integration';

/**
 * Everything the config names must exist in the tenant, on an active connection whose verification has not failed; share locks keep it so
 * until the commit, which is what `deleteConnection` and `deleteConfig` wait for.
 */
export async function usability(tx: Tx, tenantId: string, body: ReleaseConfigBody): Promise<Usability> {
  const own = { problems: ownProblems(body), warnings: [] };
  return together([
    own,
    await references(tx, tenantId, body),
    await storeProblems(tx, tenantId, body),
    await gateProblems(tx, tenantId, body),
  ]);
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
  const badFormat = checkRule(ruleOf(body));
  if (badFormat !== null) problems.push({ field: '/versionFormat', message: badFormat });
  if (body.schedule !== null) {
    problems.push(...validateSchedule(body.schedule).map((problem) => ({ ...problem, field: `/schedule${problem.field}` })));
  }
  return problems;
}

async function references(tx: Tx, tenantId: string, body: ReleaseConfigBody): Promise<Usability> {
  const found: Usability[] = [];
  const [scm] = await tx.rows<NamedConnection>(
    `SELECT ${NAMED_CONNECTION} FROM tenant_scm_integrations i WHERE i.tenant_id = ? AND i.id = ? AND i.is_active = 1 LOCK IN SHARE MODE`,
    [tenantId, body.scmIntegrationId],
  );
  found.push(
    standing(scm, {
      tenantId,
      category: 'scm',
      field: '/scmIntegrationId',
      missing: 'is no active source-control integration of this tenant',
    }),
  );
  for (const { field, kind } of subConfigs) {
    const id = body[field];
    if (id === null) continue;
    const [config] = await tx.rows<NamedConnection>(
      `SELECT ${NAMED_CONNECTION} FROM ${kind.table} c
       JOIN ${connectionTableNames[kind.category]} i ON i.id = c.integration_id AND i.tenant_id = c.tenant_id AND i.is_active = 1
       WHERE c.tenant_id = ? ${peoplesOwn(kind, 'c.')} AND c.id = ? LOCK IN SHARE MODE`,
      [tenantId, id],
    );
    found.push(standing(config, { tenantId, category: kind.category, field: `/${field}`, missing: NO_CONFIG }));
  }
  return together(found);
}
