import type { Tx } from '../../db/client.ts';
import { type DeploymentMessageType, isDeploymentMessage } from '../../domain/deployment/messages.ts';
import type { MessageType } from '../../domain/notifications/message-types.ts';
import { type LivingSubject, markChanged } from '../../engine/living.ts';

/** The message that asks people for their word on a gate, by the gate's type. It shows who said what and loses its buttons once that is decided. */
const requests = {
  APPROVE_REGRESSION: 'REGRESSION_STAGE_APPROVAL_REQUEST',
  APPROVE_DISTRIBUTION: 'PRE_RELEASE_STAGE_APPROVAL_REQUEST',
  APPROVE_DEPLOYMENT: 'DEPLOYMENT_APPROVAL_REQUEST',
} as const satisfies Record<string, MessageType>;

type GateRequest = (typeof requests)[keyof typeof requests];

/** Those about releases. */
export type ReleaseGateRequest = Exclude<GateRequest, DeploymentMessageType>;

/** @returns undefined for a task that is no gate */
export const gateRequestOf = (taskType: string): GateRequest | undefined =>
  Object.hasOwn(requests, taskType) ? requests[taskType as keyof typeof requests] : undefined;

export const isGateRequest = (type: string): type is GateRequest => Object.values<string>(requests).includes(type);

export const isReleaseGateRequest = (type: string): type is ReleaseGateRequest => isGateRequest(type) && !isDeploymentMessage(type);

/** Has the messages of these tasks told anew where they are gates, after the subject's own: rows are locked in the same order everywhere. */
export function markGates(tx: Pick<Tx, 'beforeCommit'>, tenantId: string, tasks: readonly { id: string; type: string }[]): void {
  const subjects = tasks.flatMap(({ id, type }): LivingSubject[] => {
    const request = gateRequestOf(type);
    return request === undefined ? [] : [{ tenantId, subjectId: id, type: request }];
  });
  markChanged(tx, subjects);
}
