import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'slack';

export const credentialsSchema = z.object({
  botToken: secretField('Bot User OAuth Token of the app (xoxb-…), from its page "OAuth & Permissions"'),
  signingSecret: secretField(
    'Signing secret of the app, from its page "Basic Information"; only needed for events and interactivity',
  ).optional(),
});

export const settingsSchema = z.object({
  approvals: z.boolean().default(false).meta({
    description: 'People answer with buttons: verification demands the scopes users:read, users:read.email, im:write and im:history',
  }),
  files: z
    .boolean()
    .default(false)
    .meta({ description: 'Files are shared, e.g. release notes: verification demands the scopes files:write and files:read' }),
});

export type SlackConnection = Connection<{ botToken: Secret; signingSecret?: Secret | undefined }, z.infer<typeof settingsSchema>>;
