import { defineProvider } from '../../kit/define-provider.ts';
import { gitlabCi } from './ci.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { gitlabReleaseObjects } from './release-objects.ts';
import { gitlabSourceArchive } from './source-archive.ts';
import { gitlabSourceControl } from './source-control.ts';
import { verifyGitlab } from './verify.ts';
import { gitlabWebhook } from './webhook.ts';
import { webhookInstructions } from './webhook-instructions.ts';
import { gitlabWebhookRegistrar } from './webhook-registrar.ts';

/** GitLab.com and self-managed GitLab: source control, releases, CI/CD pipelines, webhooks. */
export const gitlab = defineProvider({
  id: PROVIDER,
  displayName: 'GitLab',
  categories: ['scm', 'ci-cd'],
  defaultBaseUrl: 'https://gitlab.com',
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyGitlab,
  sourceControl: gitlabSourceControl,
  sourceArchive: gitlabSourceArchive,
  releaseObjects: gitlabReleaseObjects,
  ci: gitlabCi,
  webhook: gitlabWebhook(() => new Date()),
  webhookRegistrar: gitlabWebhookRegistrar,
  webhookInstructions,
});
