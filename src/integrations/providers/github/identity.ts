import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'github';

export const credentialsSchema = z.object({
  token: secretField('Personal access token, classic (scope repo) or fine-grained (see the scopes in the provider README)'),
});

const segment = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dot, dash and underscore only')
  .meta({ description: 'As in the address of the repository' });

export const settingsSchema = z.object({
  owner: segment,
  repo: segment,
  defaultBranch: z.string().min(1).max(255).optional(),
});

export type GithubConnection = Connection<{ token: Secret }, z.infer<typeof settingsSchema>>;
