import { z } from 'zod';
import type { SignedConnection } from '../../kit/signed-post.ts';
import { signingSecretField } from '../../kit/standard-webhooks.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'metrics-webhook';

export const credentialsSchema = z.strictObject({
  signingSecret: signingSecretField('Signing secret that the receiver knows, too: whsec_ followed by the base64 of 24 to 64 random bytes'),
});

export const settingsSchema = z.strictObject({});

export type MetricsWebhookConnection = SignedConnection<z.output<typeof settingsSchema>>;
