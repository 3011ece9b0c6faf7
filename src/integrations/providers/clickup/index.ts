import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { clickupIssueTracker } from './issue-tracker.ts';
import { verifyClickup } from './verify.ts';
import { clickupWebhook } from './webhook.ts';
import { clickupWebhookInstructions } from './webhook-instructions.ts';
import { clickupWebhookRegistrar } from './webhook-registrar.ts';

/** ClickUp: issue tracker over REST v2, webhooks. */
export const clickup = defineProvider({
  id: PROVIDER,
  displayName: 'ClickUp',
  categories: ['project-management'],
  defaultBaseUrl: 'https://api.clickup.com/api/v2',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyClickup,
  issueTracker: clickupIssueTracker,
  webhook: clickupWebhook,
  webhookRegistrar: clickupWebhookRegistrar,
  webhookInstructions: clickupWebhookInstructions,
});
