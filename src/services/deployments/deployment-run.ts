import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { type DeploymentFacts, type DeploymentStep, planDeployment, type ServiceFact } from '../../domain/deployment/plan-deployment.ts';
import type { Failure } from '../../domain/failure.ts';
import type { RunView } from '../../domain/run.ts';
import { writeHistory } from '../../engine/history.ts';
import { markChanged } from '../../engine/living.ts';
import type { EngineEvent, Notice, RunDefinition } from '../../engine/run-definition.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';
import { queueRecipeSteps } from '../clean-ups/queue-recipe-steps.ts';
import { setRollbackFailed } from '../execution/deployments/service-deployment-rows.ts';
import { gateRequestOf, markGates } from '../gates/gate-request.ts';
import { subjectEnded } from '../releases/turn-signals.ts';
import { markSteps } from '../service-rollouts/step-request.ts';
import { DEPLOYMENT_STATUS } from './deployment-status-message.ts';

/** What the engine is told about deployments: how they are planned and what people hear of. */
export const deploymentRunDefinition: RunDefinition = {
  kind: 'deployment',
  living: DEPLOYMENT_STATUS,
  livingOfTask: gateRequestOf,
  async advance(tx, run, now) {
    const facts = await loadFacts(tx, run);
    const step = planDeployment(facts, run, now);
    if (step.ending !== null) await end(tx, run, facts, step.ending);
    for (const { serviceId, why } of step.stranded) {
      const place = { environmentId: facts.plan.environment.id, serviceId };
      await setRollbackFailed(tx, { id: run.subjectId, tenantId: run.tenantId }, place, why);
    }
    if (step.ending !== null || step.rollsBackFor !== null) await queueRecipeSteps(tx, run, step.ending?.failure ?? step.rollsBackFor);
    await tell(tx, run, facts, step);
    if (step.ending !== null || step.rollsBackFor !== null) await markRequests(tx, run);
    return step;
  },
  notices: noticesOf,
};

/** Locks the deployment's services, too: whoever gives one its place in the order of change comes before this or finds its task called off. */
async function loadFacts(tx: Tx, run: RunView): Promise<DeploymentFacts> {
  const [row] = await tx.rows<{
    plan: unknown;
    cancelRequestedAt: Date | null;
    cancelReason: string | null;
    cancelDeadlineAt: Date | null;
  }>(
    `SELECT plan, cancel_requested_at AS cancelRequestedAt, cancel_reason AS cancelReason, cancel_deadline_at AS cancelDeadlineAt
     FROM deployments WHERE tenant_id = ? AND id = ? FOR UPDATE`,
    [run.tenantId, run.subjectId],
  );
  if (row === undefined) throw new Error(`the deployment ${run.subjectId} does not exist`);
  const plan = parseJson(row.plan) as DeploymentPlan;
  const services = await tx.rows<Omit<ServiceFact, 'name'>>(
    `SELECT service_id AS serviceId, status, change_order AS changeOrder FROM service_deployments
     WHERE tenant_id = ? AND deployment_id = ? ORDER BY ordinal FOR UPDATE`,
    [run.tenantId, run.subjectId],
  );
  const failed = await tx.rows<{ id: string; failure: unknown; output: unknown }>(
    `SELECT id, failure, output FROM tasks WHERE run_id = ? AND status = 'FAILED' ORDER BY id`,
    [run.id],
  );
  return {
    plan,
    services: services.map((service) => ({
      ...service,
      name: plan.services.find(({ serviceId }) => serviceId === service.serviceId)?.name ?? service.serviceId,
    })),
    cancellation:
      row.cancelRequestedAt === null ? null : { reason: row.cancelReason ?? '', deadlineAt: row.cancelDeadlineAt ?? row.cancelRequestedAt },
    failures: new Map(failed.map(({ id, failure, output }) => [id, wordsOf(parseJson(failure), parseJson(output))])),
  };
}

/** A task that met its deadline says no more than that: what it was waiting for stands in its output. */
function wordsOf(failure: unknown, output: unknown): string {
  const { kind, message } = (failure as Failure | null) ?? { kind: null, message: 'it failed' };
  const why = (output as { why?: unknown } | null)?.why;
  return kind === 'timeout' && typeof why === 'string' ? `${message}: ${why}` : message;
}

/** The outcome and, unless people have to see to it first, the way free for the next deployment. */
async function end(
  tx: Tx,
  { tenantId, subjectId: id }: RunView,
  { services }: DeploymentFacts,
  { outcome, failure }: NonNullable<DeploymentStep['ending']>,
): Promise<void> {
  await tx.run(
    `UPDATE deployments SET outcome = ?, failure = ?, ended_at = UTC_TIMESTAMP(3), updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`,
    [outcome, failure, tenantId, id],
  );
  const untouched = services.filter(({ changeOrder, status }) => changeOrder === null && status === 'PENDING');
  if (untouched.length > 0) {
    await tx.run(
      `UPDATE service_deployments SET status = 'UNCHANGED', ended_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND deployment_id = ? AND change_order IS NULL AND status = 'PENDING'`,
      [tenantId, id],
    );
  }
  // Releases and deployments of the same app may wait for its review.
  await subjectEnded(tx, id);
  if (outcome !== 'ROLLBACK_FAILED') await tx.run('DELETE FROM deployment_locks WHERE deployment_id = ?', [id]);
  await writeHistory(tx, [
    {
      ...{ tenantId, scopeId: id, entityType: 'deployment', entityId: id, action: 'UPDATE', actor: engineActor },
      why: failure?.slice(0, WHY_CHARS) ?? null,
      items: [{ field: 'outcome', before: null, after: outcome }],
    },
  ]);
}

/** Nobody is asked for anything any more. */
async function markRequests(tx: Tx, { tenantId, subjectId, tasks }: RunView): Promise<void> {
  markChanged(tx, [{ tenantId, subjectId, type: DEPLOYMENT_STATUS }]);
  markGates(tx, tenantId, tasks);
  await markSteps(tx, tenantId, subjectId);
}

const WHY_CHARS = 1_000;

/** Messages of edges that only the planner sees; the dedupe key makes each one message, however often it is asked. */
async function tell(tx: Tx, { tenantId, subjectId }: RunView, { plan }: DeploymentFacts, step: DeploymentStep): Promise<void> {
  if (plan.environment.commsConfigId === null) return;
  const types: [string, string | null][] = [];
  if (step.ending?.outcome === 'FAILED') types.push(['DEPLOYMENT_FAILED', step.ending.failure]);
  if (step.ending?.outcome === 'ROLLED_BACK') types.push(['DEPLOYMENT_ROLLED_BACK', step.ending.failure]);
  if (step.ending?.outcome === 'ROLLBACK_FAILED') types.push(['ROLLBACK_FAILED', step.ending.failure]);
  if (step.overdue) types.push(['CANCELLATION_OVERDUE', null]);
  for (const [type, why] of types) {
    await writeDelivery(tx, { tenantId, subjectId, type, data: { why }, dedupeKey: `${type}/${subjectId}` });
  }
}

/** A gate asks people; what fails for good is told by how the deployment ends, and in its status message. */
function noticesOf(event: EngineEvent): Notice[] {
  if (event.kind !== 'task-waiting' || event.reason !== 'APPROVAL') return [];
  const type = gateRequestOf(event.task.type);
  if (type === undefined) return [];
  return [{ type, data: { taskId: event.task.id }, dedupeKey: `${type}/${event.task.id}` }];
}
