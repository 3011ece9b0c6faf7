import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';

/** The provider's id, its forms, and what it says when something is wrong. */

export const PROVIDER = 'local-runner';

export const credentialsSchema = z.strictObject({}).meta({ title: 'None: services run as the user of the worker' });

export const settingsSchema = z.object({
  maxUnpackedMb: z
    .int()
    .min(1)
    .max(100_000)
    .default(2048)
    .meta({ description: 'Largest that an archive may become when it is unpacked, megabytes' }),
});

export type LocalConnection = Connection<Record<string, never>, z.output<typeof settingsSchema>>;

const noNull = (text: string) => !text.includes('\0');
const milliseconds = (max: number) => z.int().min(0).max(max);

/** The config of a target: how its service is run. */
export const placeSchema = z.strictObject({
  /** Program and words; run in the directory of the release, by no shell. */
  command: z.array(z.string().max(4096).refine(noNull, 'must not hold a NUL character')).min(1).max(200),
  /** Tells each replica the port it shall listen on; null = it listens on none. */
  portVariable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be the name of a variable')
    .nullable()
    .default('PORT'),
  /** Where replicas listen, and are reached. */
  host: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/, 'must be a name or an IPv4 address of this machine')
    .default('127.0.0.1'),
  /** Without a port: how long it must have run to count as ready. */
  settleMs: milliseconds(600_000).default(2_000),
  /** How long a replica must serve until earlier exits are forgotten. */
  stableMs: milliseconds(3_600_000).default(10_000),
  /** How long what is replaced goes on serving beside what replaces it, so that whoever sends traffic can move over. */
  overlapMs: milliseconds(3_600_000).default(10_000),
  /** How long what is replaced may take to end by itself. */
  graceMs: milliseconds(3_600_000).default(10_000),
  /** Size at which a replica's log is put aside; one old one is kept. */
  logMb: z.int().min(1).max(10_000).default(20),
  /** Of each process. */
  limits: z
    .strictObject({
      memoryMb: z.int().min(8).max(10_000_000).optional(),
      openFiles: z.int().min(16).max(1_000_000).optional(),
      cpuSeconds: z.int().min(1).max(100_000_000).optional(),
    })
    .default({}),
});

export type PlaceConfig = z.output<typeof placeSchema>;

export const trouble = (kind: ProviderErrorKind, why: string, cause?: unknown) =>
  new ProviderError(kind, `${PROVIDER}: ${why}`, { provider: PROVIDER, cause });
