import { z } from 'zod';
import { secretField } from '../../kit/secret-field.ts';

/** Jira comes in two kinds that differ in REST version, authentication and text format; the credentials say which one it is. */
export const credentials = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('cloud').meta({ description: 'Jira Cloud (…atlassian.net)' }),
    email: z.string().trim().min(3).max(320).meta({ description: 'E-mail address of the account the API token belongs to' }),
    apiToken: secretField('API token of that account (without scopes)'),
  }),
  z.object({
    kind: z.literal('server').meta({ description: 'Jira Data Center or Server' }),
    token: secretField('Personal access token'),
  }),
]);
export type JiraCredentials = z.output<typeof credentials>;

export const settings = z.object({
  /** When given, `verify` asks for permissions in this project; otherwise in any. */
  projectKey: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Project whose permissions are checked when the connection is verified' }),
});
export type JiraSettings = z.output<typeof settings>;
