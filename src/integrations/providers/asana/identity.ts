import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

export const PROVIDER = 'asana';

/** Who calls: a person or service account by its token, or an app of one's own that a person has let in. */
export const credentialsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('token').meta({ description: 'Personal access token or service account token' }),
    token: secretField('Token of the account that Signalbox acts as'),
  }),
  z.object({
    kind: z.literal('oauth').meta({ description: 'OAuth app' }),
    clientId: z.string().trim().min(1).max(255).meta({ description: 'Client ID of the app' }),
    clientSecret: secretField('Client secret of the app'),
    refreshToken: secretField('Refresh token of the person who has let the app in'),
  }),
]);
export type AsanaCredentials = z.output<typeof credentialsSchema>;

const gid = z.string().trim().regex(/^\d+$/, 'must be the number of the project, as its address shows it');
const sectionNames = z.array(z.string().trim().min(1).max(255)).max(100).optional();

export const settingsSchema = z.object({
  project: gid
    .optional()
    .meta({ description: 'Project (gid) that is checked when the connection is verified, and that the webhook watches' }),
  openSections: sectionNames.meta({ description: 'Names of sections whose tasks are open, in place of the usual names' }),
  inProgressSections: sectionNames.meta({ description: 'Names of sections whose tasks are in progress, in place of the usual names' }),
  doneSections: sectionNames.meta({ description: 'Names of sections whose tasks are done, in place of the usual names' }),
});
export type AsanaSettings = z.output<typeof settingsSchema>;

export type AsanaConnection = Connection<AsanaCredentials, AsanaSettings>;
