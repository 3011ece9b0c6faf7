import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { signingSecretField } from '../../kit/standard-webhooks.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'webhook';

const SECRET = 'Signing secret that the receiver knows, too: whsec_ followed by the base64 of 24 to 64 random bytes';

export const credentialsSchema = z.object({
  signingSecret: signingSecretField(SECRET),
});

export const settingsSchema = z.object({});

export type WebhookConnection = Connection<{ signingSecret: Secret }, z.infer<typeof settingsSchema>>;
