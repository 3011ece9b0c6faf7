import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import { openLogStream } from './log-stream.ts';
import { Secret } from './secret.ts';

export type { Logger } from 'pino';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = Level | 'silent';

interface LoggerOptions {
  level: LogLevel;
  /** Which process speaks: api, scheduler, worker. */
  name: string;
  /** Standard output when absent. */
  destination?: DestinationStream;
}

/** In lower case. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'set-cookie',
  'token',
  'accesstoken',
  'refreshtoken',
  'bottoken',
  'password',
  'secret',
  'signingsecret',
  'clientsecret',
  'privatekey',
  'credentials',
  'apikey',
  'x-api-key',
]);
const HIDDEN = String(new Secret(''));
const DEPTH = 2;
const MAX_CAUSES = 5;

/**
 * JSON lines. `Secret` values hide themselves; this is the second net, for secrets that travel as plain text under a telling name, at the
 * top of the logged object or one or two levels down.
 */
export function createLogger({ level, name, destination }: LoggerOptions): Logger {
  const options = {
    level,
    name,
    serializers: { err: describeError, error: describeError },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: hideSecrets, bindings: hideSecrets },
  };
  return pino(options, destination ?? standardOutput());
}

function standardOutput(): DestinationStream {
  // Asking for it makes a pipe non-blocking: a write to a full one fails then, where it would hold up the end of the process.
  const stream = openLogStream(process.stdout.fd);
  process.once('exit', () => stream.flushSync());
  return stream;
}

/** The object itself when there is nothing to hide in it, else a copy; `depth` levels further down are looked at, too. */
function hideSecrets(object: Record<string, unknown>, depth: unknown = DEPTH): Record<string, unknown> {
  const levels = typeof depth === 'number' ? depth : DEPTH;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(object)) {
    const value = object[key];
    const shown = SECRET_KEYS.has(key.toLowerCase()) ? HIDDEN : levels > 0 && isPlain(value) ? hideSecrets(value, levels - 1) : value;
    if (shown === value) continue;
    copy ??= { ...object };
    copy[key] = shown;
  }
  return copy ?? object;
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

interface ErrorDescription {
  name: string;
  message: string;
  kind?: string;
  code?: string;
  frames?: string[];
  cause?: ErrorDescription;
}

/**
 * Only what says what happened: libraries hang requests, headers, SQL parameters and configuration on their errors, so nothing else of an
 * error is logged.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error, message: typeof error === 'string' ? withoutSecrets(error) : 'not an Error' };
  return {
    name: error.name,
    message: withoutSecrets(error.message),
    ...('kind' in error && typeof error.kind === 'string' ? { kind: error.kind } : {}),
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    ...(error.stack === undefined ? {} : { frames: frames(error.stack) }),
    ...(error.cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** The stack's own copy of the message is left out: it is the unredacted one. */
function frames(stack: string): string[] {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim().slice(3));
}

/** Passwords in URLs, and the parameter list that the query builder appends to a failed statement. */
function withoutSecrets(message: string): string {
  return message.replace(/(:\/\/[^/\s:@]*:)[^@\s/]+@/g, '$1[redacted]@').replace(/\nparams: [\s\S]*$/, '\nparams: [redacted]');
}
