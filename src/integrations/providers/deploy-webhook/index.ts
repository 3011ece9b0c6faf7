import { randomUUID } from 'node:crypto';
import { defineProvider } from '../../kit/define-provider.ts';
import { verifyByPing } from '../../kit/signed-post.ts';
import { webhookDeployTarget } from './deploy-target.ts';
import { credentialsSchema, type DeployWebhookConnection, PROVIDER, settingsSchema } from './identity.ts';
import { deployWebhookInstructions, deployWebhookSource } from './webhook.ts';

/** Services run by a receiver that people write themselves. */
export const deployWebhook = defineProvider({
  id: PROVIDER,
  displayName: 'Deploy webhook',
  categories: ['deployment'],
  defaultBaseUrl: null, // the receiver is theirs
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: (connection: DeployWebhookConnection, deps) => verifyByPing({ provider: PROVIDER, connection, id: `ping_${randomUUID()}` }, deps),
  deployTarget: webhookDeployTarget,
  webhook: deployWebhookSource(() => new Date()),
  webhookInstructions: deployWebhookInstructions,
});
