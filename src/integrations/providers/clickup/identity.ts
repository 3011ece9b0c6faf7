import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'clickup';

export const credentialsSchema = z.strictObject({
  token: secretField('Personal API token (pk_…, Settings → Apps), or the access token of an OAuth app'),
});

export const settingsSchema = z.object({
  teamId: z
    .string()
    .trim()
    .regex(/^\d{1,20}$/, 'the digits after app.clickup.com/ in the address of the Workspace')
    .optional()
    .meta({ title: 'Workspace ID', description: 'Needed where the token sees more than one Workspace' }),
});

export type ClickupConnection = Connection<{ token: Secret }, z.infer<typeof settingsSchema>>;
