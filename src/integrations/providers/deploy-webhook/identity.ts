import { z } from 'zod';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import type { SignedConnection } from '../../kit/signed-post.ts';
import { signingSecretField } from '../../kit/standard-webhooks.ts';

/** The provider's id, its forms, and what it says when something is wrong. */

export const PROVIDER = 'deploy-webhook';

export const credentialsSchema = z.strictObject({
  signingSecret: signingSecretField('Signing secret that the receiver knows, too: whsec_ followed by the base64 of 24 to 64 random bytes'),
});

export const settingsSchema = z.strictObject({
  sideBySide: z.boolean().default(false).meta({ description: 'Whether both sides can run at once: canary and blue-green need it' }),
  sources: z
    .array(z.enum(['kept', 'image']))
    .min(1)
    .max(2)
    .default(['image'])
    .meta({ description: 'What the receiver can run: container images by digest, or kept archives, which it fetches by itself' }),
  maxReplicas: z.int().min(1).max(10_000).default(1).meta({ description: 'How many replicas of a side it runs at most' }),
});

export type DeployWebhookConnection = SignedConnection<z.output<typeof settingsSchema>>;

export const trouble = (kind: ProviderErrorKind, why: string) => new ProviderError(kind, `${PROVIDER}: ${why}`, { provider: PROVIDER });
