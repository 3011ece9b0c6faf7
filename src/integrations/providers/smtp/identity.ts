import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'smtp';

/** What every mail server takes, and nothing that means more in a header or a command than it seems. */
const ADDRESS =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

export const isAddress = (text: string): boolean => ADDRESS.test(text);

const none = z.strictObject({}).meta({ title: 'No sign-in: the server knows us by where we are' });

const login = z
  .strictObject({
    user: z.string().trim().min(1).max(320).meta({ description: 'As the mail server knows it, often the whole address' }),
    password: secretField('Password of the user; where the mailbox has two factors, an app password'),
  })
  .meta({ title: 'User and password' });

export const credentialsSchema = z.union([login, none]);

export const settingsSchema = z.object({
  from: z.string().trim().refine(isAddress, 'must be one e-mail address').meta({ description: 'Address the mails come from' }),
  fromName: z.string().trim().max(100).default('Signalbox').meta({ description: 'Name beside it' }),
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
    .meta({ description: 'For a relay in the operator’s own network that has no TLS; never over the internet, never with a password' }),
});

export type SmtpConnection = Connection<
  { user?: undefined; password?: undefined } | { user: string; password: Secret },
  z.output<typeof settingsSchema>
>;

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/** The server behind a base URL. */
export interface Server {
  host: string;
  port: number;
  /** Encrypted from the first byte; otherwise by STARTTLS. */
  isImplicitTls: boolean;
}

const PORTS = { smtp: 587, smtps: 465 };

/** Hosts of schemes that browsers do not know are not put into their usual form; those of `http` are. */
export function serverOf(baseUrl: string): Server {
  const isImplicitTls = baseUrl.startsWith('smtps:');
  const { port } = new URL(baseUrl);
  const { hostname } = new URL(baseUrl.replace(/^smtps?:/, 'http:'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || PORTS[isImplicitTls ? 'smtps' : 'smtp'], isImplicitTls };
}
