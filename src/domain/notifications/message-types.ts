import { type DeploymentMessageType, deploymentMessageTypes } from '../deployment/messages.ts';
import type { NotificationType } from '../release/notification-data.ts';
import { notificationTypes } from '../release/notifications.ts';

/** What people hear of, about a release or about a deployment. Their data carry what they are about: `release` or `deployment`. */
export type MessageType = NotificationType | DeploymentMessageType;

export const messageTypes: readonly MessageType[] = [...notificationTypes, ...deploymentMessageTypes];
