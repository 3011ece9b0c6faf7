import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';
import { parseAllowRules } from './address-policy.ts';
import { createKeyring } from './crypto.ts';
import { logLevels } from './logger.ts';
import { parseRedisUrl } from './redis-target.ts';
import { Secret } from './secret.ts';

/** All configuration is environment variables, read once at start. */

interface Variable<T> {
  /** As it would stand in the environment; absent = the variable is required, '' = unset is fine. */
  default?: string;
  meaning: string;
  schema: z.ZodType<T, string>;
}

/** An empty variable counts as unset: compose files pass `NAME=` for what nobody set. */
const unset = '';

function variable<T>(definition: Variable<T>): Variable<T> {
  return definition;
}

/** Runs a parser that throws; its message must not repeat the value. */
function parsed<T>(parse: (text: string) => T): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'cannot be read' });
      return z.NEVER;
    }
  });
}

function integer(min: number, max: number): z.ZodType<number, string> {
  return parsed((text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) throw new Error(`must be a whole number from ${min} to ${max}`);
    return value;
  });
}

function databaseUrl(text: string): Secret {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['mysql:', 'mariadb:'].includes(url.protocol) || url.hostname === '' || url.pathname.length < 2) {
    throw new Error('must be mysql://user:password@host:3306/database (or mariadb://…)');
  }
  return new Secret(text);
}

function keys(text: string): Secret {
  const secret = new Secret(text);
  createKeyring(secret);
  return secret;
}

function publicUrl(text: string): string | null {
  if (text === unset) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new Error('must be an http or https address such as https://signalbox.example.com');
  }
  return url.href.replace(/\/+$/, '');
}

function localRoot(text: string): string | null {
  if (text === unset) return null;
  const path = normalize(text).replace(/\/+$/, '');
  if (!isAbsolute(path) || path === '') throw new Error('must be the absolute path of a directory, not /');
  return path;
}

function boolean(text: string): boolean {
  if (['1', 'true', 'yes'].includes(text.toLowerCase())) return true;
  if (['0', 'false', 'no'].includes(text.toLowerCase())) return false;
  throw new Error('must be true or false');
}

const milliseconds = integer(1, 86_400_000);

function optionalMilliseconds(text: string): number | null {
  return text === unset ? null : milliseconds.parse(text);
}

