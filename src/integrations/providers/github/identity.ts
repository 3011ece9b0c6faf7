import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential forms and what is not secret. */

export const PROVIDER = 'github';

const numericId = (description: string) =>
  z
    .string()
    .trim()
    .regex(/^[1-9]\d{0,19}$/, 'digits only')
    .meta({ description });

const tokenSchema = z
  .strictObject({
    token: secretField('Personal access token, classic (scope repo) or fine-grained (see the scopes in the provider README)'),
  })
  .meta({ title: 'Personal access token' });

const appSchema = z
  .strictObject({
    kind: z.literal('app').meta({ description: 'Installation of a GitHub App' }),
    appId: numericId('App ID, on the settings page of the app'),
    installationId: numericId('Number at the end of the address of the installation; found by the repository when absent').optional(),
    privateKey: secretField('Private key of the app: the whole PEM file')
      .refine(isRsaKey, 'not an RSA private key in PEM format: paste the whole file, BEGIN and END lines included')
      .meta({ description: 'Private key of the app: the whole PEM file', format: 'password', writeOnly: true }),
  })
  .meta({ title: 'GitHub App' });

export const credentialsSchema = z.union([tokenSchema, appSchema]);
export type GithubCredentials = z.output<typeof credentialsSchema>;
export type AppCredentials = z.output<typeof appSchema>;

const segment = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/, 'letters, digits, dot, dash and underscore only')
  .meta({ description: 'As in the address of the repository' });

export const settingsSchema = z.object({
  owner: segment,
  repo: segment,
  defaultBranch: z.string().min(1).max(255).optional(),
});

export type GithubConnection = Connection<GithubCredentials, z.infer<typeof settingsSchema>>;

/** The PEM text of a key that may have been pasted on one line with `\n` spelt out, as environment files keep it. */
export function pemOf(key: Secret): string {
  return key.reveal().replaceAll('\\n', '\n');
}

function isRsaKey(key: Secret): boolean {
  try {
    return createPrivateKey(pemOf(key)).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
