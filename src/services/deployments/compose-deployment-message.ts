import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { policyOf, subjectOf } from '../../domain/deployment/deployment-gate.ts';
import {
  type DeploymentMessageData,
  type DeploymentMessageInput,
  type DeploymentMessageType,
  type DeploymentSummary,
  renderDeploymentMessage,
} from '../../domain/deployment/messages.ts';
import type { DeploymentPlan } from '../../domain/deployment/plan.ts';
import { subjectDigest } from '../../domain/gates/subject.ts';
import type { MessageAction, MessageSection } from '../../domain/message.ts';
import type { Notification } from '../../domain/release/notifications.ts';
import { askedGate } from '../gates/asked-gate.ts';
import { gateRowsOf } from '../releases/gate-view.ts';
import { isRolloutRequest, type RolloutRequestType, readRolloutRequest } from '../service-rollouts/step-request.ts';
import type { DeploymentDetail } from './deployment-view.ts';
import { readDeployment } from './get-deployment.ts';
import { readWhyDeployment } from './why-deployment.ts';

export interface ComposedMessage {
  notification: Notification;
  /** The deployment has ended, or what was asked is decided: nothing about it changes any more. */
  isFinal: boolean;
  /** Whose channels hear of it; null = none. */
  commsConfigId: string | null;
}

/** What a message about a deployment says now. @param stored the delivery's own data: what a reminder says besides, or which gate or step a request is about */
export async function composeDeploymentMessage(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  deploymentId: string,
  type: DeploymentMessageType,
  stored: Record<string, unknown> = {},
): Promise<ComposedMessage> {
  const deployment = await readDeployment(sql, tenantId, deploymentId);
  const [row] = await sql.rows<{ plan: unknown }>('SELECT plan FROM deployments WHERE tenant_id = ? AND id = ?', [tenantId, deploymentId]);
  const isFinal = deployment.endedAt !== null;
  const plan = parseJson(row?.plan) as DeploymentPlan;
  const { commsConfigId } = plan.environment;
  const { displayId, kind, status, app, environment, requestedBy, reason, failure, services } = deployment;
  const summary: DeploymentSummary = {
    ...{ displayId, kind, status, reason },
    ...{ app: app.name, environment: environment.name, requestedBy: requestedBy.displayName },
    services: services.map((service) => ({
      ...{ name: service.name, status: service.status, weight: service.weight },
      ...{ from: service.from?.version ?? null, to: service.to?.version ?? null },
    })),
  };
  const isOver = isFinal || deployment.cancellation !== null;
  if (type === 'DEPLOYMENT_APPROVAL_REQUEST') {
    const gate = await readGate(sql, tenantId, { deployment, plan, isOver }, stored);
    return { ...asRequest(renderDeploymentMessage(type, { deployment: summary, ...gate.data }), gate), commsConfigId };
  }
  if (isRolloutRequest(type)) {
    const versionOf = (id: string) => services.find(({ serviceId }) => serviceId === id)?.to?.version ?? '';
    const asked = await readRolloutRequest(sql, { tenantId, id: deploymentId, isOver, versionOf }, stored);
    const rendered = renderDeploymentMessage<RolloutRequestType>(asked.type, { deployment: summary, ...asked.data });
    return { ...asRequest(rendered, asked), commsConfigId };
  }
  const waitsFor = isFinal ? null : (await readWhyDeployment(sql, tenantId, deploymentId)).summary;
  return { notification: render(type, summary, { failure, waitsFor, stored }), isFinal, commsConfigId };
}

/** What a message shows that asks people for something. */
interface Request<D extends { decided?: string }> {
  data: D;
  standing: MessageSection[];
  /** None = nobody is asked now. */
  actions: MessageAction[];
}

function asRequest(notification: Notification, { data, standing, actions }: Request<{ decided?: string }>) {
  const content = { ...notification.content, ...(actions.length === 0 ? {} : { actions }) };
  return { notification: { ...notification, content, standing }, isFinal: data.decided !== undefined };
}

/** @param stored what the engine wrote when the gate began to wait: its `taskId` */
async function readGate(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  { deployment, plan, isOver }: { deployment: DeploymentDetail; plan: DeploymentPlan; isOver: boolean },
  stored: Record<string, unknown>,
): Promise<Request<DeploymentMessageData['DEPLOYMENT_APPROVAL_REQUEST']>> {
  const taskId = typeof stored.taskId === 'string' ? stored.taskId : '';
  const rows = (await gateRowsOf(sql, tenantId, [taskId])).values().next().value ?? [];
  const { quorum, groups } = policyOf(plan, deployment.requestedBy.accountId) ?? { quorum: 0, groups: [] };
  const subject = subjectOf(plan);
  const { decided, standing, actions } = askedGate(rows, {
    ...{ about: { kind: 'deployment', id: deployment.id }, taskId, name: deployment.displayId },
    ...{ commit: subject.commit, subject: subjectDigest(subject), quorum, isOver },
  });
  const data = { quorum, groups: groups.map((group) => ({ name: group.name, quorum: group.quorum })) };
  return { data: { ...data, ...(decided === undefined ? {} : { decided }) }, standing, actions };
}

function render(
  type: Exclude<DeploymentMessageType, 'DEPLOYMENT_APPROVAL_REQUEST' | RolloutRequestType>,
  deployment: DeploymentSummary,
  { failure, waitsFor, stored }: { failure: string | null; waitsFor: string | null; stored: Record<string, unknown> },
): Notification {
  switch (type) {
    case 'DEPLOYMENT_STATUS':
      return renderDeploymentMessage(type, { deployment, failure, waitsFor });
    case 'CANCELLATION_OVERDUE':
      return renderDeploymentMessage(type, { deployment, waitsFor });
    case 'DEPLOYMENT_APPROVAL_REMINDER':
    case 'DEPLOYMENT_APPROVAL_ESCALATION':
      // As `remindApprovers` wrote it.
      return renderDeploymentMessage(type, { ...stored, deployment } as DeploymentMessageInput<typeof type>);
    case 'DEPLOYMENT_FAILED':
    case 'DEPLOYMENT_ROLLED_BACK':
    case 'ROLLBACK_FAILED':
      return renderDeploymentMessage(type, { deployment, failure });
  }
}
