import type { Tx } from '../../db/client.ts';
import type { Permission } from '../../domain/access/permissions.ts';
import type { ShownStep } from '../../domain/notifications/message-actions.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { hurry } from '../../engine/signal.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type LockedDeployment, lockDeployment, refuseOver } from '../deployments/deployment-row.ts';
import { notAsked } from '../gates/gate-word.ts';
import { rememberAnswer } from '../idempotency.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { conflict, notFound } from '../service-error.ts';
import { judgeServiceCommand, type ServiceRolloutCommand, type ServiceRolloutVerdict } from './service-rollout-command.ts';
import { type ServiceRolloutRow, type ServiceRolloutView, serviceRolloutRows, serviceRolloutViews } from './service-rollout-view.ts';
import { asksAbout, markStep } from './step-request.ts';
import { judgeTrackCommand } from './track-rollout-command.ts';

/** Holding back and taking back is cancelling; what brings more users is approving. */
const permissions: Readonly<Record<ServiceRolloutCommand, Permission>> = {
  pause: 'deployment:cancel',
  resume: 'deployment:cancel',
  abort: 'deployment:cancel',
  advance: 'deployment:approve',
  promote: 'deployment:approve',
};

/**
 * A person's word on the rollout of a service: written down, and its task is due at once. Only the task talks to drivers. Asked twice, it is one wish.
 * @param shown what whoever commands has seen: a word on it is none on anything else
 * @throws ServiceError conflict saying why the state does not allow it
 */
export async function steerServiceRollout(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  { deploymentId, serviceId }: { deploymentId: string; serviceId: string },
  command: ServiceRolloutCommand,
  { reason, shown }: { reason: string; shown?: ShownStep },
): Promise<ServiceRolloutView> {
  authorise(caller, permissions[command]);
  return deps.db.transact(async (tx) => {
    const deployment = await lockDeployment(tx, caller, deploymentId);
    await tx.rows('SELECT id FROM service_rollouts WHERE tenant_id = ? AND deployment_id = ? AND service_id = ? FOR UPDATE', [
      ...[deployment.tenantId, deployment.id],
      serviceId,
    ]);
    const row = await rolloutOf(tx, deployment, serviceId);
    const verdict = row.track === null ? judgeServiceCommand(command, row) : judgeTrackCommand(command, { ...row, track: row.track });
    if (verdict.do === 'refuse') throw conflict(`The rollout of ${row.service} ${verdict.why}.`);
    refuseOver(deployment);
    if (shown !== undefined) demandStep(row, command, shown);
    if (verdict.do !== 'nothing') {
      await write(tx, deployment, row, verdict);
      await writeHistory(tx, [
        {
          ...{ tenantId: deployment.tenantId, scopeId: deployment.id, entityType: 'rollout', entityId: row.id, action: 'UPDATE' },
          ...{ actor: actorOf(caller), why: reason, items: [changeOf(deployment, row, verdict)] },
        },
      ]);
      const wakes = await hurry(tx, [row.taskId]);
      markStep(tx, deployment.tenantId, { rolloutId: row.id, step: row.state.step, lackingSince: row.state.inconclusiveSince });
      tx.afterCommit(() => deps.ring(wakes));
    }
    const [view] = await serviceRolloutViews(tx, deployment.tenantId, [await rolloutOf(tx, deployment, serviceId)]);
    if (view === undefined) throw notFound('The rollout');
    await rememberAnswer(tx, deps, caller, { status: 200, body: view });
    return view;
  });
}

/** @throws ServiceError conflict: a word on one step is none on the next, nor on whatever else it waits for by now */
function demandStep({ service, state }: ServiceRolloutRow, command: ServiceRolloutCommand, { step, lackingSince }: ShownStep): void {
  if (state.step !== step) throw conflict(`The rollout of ${service} is on another step by now: ${notAsked}`);
  if (command !== 'abort' && !asksAbout(state, lackingSince))
    throw conflict(`The rollout of ${service} waits for something else by now: ${notAsked}`);
}

async function rolloutOf(tx: Tx, { tenantId, id }: LockedDeployment, serviceId: string): Promise<ServiceRolloutRow> {
  const row = (await serviceRolloutRows(tx, tenantId, id)).find((candidate) => candidate.serviceId === serviceId);
  if (row === undefined) throw notFound('The rollout');
  return row;
}

type Change = Extract<ServiceRolloutVerdict, { do: 'want' | 'advance' }>;

/** Compare-and-set: a look of the task that began before sees that its row has changed. */
async function write(tx: Tx, { tenantId, now }: LockedDeployment, row: ServiceRolloutRow, verdict: Change): Promise<void> {
  // A wish for the next step does not outlive a wish for another way.
  const [assignment, value] =
    verdict.do === 'want' ? ['wanted = ?, advance_requested_at = NULL', verdict.wanted] : ['advance_requested_at = ?', now];
  const written = await tx.run(
    `UPDATE service_rollouts SET ${assignment}, version = version + 1, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND version = ?`,
    [value, tenantId, row.id, row.version],
  );
  if (written === 0) throw conflict(`The rollout of ${row.service} changed this very moment; try again.`);
}

function changeOf({ now }: LockedDeployment, { state }: ServiceRolloutRow, verdict: Change): HistoryItem {
  if (verdict.do === 'want') return { field: 'wanted', before: state.wanted, after: verdict.wanted };
  const before = state.advanceRequestedAt === null ? null : new Date(state.advanceRequestedAt);
  return { field: 'advanceRequestedAt', before: isoOrNull(before), after: iso(now) };
}
