import type { Tx } from '../../db/client.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { resolvePlan } from '../../domain/deployment/resolve-plan.ts';
import { sealHash } from '../../domain/deployment/seal.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import type { DeploymentOverride } from '../execution/deployments/deployment-source.ts';
import { rememberAnswer } from '../idempotency.ts';
import { invalid, notFound } from '../service-error.ts';
import { type ChangedFiles, loadChangedFiles, withChangedFiles } from './changed-files.ts';
import type { DeploymentRequest } from './deployment-request.ts';
import type { DeploymentDetail, PlanView } from './deployment-view.ts';
import { planView } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';
import { insertDeployment } from './insert-deployment.ts';
import { loadPlanFacts } from './load-plan-facts.ts';
import type { TargetFacts } from './plan-services.ts';
import { loadTargetFacts } from './target-facts.ts';

export interface CreateDeploymentInput extends DeploymentRequest {
  reason?: string | undefined;
  /** Lets it begin although something is not healthy now, to fix forward. */
  overrideHealth?: { reason: string } | undefined;
}

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'keyring' | 'connector'>;

/** What a deployment would do; nothing is written. @throws ServiceError invalid with every problem at once */
export async function dryRunDeployment(
  deps: Pick<Deps, 'db' | 'connector'>,
  caller: Caller,
  input: CreateDeploymentInput,
): Promise<PlanView> {
  authorise(caller, 'deployment:create');
  const outside = await askOutside(deps, caller.tenantId, input);
  return deps.db.transact(async (tx) => planView((await resolve(tx, caller.tenantId, input, outside)).plan));
}

/**
 * Creates a deployment from everything it decides on, with its locks, its run and the tasks of its first stage, in one transaction. The tenant's row is
 * locked meanwhile: numbers and locks of two deployments created at once cannot meet.
 * @throws ServiceError invalid with every problem at once; conflict naming the deployment that is at work on one of the services;
 *   ProviderError when a partial deployment's repository cannot be asked
 */
export async function createDeployment(deps: Deps, caller: Caller, input: CreateDeploymentInput): Promise<DeploymentDetail> {
  authorise(caller, 'deployment:create');
  if (input.overrideHealth !== undefined) authorise(caller, 'gate:override');
  const outside = await askOutside(deps, caller.tenantId, input);
  return deps.db.transact(async (tx) => {
    await lockTenant(tx, caller.tenantId);
    await lockRelease(tx, caller.tenantId, input);
    const { plan, pipelineVersionId } = await resolve(tx, caller.tenantId, input, outside);
    if (plan.services.length === 0) throw invalid([{ field: '/services', message: 'nothing changed: there is nothing to deploy' }]);
    const overrides: DeploymentOverride[] =
      input.overrideHealth === undefined ? [] : [{ check: 'health', accountId: caller.accountId, reason: input.overrideHealth.reason }];
    const id = await insertDeployment(tx, deps, caller, plan, {
      ...{ pipelineVersionId, overrides, reason: input.reason ?? null, revertsId: null },
      sourceEnvironmentId: input.sourceEnvironmentId ?? null,
    });
    await seal(tx, caller, plan);
    const view = await readDeployment(tx, caller.tenantId, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

/** What is not in our rows. */
interface Outside {
  targets: ReadonlyMap<string, TargetFacts>;
  changed: ChangedFiles | null;
}

/** Before the transaction: providers may take their time. @throws ProviderError when a repository that must be asked cannot be */
async function askOutside(deps: Pick<Deps, 'db' | 'connector'>, tenantId: string, input: DeploymentRequest): Promise<Outside> {
  const targets = await loadTargetFacts(deps, tenantId, input);
  return { targets, changed: await loadChangedFiles(deps, tenantId, input, targets) };
}

async function resolve(
  tx: Tx,
  tenantId: string,
  input: DeploymentRequest,
  { targets, changed }: Outside,
): Promise<{ plan: DeploymentPlan; pipelineVersionId: string | null }> {
  const { facts, problems, pipelineVersionId } = await loadPlanFacts(tx, tenantId, input, targets);
  const resolved = resolvePlan(withChangedFiles(facts, changed));
  if (problems.length > 0 || 'problems' in resolved) throw invalid([...problems, ...('problems' in resolved ? resolved.problems : [])]);
  return { plan: resolved.plan, pipelineVersionId };
}

export async function lockTenant(tx: Tx, tenantId: string): Promise<void> {
  const [tenant] = await tx.rows('SELECT id FROM tenants WHERE id = ? FOR UPDATE', [tenantId]);
  if (tenant === undefined) throw notFound('The tenant');
}

/** Until it is sealed nobody changes what it consists of: what is planned is what is sealed. */
async function lockRelease(tx: Tx, tenantId: string, { serviceReleaseId }: DeploymentRequest): Promise<void> {
  if (serviceReleaseId === undefined) return;
  await tx.rows('SELECT id FROM service_releases WHERE tenant_id = ? AND id = ? FOR UPDATE', [tenantId, serviceReleaseId]);
}

/** With its first deployment a release can be changed no more. */
async function seal(tx: Tx, caller: Caller, { serviceRelease }: DeploymentPlan): Promise<void> {
  if (serviceRelease === null) return;
  const { tenantId } = caller;
  const items = await tx.rows<{ serviceId: string; digest: string }>(
    `SELECT i.service_id AS serviceId, a.digest FROM service_release_items i JOIN artifacts a ON a.tenant_id = i.tenant_id AND a.id = i.artifact_id
     WHERE i.tenant_id = ? AND i.service_release_id = ?`,
    [tenantId, serviceRelease.id],
  );
  const hash = sealHash(items);
  const sealed = await tx.run(
    'UPDATE service_releases SET sealed_hash = ?, sealed_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND sealed_at IS NULL',
    [hash, tenantId, serviceRelease.id],
  );
  if (sealed === 0) return;
  await writeHistory(tx, [
    {
      ...{
        tenantId,
        scopeId: serviceRelease.id,
        entityType: 'config',
        entityId: serviceRelease.id,
        action: 'UPDATE',
        actor: actorOf(caller),
      },
      items: [{ field: 'sealedHash', before: null, after: hash }],
    },
  ]);
}
