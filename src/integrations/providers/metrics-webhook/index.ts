import { randomUUID } from 'node:crypto';
import { defineProvider } from '../../kit/define-provider.ts';
import { verifyByPing } from '../../kit/signed-post.ts';
import { credentialsSchema, type MetricsWebhookConnection, PROVIDER, settingsSchema } from './identity.ts';
import { webhookMetricsSource } from './metrics-source.ts';

/** Measurements of a receiver that people write themselves. */
export const metricsWebhook = defineProvider({
  id: PROVIDER,
  displayName: 'Metrics webhook',
  categories: ['monitoring'],
  defaultBaseUrl: null, // the receiver is theirs
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: (connection: MetricsWebhookConnection, deps) =>
    verifyByPing({ provider: PROVIDER, connection, id: `ping_${randomUUID()}` }, deps),
  metricsSource: webhookMetricsSource,
});
