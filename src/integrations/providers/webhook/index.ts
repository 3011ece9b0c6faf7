import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { webhookMessaging } from './messaging.ts';
import { verifyWebhook } from './verify.ts';

/** Messages as signed webhooks, for receivers that people write themselves. */
export const webhook = defineProvider({
  id: PROVIDER,
  displayName: 'Signed webhook',
  categories: ['communication'],
  defaultBaseUrl: null, // the receiver is theirs
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifyWebhook,
  messaging: webhookMessaging,
});
