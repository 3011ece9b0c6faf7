import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { mondayIssueTracker } from './issue-tracker.ts';
import { verifyMonday } from './verify.ts';
import { mondayWebhook } from './webhook.ts';
import { mondayWebhookInstructions } from './webhook-instructions.ts';

/** monday.com: items of boards as tickets; changes of boards in. */
export const monday = defineProvider({
  id: PROVIDER,
  displayName: 'monday.com',
  categories: ['project-management'],
  defaultBaseUrl: 'https://api.monday.com',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyMonday,
  issueTracker: mondayIssueTracker,
  webhook: mondayWebhook(() => new Date()),
  webhookInstructions: mondayWebhookInstructions,
});