const variables = {
  DATABASE_URL: variable({ meaning: 'MySQL or MariaDB: `mysql://user:password@host:3306/signalbox`', schema: parsed(databaseUrl) }),
  REDIS_URL: variable({
    meaning:
      'Redis: `redis://[user:pass@]host:6379/0`, `rediss://…` (TLS), `redis+sentinel://[user:pass@]h1:26379,h2:26379/master/0`, `redis+cluster://[user:pass@]h1:6379,h2:6379`',
    schema: parsed(parseRedisUrl),
  }),
  SIGNALBOX_KEYS: variable({
    meaning: 'Encryption keys, newest first: `id:base64 of 32 random bytes,…`; make one with `openssl rand -base64 32`',
    schema: parsed(keys),
  }),
  SIGNALBOX_PREFIX: variable({
    default: '{signalbox}',
    meaning: 'Prefix of every Redis key; the braces keep the keys on one Cluster slot',
    schema: parsed((text) => {
      if (!/^[\w{}.-]{1,64}$/.test(text)) throw new Error('must be 1 to 64 of letters, digits, _ . - { }');
      return text;
    }),
  }),
  HOST: variable({ default: '0.0.0.0', meaning: 'Address every server of the process listens on', schema: z.string() }),
  PORT: variable({ default: '3000', meaning: 'Port of the API; 0 = a free one, printed', schema: integer(0, 65_535) }),
  METRICS_PORT: variable({
    default: '0',
    meaning: 'Port of metrics and health of scheduler and worker; 0 = a free one, printed',
    schema: integer(0, 65_535),
  }),
  PUBLIC_URL: variable({
    default: unset,
    meaning: 'Where people and providers reach the API (links, webhook addresses); unset = as each request says',
    schema: parsed(publicUrl),
  }),
  TRUST_PROXY: variable({
    default: 'false',
    meaning: 'Whether a proxy in front sets `X-Forwarded-*`, so that they may be believed',
    schema: parsed(boolean),
  }),
  LOG_LEVEL: variable({ default: 'info', meaning: `One of ${logLevels.join(', ')}`, schema: z.enum(logLevels) }),
  API_REQUESTS_PER_MINUTE: variable({
    default: '6000',
    meaning: 'Requests per minute and API token over all API processes; more are answered 429; 0 = no limit',
    schema: integer(0, 10_000_000),
  }),
  DATABASE_POOL_SIZE: variable({ default: '10', meaning: 'Database connections per process', schema: integer(1, 1000) }),
  PROVIDER_TIMEOUT_MS: variable({ default: '20000', meaning: 'Longest a call to a provider may take', schema: milliseconds }),
  RETRY_BASE_MS: variable({ default: '2000', meaning: 'First delay before a failed task is tried again; doubles', schema: milliseconds }),
  RETRY_MAX_MS: variable({ default: '600000', meaning: 'Longest such delay', schema: milliseconds }),
  LEASE_MS: variable({
    default: '30000',
    meaning: 'How long a claimed task belongs to its worker; after a crash another takes it up when this is over',
    schema: integer(1000, 3_600_000),
  }),
  SWEEP_INTERVAL_MS: variable({
    default: '1000',
    meaning: 'How often the scheduler looks for due work; what falls due in between starts in its instant',
    schema: integer(50, 60_000),
  }),
  POLL_INTERVAL_MS: variable({
    default: '15000',
    meaning: 'How often a waiting task looks at its provider when no webhook hurries it',
    schema: integer(100, 3_600_000),
  }),
  CALLS_PER_MINUTE: variable({
    default: '600',
    meaning: 'Calls per minute a connection may make to its provider',
    schema: integer(1, 1_000_000),
  }),
  PARALLEL_CALLS: variable({ default: '8', meaning: 'Calls a connection may have under way at its provider', schema: integer(1, 1000) }),
  SEARCH_LAG_MAX_MS: variable({
    default: unset,
    meaning:
      'Longest a provider may take to show what was written to it, before a write whose answer was lost is repeated; unset = what each provider says of itself (up to 2 minutes)',
    schema: parsed(optionalMilliseconds),
  }),
  RETENTION_DAYS: variable({
    default: '30',
    meaning: 'How long settled webhook events and messages are kept',
    schema: integer(1, 3650),
  }),
  ARTIFACTS_DIR: variable({
    default: '.data/artifacts',
    meaning: 'Directory where the artifacts of builds are kept; shared by every api and worker, and by the scheduler, which clears it',
    schema: z.string().min(1),
  }),
  ARTIFACTS_S3_BUCKET: variable({
    default: unset,
    meaning: 'Bucket of S3, or of what speaks like it, that keeps them instead; give it a lifecycle rule for incomplete multipart uploads',
    schema: z.string(),
  }),
  ARTIFACTS_S3_ENDPOINT: variable({
    default: unset,
    meaning: "Its server: `https://minio.example.com`; unset = Amazon's",
    schema: parsed(publicUrl),
  }),
  ARTIFACTS_S3_REGION: variable({ default: 'us-east-1', meaning: 'Region of the bucket', schema: z.string().min(1) }),
  ARTIFACTS_S3_PATH_STYLE: variable({
    default: 'false',
    meaning: 'Whether the bucket stands in the path instead of in the name of the host',
    schema: parsed(boolean),
  }),
  ARTIFACTS_S3_ACCESS_KEY_ID: variable({ default: unset, meaning: 'Who reads, writes and deletes there', schema: z.string() }),
  ARTIFACTS_S3_SECRET_ACCESS_KEY: variable({
    default: unset,
    meaning: 'The secret of that key',
    schema: parsed((text) => (text === unset ? null : new Secret(text))),
  }),
  ARTIFACT_MAX_MB: variable({ default: '4096', meaning: 'Largest artifact that is kept, megabytes', schema: integer(1, 1_000_000) }),
  ARTIFACT_RETENTION_DAYS: variable({
    default: '180',
    meaning: 'How long an artifact is kept',
    schema: integer(1, 36_500),
  }),
  LOCAL_RUNNER_ROOT: variable({
    default: unset,
    meaning:
      'Directory on this machine, one folder per tenant id, that connections may use: services run there, sockets and files of routers lie there; unset = nothing on this machine',
    schema: parsed(localRoot),
  }),
  OUTBOUND_ALLOW: variable({
    default: unset,
    meaning:
      'Private addresses that connections and webhooks may reach: networks, addresses or hosts, each with or without port (`10.0.0.0/8,jira.internal:8080`)',
    schema: parsed(parseAllowRules),
  }),
  SHUTDOWN_GRACE_MS: variable({
    default: '20000',
    meaning: 'How long a process may take to end its work after SIGTERM',
    schema: milliseconds,
  }),
};

