import type { Sql, Tx } from '../../db/client.ts';
import type { DeploymentMessageData, DeploymentMessageType } from '../../domain/deployment/messages.ts';
import type { ServiceRolloutPhase, ServiceRolloutState } from '../../domain/deployment/rollout/rollout.ts';
import type { MessageAction, MessageSection } from '../../domain/message.ts';
import { rolloutActions } from '../../domain/notifications/message-actions.ts';
import { livingKey, markChanged } from '../../engine/living.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';
import type { Wake } from '../../platform/ring.ts';
import { type ServiceRolloutRow, serviceRolloutRows } from './service-rollout-view.ts';

/*
 * The message that asks a person to end a step of a rollout: one per step, begun by the look that comes to wait there, changed in place with whatever
 * becomes of it, and without buttons from then on.
 */

export const STEP_REQUEST = 'DEPLOYMENT_PROMOTION_REQUEST' satisfies DeploymentMessageType;

/** What the delivery keeps. */
interface StepRequest {
  serviceId: string;
  /** Index. */
  step: number;
  phase: ServiceRolloutPhase;
  /** Share of the traffic that the new version had, per cent. */
  weight: number;
  /** Since when it is on the step, ISO 8601: who said something before spoke of another one. */
  since: string;
}

interface StepPlace {
  rolloutId: string;
  step: number;
}

const subjectOf = (tenantId: string, { rolloutId, step }: StepPlace) => ({
  tenantId,
  subjectId: `${rolloutId}/${step}`,
  type: STEP_REQUEST,
});

/** Whether it waits until a person takes it on, and nothing else is in its way. */
export const asksPerson = ({ status, pauseReason }: Pick<ServiceRolloutState, 'status' | 'pauseReason'>) =>
  status === 'PAUSED' && pauseReason === 'step';

/** Begins the message, once for each step. @returns what to ring after the commit */
export async function askForStep(
  tx: Tx,
  deployment: { id: string; tenantId: string; plan: { environment: { commsConfigId: string | null } } },
  rollout: { id: string; serviceId: string; state: ServiceRolloutState; now: Date },
): Promise<Wake | null> {
  if (deployment.plan.environment.commsConfigId === null) return null;
  const { step, phase, planned, stepSince } = rollout.state;
  const data: StepRequest = {
    ...{ serviceId: rollout.serviceId, step, phase, weight: planned },
    since: new Date(stepSince ?? rollout.now.getTime()).toISOString(),
  };
  const { tenantId, ...about } = subjectOf(deployment.tenantId, { rolloutId: rollout.id, step });
  return writeDelivery(tx, { tenantId, subjectId: deployment.id, type: STEP_REQUEST, data, dedupeKey: livingKey(about) });
}

/** Something changed on this step; where nobody was asked it does nothing. */
export function markStep(tx: Pick<Tx, 'beforeCommit'>, tenantId: string, place: StepPlace): void {
  markChanged(tx, [subjectOf(tenantId, place)]);
}

/** The same of every rollout of a deployment, whatever step each is on: it turns round, has ended, or a task of it was sent on. */
export async function markSteps(tx: Tx, tenantId: string, deploymentId: string): Promise<void> {
  const rows = await tx.rows<StepPlace>(
    'SELECT id AS rolloutId, step FROM service_rollouts WHERE tenant_id = ? AND deployment_id = ? ORDER BY id',
    [tenantId, deploymentId],
  );
  markChanged(
    tx,
    rows.map((row) => subjectOf(tenantId, row)),
  );
}

