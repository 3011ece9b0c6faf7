import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'google-play';

const NO_KEY = 'lacks an RSA private key in PEM format, "private_key"';

const keyFileSchema = z.object({
  type: z.literal('service_account', 'is not the key of a service account: its "type" must be "service_account"'),
  client_email: z.email('lacks the e-mail address of the account, "client_email"'),
  private_key: z.string(NO_KEY).refine(isRsaKey, NO_KEY),
  private_key_id: z.string().max(128).optional(),
  token_uri: z.url({ protocol: /^https?$/, error: 'lacks the address where tokens are obtained, "token_uri"' }),
});

export type KeyFile = z.output<typeof keyFileSchema>;

const HELP = 'Key of a service account: the whole JSON file, as Google Cloud let you download it';

export const credentialsSchema = z
  .strictObject({
    serviceAccount: secretField(HELP)
      .superRefine((value, context) => {
        const problem = readKeyFile(value).problem;
        // Words of ours only: the file is a secret.
        if (problem !== null) context.addIssue({ code: 'custom', message: problem });
      })
      .meta({ description: HELP, format: 'password', writeOnly: true }),
  })
  .meta({ title: 'Service account' });

/** Lower and upper case letters, digits and underscores; at least two parts. */
export const packageNamePattern = /^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/;

export const settingsSchema = z.object({
  packageName: z
    .string()
    .trim()
    .max(255)
    .regex(packageNamePattern, 'not a package name, as com.example.app is one')
    .meta({ description: 'App to verify the connection with: a service account cannot list those it may see' })
    .optional(),
});

export type GooglePlayCredentials = z.output<typeof credentialsSchema>;
export type GooglePlayConnection = Connection<GooglePlayCredentials, z.output<typeof settingsSchema>>;

export function readKeyFile(serviceAccount: Secret): { keyFile: KeyFile; problem: null } | { keyFile: null; problem: string } {
  const parsed = keyFileSchema.safeParse(jsonOf(serviceAccount.reveal()));
  if (parsed.success) return { keyFile: parsed.data, problem: null };
  const [issue] = parsed.error.issues;
  const words = issue === undefined || issue.path.length === 0 ? 'is not the JSON file of a key: paste all of it' : issue.message;
  return { keyFile: null, problem: words };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