type Variables = typeof variables;
type Name = keyof Variables;
type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<S>;

/** `DATABASE_POOL_SIZE` is `databasePoolSize`, and so on. Secrets are `Secret`s. */
export type Config = { [N in Name as CamelCase<N>]: z.output<Variables[N]['schema']> };

/** For the README's table. `default` is `null` where the variable is required and '' where it may stay unset. */
export const configVariables: readonly { name: string; default: string | null; meaning: string }[] = Object.entries(variables).map(
  ([name, { default: fallback, meaning }]) => ({ name, default: fallback ?? null, meaning }),
);

/** Names every variable that is wrong, and no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly { variable: string; problem: string }[];

  constructor(problems: readonly { variable: string; problem: string }[]) {
    super(`The configuration is wrong:\n${problems.map(({ variable: name, problem }) => `  ${name} ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

type Env = Readonly<Record<string, string | undefined>>;

export function parseConfig(env: Env): Config {
  const config = parsePart(env, Object.keys(variables) as Name[]);
  const problems = contradictions(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Only these variables, for programs that need no more: migrating needs no Redis. */
export function parsePart<N extends Name>(env: Env, names: readonly N[]): Pick<Config, CamelCase<N>> {
  const problems: { variable: string; problem: string }[] = [];
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const { default: fallback, schema }: Variable<unknown> = variables[name];
    const text = env[name]?.trim() || fallback;
    if (text === undefined) {
      problems.push({ variable: name, problem: 'is required' });
      continue;
    }
    const result = schema.safeParse(text);
    if (result.success) values[camelCase(name)] = result.data;
    else problems.push({ variable: name, problem: result.error.issues.map((issue) => issue.message).join('; ') });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Each key was written above from the variable of that name, or there was a problem.
  return values as unknown as Pick<Config, CamelCase<N>>;
}

function contradictions(config: Config): { variable: string; problem: string }[] {
  const problems: { variable: string; problem: string }[] = [];
  if (config.artifactsS3Bucket !== unset) {
    if (config.artifactsS3AccessKeyId === unset)
      problems.push({ variable: 'ARTIFACTS_S3_ACCESS_KEY_ID', problem: 'is required with ARTIFACTS_S3_BUCKET' });
    if (config.artifactsS3SecretAccessKey === null)
      problems.push({ variable: 'ARTIFACTS_S3_SECRET_ACCESS_KEY', problem: 'is required with ARTIFACTS_S3_BUCKET' });
  }
  if (config.retryBaseMs > config.retryMaxMs) problems.push({ variable: 'RETRY_BASE_MS', problem: 'must not be more than RETRY_MAX_MS' });
  if (config.redisUrl.kind === 'cluster' && !/\{[^}]+\}/.test(config.signalboxPrefix)) {
    problems.push({ variable: 'SIGNALBOX_PREFIX', problem: 'must have a part in braces, such as {signalbox}, on a Redis Cluster' });
  }
  return problems;
}

function camelCase(name: string): string {
  return name.toLowerCase().replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
