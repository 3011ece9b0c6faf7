import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'bitbucket';

export const credentialsSchema = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('api-token').meta({ description: 'API token of an Atlassian account' }),
      email: z.string().trim().min(3).max(320).meta({ description: 'E-mail address of the Atlassian account the token belongs to' }),
      apiToken: secretField('API token with scopes for Bitbucket (see the scopes in the provider README)'),
    })
    .meta({ title: 'API token' }),
  z
    .strictObject({
      kind: z.literal('access-token').meta({ description: 'Access token of a repository, project or workspace' }),
      token: secretField('Repository, project or workspace access token'),
    })
    .meta({ title: 'Access token' }),
  z
    .strictObject({
      kind: z.literal('oauth-consumer').meta({ description: 'OAuth consumer of the workspace, marked as private' }),
      clientId: z.string().trim().min(1).max(255).meta({ description: 'Key of the OAuth consumer' }),
      clientSecret: secretField('Secret of the OAuth consumer'),
    })
    .meta({ title: 'OAuth consumer' }),
]);
export type BitbucketCredentials = z.output<typeof credentialsSchema>;

const segment = (description: string) =>
  z
    .string()
    .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dot, dash and underscore only')
    .meta({ description });

export const settingsSchema = z.object({
  workspace: segment('Workspace ID, as in the address of the repository'),
  repo: segment('Repository slug, as in the address of the repository'),
  defaultBranch: z.string().min(1).max(255).optional().meta({ description: 'Branch that releases start from' }),
});

export type BitbucketConnection = Connection<BitbucketCredentials, z.output<typeof settingsSchema>>;

/** Trouble that we find ourselves, in our words. */
export function trouble(kind: ProviderErrorKind, message: string, retryAfterMs?: number): ProviderError {
  return new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER, retryAfterMs });
}
