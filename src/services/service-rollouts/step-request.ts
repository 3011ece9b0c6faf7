import type { Sql, Tx } from '../../db/client.ts';
import type { DeploymentMessageData, DeploymentMessageType } from '../../domain/deployment/messages.ts';
import type { ServiceRolloutPhase, ServiceRolloutState } from '../../domain/deployment/rollout/rollout.ts';
import type { ServiceRolloutWait } from '../../domain/deployment/rollout/situation.ts';
import type { MessageAction, MessageSection } from '../../domain/message.ts';
import { rolloutActions } from '../../domain/notifications/message-actions.ts';
import { livingKey, markChanged } from '../../engine/living.ts';
import { writeDelivery } from '../../engine/write-delivery.ts';
import type { Wake } from '../../platform/ring.ts';
import { type ServiceRolloutRow, serviceRolloutRows } from './service-rollout-view.ts';

/*
 * The messages that ask a person to take a rollout on: one per step that a person ends, and one each time that evidence is lacking. Each is begun by the look
 * that comes to wait, changed in place with whatever becomes of it, and without buttons from then on.
 */

const STEP_REQUEST = 'DEPLOYMENT_PROMOTION_REQUEST' satisfies DeploymentMessageType;
const EVIDENCE_REQUEST = 'DEPLOYMENT_EVIDENCE_REQUEST' satisfies DeploymentMessageType;

export type RolloutRequestType = typeof STEP_REQUEST | typeof EVIDENCE_REQUEST;
export const isRolloutRequest = (type: string): type is RolloutRequestType => type === STEP_REQUEST || type === EVIDENCE_REQUEST;

/** What the delivery keeps. */
interface StepRequest {
  serviceId: string;
  /** Index. */
  step: number;
  phase: ServiceRolloutPhase;
  /** Share of the traffic that the new version had, per cent. */
  weight: number;
  /** Since when it is on the step, or evidence is lacking, ISO 8601: who said something before spoke of something else. */
  since: string;
  /** Of a lack of evidence. */
  lacks?: { why: string; takenBackAt: string };
}

interface AskedPlace {
  rolloutId: string;
  step: number;
  /** Milliseconds since the epoch; absent or null = no evidence is lacking. */
  lackingSince?: number | null;
}

const subjectsOf = (tenantId: string, { rolloutId, step, lackingSince = null }: AskedPlace) => [
  { tenantId, subjectId: `${rolloutId}/${step}`, type: STEP_REQUEST },
  ...(lackingSince === null ? [] : [{ tenantId, subjectId: `${rolloutId}/${step}/${lackingSince}`, type: EVIDENCE_REQUEST }]),
];

/** Whether it waits until a person takes its step, and nothing else is in its way. */
export const asksPerson = ({ status, pauseReason }: Pick<ServiceRolloutState, 'status' | 'pauseReason'>) =>
  status === 'PAUSED' && pauseReason === 'step';

/** The same where evidence is lacking since then. */
const asksForEvidence = ({ status, pauseReason, inconclusiveSince }: ServiceRolloutState, since: number) =>
  status === 'PAUSED' && pauseReason === 'inconclusive' && inconclusiveSince === since;

/** Whether it waits for a person's word on just what they were shown. */
export const asksAbout = (state: ServiceRolloutState, lackingSince: number | null) =>
  lackingSince === null ? asksPerson(state) : asksForEvidence(state, lackingSince);

interface AskingDeployment {
  id: string;
  tenantId: string;
  plan: { environment: { commsConfigId: string | null } };
}

interface AskingRollout {
  id: string;
  serviceId: string;
  state: ServiceRolloutState;
  now: Date;
}

/** Begins the message, once for each step. @returns what to ring after the commit */
export function askForStep(tx: Tx, deployment: AskingDeployment, rollout: AskingRollout): Promise<Wake | null> {
  return ask(tx, deployment, rollout, { place: { rolloutId: rollout.id, step: rollout.state.step }, since: rollout.state.stepSince });
}

/** Begins whichever message its state asks for, once for each step and each time that evidence is lacking. @returns what to ring after the commit */
export async function askPeople(
  tx: Tx,
  deployment: AskingDeployment,
  rollout: AskingRollout,
  wait: ServiceRolloutWait | null,
): Promise<Wake | null> {
  const { id, state } = rollout;
  if (asksPerson(state)) return askForStep(tx, deployment, rollout);
  const { step, inconclusiveSince: lackingSince } = state;
  if (lackingSince === null || !asksForEvidence(state, lackingSince) || wait?.for !== 'person' || wait.until === null) return null;
  return ask(tx, deployment, rollout, {
    ...{ place: { rolloutId: id, step, lackingSince }, since: lackingSince },
    lacks: { why: wait.why, takenBackAt: new Date(wait.until).toISOString() },
  });
}

