import { createPrivateKey } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'app-store-connect';

export const credentialsSchema = z.strictObject({
  issuerId: z
    .string()
    .trim()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'not an issuer ID: it looks like 57246542-96fe-1a63-e053-0824d011072a')
    .meta({ description: 'Issuer ID, above the list of team keys (Users and Access → Integrations → App Store Connect API)' }),
  keyId: z
    .string()
    .trim()
    .regex(/^[A-Z0-9]{4,32}$/, 'capital letters and digits only')
    .meta({ description: 'Key ID, in the list of team keys' }),
  privateKey: secretField('Private key of the team key: the whole .p8 file')
    .refine(isP256Key, 'not an EC P-256 private key in PEM format: paste the whole .p8 file, BEGIN and END lines included')
    .meta({ description: 'Private key of the team key: the whole .p8 file', format: 'password', writeOnly: true }),
});
export type AscCredentials = z.output<typeof credentialsSchema>;

export const settingsSchema = z.object({});

export type AscConnection = Connection<AscCredentials, z.infer<typeof settingsSchema>>;

/** The PEM text of a key that may have been pasted on one line with `\n` spelt out, as environment files keep it. */
export function pemOf(key: Secret): string {
  return key.reveal().replaceAll('\\n', '\n');
}

function isP256Key(key: Secret): boolean {
  try {
    return createPrivateKey(pemOf(key)).asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}
