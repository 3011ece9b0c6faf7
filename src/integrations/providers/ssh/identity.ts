import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import type { Connection } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its forms, and what it says when something is wrong. */

export const PROVIDER = 'ssh';

export const credentialsSchema = z.strictObject({
  privateKey: secretField('Private key in OpenSSH or PEM format, BEGIN and END lines included'),
  passphrase: secretField('Passphrase of the key, where it has one').optional(),
});

export const settingsSchema = z.object({
  user: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$/, 'must be the name of a user of the host')
    .meta({ description: 'Who signs in; needs no rights beyond the directory and the commands of the targets' }),
  hostKeys: z
    .array(
      z
        .string()
        .trim()
        .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must look like SHA256:… as ssh-keygen -lf shows it'),
    )
    .min(1)
    .max(10)
    .meta({ description: 'Fingerprints of the keys that the host may show; any other host is refused' }),
  directory: z
    .string()
    .trim()
    .regex(/^\/[^\0\r\n]{0,500}[^/\0\r\n]$/, 'must be an absolute path without a slash at its end')
    .meta({ description: 'Directory on the host under which services live' }),
});

export type SshConnection = Connection<
  { privateKey: Secret; passphrase?: Secret | undefined },
  { user: string; hostKeys: string[]; directory: string }
>;

/** Commands run in the directory of the release that is current, with its variables; `{side}` and `{directory}` are filled in. */
const command = z
  .array(
    z
      .string()
      .max(4096)
      .refine((text) => !/[\0\r]/.test(text), 'must not hold a NUL or carriage return'),
  )
  .min(1)
  .max(100);
const milliseconds = (max: number) => z.int().min(0).max(max);
const port = z.int().min(1).max(65_535);

/** The config of a target: how its service is started, ended and asked for. */
export const placeSchema = z.strictObject({
  /** Returns when the service is on its way; starting what runs is success. */
  start: command,
  /** Asks it to end. */
  stop: command,
  /** 0 = ready, 3 = does not run, 1 and 2 = failed, 75 = on its way. */
  status: command,
  /** Ends it by force, where `stop` did not within the grace. */
  kill: command.optional(),
  /** The port of each side, told as PORT; without it no address is known. */
  ports: z
    .strictObject({ blue: port, green: port })
    .refine(({ blue, green }) => blue !== green, 'must be different ports')
    .optional(),
  /** Where probes and traffic reach the host, when that is another name than ours for it. */
  address: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/, 'must be a name or an IPv4 address')
    .optional(),
  /** How long after its start a service that does not run yet counts as on its way. */
  startWithinMs: milliseconds(3_600_000).default(10_000),
  /** How long what is replaced may take to end by itself. */
  graceMs: milliseconds(3_600_000).default(10_000),
});

export type PlaceConfig = z.output<typeof placeSchema>;

export const trouble = (kind: ProviderErrorKind, why: string) => new ProviderError(kind, `${PROVIDER}: ${why}`, { provider: PROVIDER });

/** Hosts of schemes that browsers do not know are not put into their usual form; those of `http` are. */
export function hostOf(baseUrl: string): { host: string; port: number } {
  const { port } = new URL(baseUrl);
  const { hostname } = new URL(baseUrl.replace(/^ssh:/, 'http:'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || 22 };
}