/** What the message says now. @param stored as the delivery keeps it @param isOver the deployment has ended, or was cancelled */
export async function readStepRequest(
  sql: Pick<Sql, 'rows'>,
  { tenantId, id, isOver, versionOf }: { tenantId: string; id: string; isOver: boolean; versionOf: (serviceId: string) => string },
  stored: Record<string, unknown>,
): Promise<{ data: DeploymentMessageData[typeof STEP_REQUEST]; standing: MessageSection[]; actions: MessageAction[] }> {
  // As `askForStep` wrote it.
  const { serviceId, step, phase, weight, since } = stored as unknown as StepRequest;
  const rollout = (await serviceRolloutRows(sql, tenantId, id)).find((row) => row.serviceId === serviceId);
  if (rollout === undefined) throw new Error(`the rollout of ${serviceId} in ${id} is gone`);
  const words = await wordsSince(sql, { tenantId, deploymentId: id, rolloutId: rollout.id }, since);
  const { decided, word } = outcomeOf(rollout, { step, isOver, words });
  const asks = decided === undefined && word === undefined && asksPerson(rollout.state) && isAtWork(rollout);
  const promotes = phase === 'AWAITING_PROMOTION';
  const { program, service } = rollout;
  const name = { deploymentId: id, serviceId, step, name: service };
  const isHeld = decided === undefined && word === undefined && !asks;
  return {
    data: {
      ...{ service, version: versionOf(serviceId), step: step + 1, steps: program.steps.length, weight, promotes },
      ...(decided === undefined ? {} : { decided }),
    },
    standing: [
      ...(word === undefined ? [] : [{ text: `${said[word.wish]} by ${word.by}` }]),
      ...(isHeld ? [{ text: 'It cannot go on at the moment: something else holds it.' }] : []),
    ],
    actions: asks ? rolloutActions({ ...name, goesOn: promotes ? 'promote' : 'advance' }) : [],
  };
}

const isAtWork = ({ taskStatus }: ServiceRolloutRow) => taskStatus === 'WAITING' || taskStatus === 'IN_PROGRESS';

type StepWish = 'ADVANCE' | 'PROMOTE' | 'ABORT';

interface StepWord {
  wish: StepWish;
  /** Display name. */
  by: string;
}

const said: Record<StepWish, string> = { ADVANCE: 'Advanced', PROMOTE: 'Promoted', ABORT: 'Aborted' };

/** `decided`: absent while it is open. `word`: whose it is, as far as it was a person's. */
function outcomeOf(
  { state, taskStatus }: ServiceRolloutRow,
  { step, isOver, words }: { step: number; isOver: boolean; words: readonly StepWord[] },
): { decided?: string; word?: StepWord | undefined } {
  if (state.step !== step || state.status === 'COMPLETED') {
    const word = words.find(({ wish }) => wish !== 'ABORT');
    return { decided: word?.wish === 'PROMOTE' ? 'is promoted' : 'goes on', word };
  }
  if (state.status === 'ABORTING' || state.status === 'ABORTED') {
    return { decided: 'is taken back', word: words.findLast(({ wish }) => wish === 'ABORT') };
  }
  return isOver || taskStatus === 'CANCELLED' ? { decided: 'is not asked about any more' } : { word: words.at(-1) };
}

/** What people said of a rollout from then on, oldest first, as history keeps it. */
async function wordsSince(
  sql: Pick<Sql, 'rows'>,
  { tenantId, deploymentId, rolloutId }: { tenantId: string; deploymentId: string; rolloutId: string },
  since: string,
): Promise<StepWord[]> {
  const rows = await sql.rows<{ field: string; after: string; by: string }>(
    `SELECT i.field, i.value_after AS after, COALESCE(a.display_name, h.account_id) AS \`by\`
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id LEFT JOIN accounts a ON a.id = h.account_id
     WHERE h.tenant_id = ? AND h.scope_id = ? AND h.entity_type = 'rollout' AND h.entity_id = ? AND h.account_id IS NOT NULL
       AND h.occurred_at >= ? AND (i.field = 'advanceRequestedAt' OR (i.field = 'wanted' AND i.value_after IN ('PROMOTE', 'ABORT')))
     ORDER BY h.sequence`,
    [tenantId, deploymentId, rolloutId, new Date(since)],
  );
  return rows.map(({ field, after, by }) => ({
    wish: field === 'advanceRequestedAt' ? 'ADVANCE' : after === 'ABORT' ? 'ABORT' : 'PROMOTE',
    by,
  }));
}
