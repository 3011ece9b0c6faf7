import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { bitbucketSourceArchive } from './source-archive.ts';
import { bitbucketSourceControl } from './source-control.ts';
import { verifyBitbucket } from './verify.ts';
import { bitbucketWebhook } from './webhook.ts';
import { bitbucketWebhookInstructions, bitbucketWebhookRegistrar } from './webhook-registrar.ts';

/** Bitbucket Cloud: source control, webhooks. */
export const bitbucket = defineProvider({
  id: PROVIDER,
  displayName: 'Bitbucket',
  categories: ['scm'],
  defaultBaseUrl: 'https://api.bitbucket.org/2.0',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyBitbucket,
  sourceControl: bitbucketSourceControl,
  sourceArchive: bitbucketSourceArchive,
  webhook: bitbucketWebhook,
  webhookRegistrar: bitbucketWebhookRegistrar,
  webhookInstructions: bitbucketWebhookInstructions,
});
