import { monotonicFactory } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { expandStage, stagesOf } from '../../domain/deployment/expand-pipeline.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { createRun } from '../../engine/create-run.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { ringRun } from '../../engine/holds.ts';
import { actorOf, type Caller, type ServiceDeps } from '../context.ts';
import type { DeploymentOverride } from '../execution/deployments/deployment-source.ts';
import { conflict } from '../service-error.ts';
import { displayIdOf } from './deployment-row.ts';
import { beginDeploymentStatus } from './deployment-status-message.ts';

const newId = monotonicFactory();

/** What stands beside the plan. */
export interface DeploymentOrigin {
  pipelineVersionId: string | null;
  sourceEnvironmentId: string | null;
  /** Of a rollback: what it takes back. */
  revertsId: string | null;
  reason: string | null;
  overrides: readonly DeploymentOverride[];
}

/** @returns its id. @throws ServiceError conflict naming the deployment that is at work on one of the services */
export async function insertDeployment(
  tx: Tx,
  { ring }: Pick<ServiceDeps, 'ring'>,
  caller: Caller,
  plan: DeploymentPlan,
  origin: DeploymentOrigin,
): Promise<string> {
  const { tenantId, accountId } = caller;
  const id = newId();
  await demandFree(tx, plan);
  const [first, ...others] = stagesOf(plan);
  if (first === undefined) throw new Error('a deployment has stages');
  const [clock] = await tx.rows<{ now: Date; last: number | null }>(
    'SELECT UTC_TIMESTAMP(3) AS now, MAX(display_number) AS last FROM deployments WHERE tenant_id = ?',
    [tenantId],
  );
  const displayNumber = (clock?.last ?? 0) + 1;
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId: id, entityType: 'deployment', entityId: id, action: 'CREATE', actor: actorOf(caller) },
      why: origin.reason?.slice(0, WHY_CHARS) ?? null,
      items: createdItems(displayIdOf(displayNumber), plan, origin),
    },
  ]);
  const { runId } = await createRun(
    tx,
    {
      ...{ tenantId, kind: 'deployment', subjectId: id, wakeAt: clock?.now ?? null },
      stages: [first, ...others].map((key) => ({ key, queue: 'deployment' })),
      tasks: expandStage(plan, first),
    },
    actorOf(caller),
  );
  await tx.run(
    `INSERT INTO deployments (id, tenant_id, run_id, display_number, app_id, environment_id, kind, scope, service_release_id, reverts_id,
       source_environment_id, pipeline_version_id, plan, reason, overrides, requested_by_account_id) VALUES (?)`,
    [
      [
        ...[id, tenantId, runId, displayNumber, plan.app.id, plan.environment.id, plan.kind, plan.scope, plan.serviceRelease?.id ?? null],
        ...[origin.revertsId, origin.sourceEnvironmentId, origin.pipelineVersionId, JSON.stringify(plan), origin.reason],
        ...[JSON.stringify(origin.overrides), accountId],
      ],
    ],
  );
  await insertServices(tx, tenantId, id, plan);
  if (plan.environment.commsConfigId !== null) await beginDeploymentStatus(tx, { tenantId, id });
  await ringRun(tx, runId, ring);
  return id;
}

const WHY_CHARS = 1_000;

async function insertServices(tx: Tx, tenantId: string, id: string, plan: DeploymentPlan): Promise<void> {
  await tx.run('INSERT INTO deployment_locks (tenant_id, environment_id, service_id, deployment_id) VALUES ?', [
    plan.services.map(({ serviceId }) => [tenantId, plan.environment.id, serviceId, id]),
  ]);
  await tx.run(
    `INSERT INTO service_deployments (id, tenant_id, deployment_id, service_id, layer, ordinal, artifact_id, from_artifact_id, status, note) VALUES ?`,
    [
      plan.services.map(({ serviceId, layer, revision, from, note }, ordinal) => [
        ...[newId(), tenantId, id, serviceId, layer, ordinal, revision?.artifactId ?? null, from?.revision.artifactId ?? null],
        ...['PENDING', note ?? null],
      ]),
    ],
  );
}

/** The tenant's row is locked, so that nobody else takes a lock meanwhile; a deployment that ends may give one back. */
async function demandFree(tx: Tx, { environment, services }: DeploymentPlan): Promise<void> {
  const taken = await tx.rows<{ displayNumber: number; id: string; outcome: string | null; service: string }>(
    `SELECT d.display_number AS displayNumber, d.id, d.outcome, s.name AS service
     FROM deployment_locks l JOIN deployments d ON d.id = l.deployment_id JOIN services s ON s.id = l.service_id
     WHERE l.environment_id = ? AND l.service_id IN (?) ORDER BY s.name FOR UPDATE`,
    [environment.id, services.map(({ serviceId }) => serviceId)],
  );
  const [first] = taken;
  if (first === undefined) return;
  const names = taken.map(({ service }) => service).join(', ');
  const state = first.outcome === null ? 'is at work on' : `is ${first.outcome} and still has`;
  throw conflict(`${displayIdOf(first.displayNumber)} (${first.id}) ${state} ${names} in ${environment.name}.`);
}

function createdItems(displayId: string, plan: DeploymentPlan, { revertsId, sourceEnvironmentId }: DeploymentOrigin): HistoryItem[] {
  const values: [string, string | null][] = [
    ['displayId', displayId],
    ['kind', plan.kind],
    ['scope', plan.scope],
    ['environment', plan.environment.name],
    ['app', plan.app.name],
    ['serviceRelease', plan.serviceRelease?.version ?? null],
    ['reverts', revertsId],
    ['sourceEnvironment', sourceEnvironmentId],
    ...plan.services.map(({ name, revision, commit }): [string, string] => [
      `service:${name}`,
      revision?.version ?? `built from ${commit}`,
    ]),
  ];
  return values.filter(([, after]) => after !== null).map(([field, after]) => ({ field, before: null, after }));
}
