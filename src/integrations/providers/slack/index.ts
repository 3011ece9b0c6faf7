import { defineProvider } from '../../kit/define-provider.ts';
import { slackChannelDirectory } from './channel-directory.ts';
import { slackEphemeralReply } from './ephemeral-reply.ts';
import { slackFileSharing } from './file-sharing.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { slackInteractions } from './interactions.ts';
import { slackMessageEditing } from './message-editing.ts';
import { slackMessageHistory } from './message-history.ts';
import { slackMessaging } from './messaging.ts';
import { slackPeopleDirectory } from './people-directory.ts';
import { verifySlack } from './verify.ts';
import { slackWebhook } from './webhook.ts';
import { slackWebhookInstructions } from './webhook-instructions.ts';

/** Slack: messages, buttons and files to channels, threads and people; presses and events in. */
export const slack = defineProvider({
  id: PROVIDER,
  displayName: 'Slack',
  categories: ['communication'],
  defaultBaseUrl: 'https://slack.com/api',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifySlack,
  messaging: slackMessaging,
  messageHistory: slackMessageHistory,
  messageEditing: slackMessageEditing,
  channelDirectory: slackChannelDirectory,
  peopleDirectory: slackPeopleDirectory,
  ephemeralReply: slackEphemeralReply,
  fileSharing: slackFileSharing,
  interactions: slackInteractions,
  webhook: slackWebhook(() => new Date()),
  webhookInstructions: slackWebhookInstructions,
});
