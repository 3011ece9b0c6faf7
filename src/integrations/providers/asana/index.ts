import { defineProvider } from '../../kit/define-provider.ts';
import { type AsanaCredentials, type AsanaSettings, credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { asanaIssueTracker } from './issue-tracker.ts';
import { verifyAsana } from './verify.ts';
import { asanaWebhook } from './webhook.ts';
import { asanaWebhookInstructions } from './webhook-instructions.ts';
import { asanaWebhookRegistrar } from './webhook-registrar.ts';

export const asana = defineProvider<AsanaCredentials, AsanaSettings>({
  id: PROVIDER,
  displayName: 'Asana',
  categories: ['project-management'],
  defaultBaseUrl: 'https://app.asana.com/api/1.0',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyAsana,
  issueTracker: asanaIssueTracker,
  webhook: asanaWebhook,
  webhookRegistrar: asanaWebhookRegistrar,
  webhookInstructions: asanaWebhookInstructions,
});