async function ask(
  tx: Tx,
  { id, tenantId, plan }: AskingDeployment,
  { serviceId, state, now }: AskingRollout,
  { place, since, lacks }: { place: AskedPlace; since: number | null; lacks?: StepRequest['lacks'] },
): Promise<Wake | null> {
  const about = subjectsOf(tenantId, place).at(-1);
  if (plan.environment.commsConfigId === null || about === undefined) return null;
  const { step, phase, planned } = state;
  const data: StepRequest = {
    ...{ serviceId, step, phase, weight: planned, since: new Date(since ?? now.getTime()).toISOString() },
    ...(lacks === undefined ? {} : { lacks }),
  };
  return writeDelivery(tx, { tenantId, subjectId: id, type: about.type, data, dedupeKey: livingKey(about) });
}

/** Something changed on this step; where nobody was asked it does nothing. */
export function markStep(tx: Pick<Tx, 'beforeCommit'>, tenantId: string, place: AskedPlace): void {
  markChanged(tx, subjectsOf(tenantId, place));
}

/** The same of every rollout of a deployment, whatever step each is on: it turns round, has ended, or a task of it was sent on. */
export async function markSteps(tx: Tx, tenantId: string, deploymentId: string): Promise<void> {
  const rows = await tx.rows<{ rolloutId: string; step: number; lackingSince: string | number | null }>(
    `SELECT id AS rolloutId, step, JSON_VALUE(state, '$.progress.inconclusiveSince') AS lackingSince
     FROM service_rollouts WHERE tenant_id = ? AND deployment_id = ? ORDER BY id`,
    [tenantId, deploymentId],
  );
  markChanged(
    tx,
    rows.flatMap(({ lackingSince, ...row }) =>
      subjectsOf(tenantId, { ...row, lackingSince: lackingSince === null ? null : Number(lackingSince) }),
    ),
  );
}

/** What a request shows. */
type ShownRequest = { standing: MessageSection[]; actions: MessageAction[] } & (
  | { type: typeof STEP_REQUEST; data: DeploymentMessageData[typeof STEP_REQUEST] }
  | { type: typeof EVIDENCE_REQUEST; data: DeploymentMessageData[typeof EVIDENCE_REQUEST] }
);

/** What the message says now. @param stored as the delivery keeps it @param isOver the deployment has ended, or was cancelled */
export async function readRolloutRequest(
  sql: Pick<Sql, 'rows'>,
  { tenantId, id, isOver, versionOf }: { tenantId: string; id: string; isOver: boolean; versionOf: (serviceId: string) => string },
  stored: Record<string, unknown>,
): Promise<ShownRequest> {
  // As `ask` wrote it.
  const { serviceId, step, phase, weight, since, lacks } = stored as unknown as StepRequest;
  const rollout = (await serviceRolloutRows(sql, tenantId, id)).find((row) => row.serviceId === serviceId);
  if (rollout === undefined) throw new Error(`the rollout of ${serviceId} in ${id} is gone`);
  const lackingSince = lacks === undefined ? null : Date.parse(since);
  const words = await wordsSince(sql, { tenantId, deploymentId: id, rolloutId: rollout.id }, since);
  const { decided, word } = outcomeOf(rollout, { step, lackingSince, isOver, words });
  const asks = decided === undefined && word === undefined && asksAbout(rollout.state, lackingSince) && isAtWork(rollout);
  const promotes = phase === 'AWAITING_PROMOTION' && lacks === undefined;
  const { program, service } = rollout;
  const isHeld = decided === undefined && word === undefined && !asks;
  const goesOn = promotes ? 'promote' : 'advance';
  const shown = {
    standing: [
      ...(word === undefined ? [] : [{ text: `${said[word.wish]} by ${word.by}` }]),
      ...(isHeld ? [{ text: 'It cannot go on at the moment: something else holds it.' }] : []),
    ],
    actions: asks ? rolloutActions({ deploymentId: id, serviceId, step, lackingSince, name: service, goesOn }) : [],
  };
  const data = {
    ...{ service, version: versionOf(serviceId), step: step + 1, steps: program.steps.length, weight },
    ...(decided === undefined ? {} : { decided }),
  };
  if (lacks === undefined) return { ...shown, type: STEP_REQUEST, data: { ...data, promotes } };
  return { ...shown, type: EVIDENCE_REQUEST, data: { ...data, lacking: lacks.why, takenBackAt: lacks.takenBackAt } };
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
  { step, lackingSince, isOver, words }: { step: number; lackingSince: number | null; isOver: boolean; words: readonly StepWord[] },
): { decided?: string; word?: StepWord | undefined } {
  const isAborted = state.status === 'ABORTING' || state.status === 'ABORTED';
  const isPast = state.step !== step || state.status === 'COMPLETED';
  if (isAborted && !isPast) return { decided: 'is taken back', word: words.findLast(({ wish }) => wish === 'ABORT') };
  if (isPast || (lackingSince !== null && state.inconclusiveSince !== lackingSince)) {
    const word = words.find(({ wish }) => wish !== 'ABORT');
    return { decided: word?.wish === 'PROMOTE' ? 'is promoted' : 'goes on', word };
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
