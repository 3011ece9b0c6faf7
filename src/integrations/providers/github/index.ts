import { defineProvider } from '../../kit/define-provider.ts';
import { githubCi } from './ci.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { githubReleaseObjects } from './release-objects.ts';
import { githubSourceArchive } from './source-archive.ts';
import { githubSourceControl } from './source-control.ts';
import { verifyGithub } from './verify.ts';
import { githubWebhook } from './webhook.ts';
import { githubWebhookInstructions } from './webhook-instructions.ts';
import { githubWebhookRegistrar } from './webhook-registrar.ts';

/** GitHub.com and GitHub Enterprise: source control, Actions, webhooks. */
export const github = defineProvider({
  id: PROVIDER,
  displayName: 'GitHub',
  categories: ['scm', 'ci-cd'],
  defaultBaseUrl: 'https://api.github.com',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyGithub,
  sourceControl: githubSourceControl,
  sourceArchive: githubSourceArchive,
  releaseObjects: githubReleaseObjects,
  ci: githubCi,
  webhook: githubWebhook,
  webhookRegistrar: githubWebhookRegistrar,
  webhookInstructions: githubWebhookInstructions,
});
