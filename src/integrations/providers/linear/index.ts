import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { linearIssueTracker } from './issue-tracker.ts';
import { verifyLinear } from './verify.ts';
import { linearWebhook } from './webhook.ts';
import { linearWebhookInstructions } from './webhook-instructions.ts';
import { linearWebhookRegistrar } from './webhook-registrar.ts';

export const linear = defineProvider({
  id: PROVIDER,
  displayName: 'Linear',
  categories: ['project-management'],
  defaultBaseUrl: 'https://api.linear.app',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyLinear,
  issueTracker: linearIssueTracker,
  webhook: linearWebhook(() => new Date()),
  webhookRegistrar: linearWebhookRegistrar,
  webhookInstructions: linearWebhookInstructions,
});
