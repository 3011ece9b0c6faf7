import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential forms and what is not secret. */

export const PROVIDER = 'linear';

const apiKeySchema = z
  .strictObject({ apiKey: secretField('Personal API key (lin_api_…), from Settings → Security & access') })
  .meta({ title: 'Personal API key' });

const oauthSchema = z
  .strictObject({
    kind: z.literal('oauth').meta({ description: 'Access token of an OAuth application' }),
    accessToken: secretField('OAuth access token with the scopes read and write'),
  })
  .meta({ title: 'OAuth access token' });

export const credentialsSchema = z.union([apiKeySchema, oauthSchema]);
export type LinearCredentials = z.output<typeof credentialsSchema>;

export const settingsSchema = z.object({
  team: z.string().trim().min(1).max(255).optional().meta({
    description: 'Key of the team that is checked when the connection is verified, and whose webhooks are set up; all teams when empty',
  }),
});

export type LinearConnection = Connection<LinearCredentials, z.output<typeof settingsSchema>>;
