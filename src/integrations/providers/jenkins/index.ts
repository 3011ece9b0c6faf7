import { defineProvider } from '../../kit/define-provider.ts';
import { jenkinsCi } from './ci.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { verifyJenkins } from './verify.ts';
import { jenkinsWebhook } from './webhook.ts';
import { webhookInstructions } from './webhook-instructions.ts';

/** Jenkins: jobs and multibranch pipelines as CI, webhooks sent by its jobs. */
export const jenkins = defineProvider({
  id: PROVIDER,
  displayName: 'Jenkins',
  categories: ['ci-cd'],
  defaultBaseUrl: null,
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyJenkins,
  ci: jenkinsCi,
  webhook: jenkinsWebhook,
  webhookInstructions,
});
