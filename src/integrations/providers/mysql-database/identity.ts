import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its forms, and the server behind a base URL. */

export const PROVIDER = 'mysql-database';

export const credentialsSchema = z
  .strictObject({
    user: z.string().min(1).max(80).meta({ description: 'May change tables of the database, and create the one that keeps the ledger' }),
    password: secretField('Password of the user'),
  })
  .meta({ title: 'User and password' });

export const settingsSchema = z.strictObject({
  database: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[^`\0/\\.]+$/, 'must be the name of one database')
    .meta({ description: 'Whose schema moves with the services' }),
  certificate: z
    .string()
    .trim()
    .max(65_536)
    .refine(isCertificate, 'must be a certificate in PEM format, BEGIN and END lines included')
    .optional()
    .meta({ description: 'Certificate of the authority that signed the server’s, where that is one of your own' }),
  allowUnencrypted: z
    .boolean()
    .default(false)
    .meta({ description: 'For a server in the operator’s own network that has no TLS; never over the internet' }),
  lockWaitSeconds: z.number().int().min(1).max(3_600).default(30).meta({
    description: 'How long a statement waits for a table that others use. Whoever comes after it waits as long, so it is kept short',
  }),
});

export type MysqlConnection = Connection<z.output<typeof credentialsSchema>, z.output<typeof settingsSchema>>;

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

const DEFAULT_PORT = 3306;

/** Hosts of schemes that browsers do not know are not put into their usual form; those of `http` are. */
export function serverOf(baseUrl: string): { host: string; port: number } {
  const { port } = new URL(baseUrl);
  const { hostname } = new URL(baseUrl.replace(/^(mysql|mariadb):/, 'http:'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || DEFAULT_PORT };
}
