import { defineProvider } from '../../kit/define-provider.ts';
import { credentialsSchema, PROVIDER, settingsSchema } from './identity.ts';
import { smtpMessaging } from './messaging.ts';
import { verifySmtp } from './verify.ts';

/** Messages as e-mail, through the tenant's own mail server. */
export const smtp = defineProvider({
  id: PROVIDER,
  displayName: 'E-mail',
  categories: ['communication'],
  defaultBaseUrl: null, // the mail server is theirs
  baseUrlSchemes: ['smtps', 'smtp'],
  credentials: credentialsSchema,
  settings: settingsSchema,
  verify: verifySmtp,
  messaging: smtpMessaging,
});
