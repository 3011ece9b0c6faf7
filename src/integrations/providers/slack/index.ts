import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { slackMessaging } from './messaging.ts';
import { verifySlack } from './verify.ts';
import { slackWebhook } from './webhook.ts';
import { slackWebhookInstructions } from './webhook-instructions.ts';

/** Slack: messages to channels and threads; events and interactivity in. */
export const slack = defineProvider({
  id: PROVIDER,
  displayName: 'Slack',
  categories: ['communication'],
  defaultBaseUrl: 'https://slack.com/api',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifySlack,
  messaging: slackMessaging,
  webhook: slackWebhook(() => new Date()),
  webhookInstructions: slackWebhookInstructions,
});
