import { Secret } from './secret.ts';

interface RedisAuth {
  username: string | null;
  password: Secret | null;
  /** TLS to the servers (`rediss://`, `rediss+sentinel://`, `rediss+cluster://`). */
  tls: boolean;
}

interface RedisAddress {
  host: string;
  port: number;
}

/** Where Redis is, as read from `REDIS_URL`. */
export type RedisTarget =
  | ({ kind: 'single'; db: number } & RedisAddress & RedisAuth)
  /** The password is used for the servers and for the sentinels; the name is the monitored master's. */
  | ({ kind: 'sentinel'; sentinels: RedisAddress[]; master: string; db: number } & RedisAuth)
  /** A cluster has database 0 only. */
  | ({ kind: 'cluster'; nodes: RedisAddress[] } & RedisAuth);

const FORMS =
  'must be redis://[user:pass@]host:6379/0, rediss://…, redis+sentinel://[user:pass@]h1:26379,h2:26379/master/0 or redis+cluster://[user:pass@]h1:6379,h2:6379';

// Not `new URL`: it accepts one host only.
const REDIS_URL = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/]*)@)?([^/?#]+)(\/[^?#]*)?$/;

/** Throws an `Error` that says what is wrong and never repeats the value, which may hold a password. */
export function parseRedisUrl(text: string): RedisTarget {
  const match = REDIS_URL.exec(text);
  if (!match) throw new Error(FORMS);
  const [, scheme, topology, userinfo, hosts = '', path = ''] = match;
  const auth = { ...parseUserinfo(userinfo), tls: scheme === 'rediss' };
  const segments = path.split('/').filter((segment) => segment !== '');
  if (topology === 'cluster') {
    if (segments.length > 0 && segments.join('/') !== '0') throw new Error('a Redis Cluster has database 0 only');
    return { kind: 'cluster', nodes: parseHosts(hosts, 6379), ...auth };
  }
  if (topology === 'sentinel') {
    const [master, db, ...rest] = segments;
    if (master === undefined || rest.length > 0) throw new Error('must name the master: redis+sentinel://h1:26379,h2:26379/master/0');
    return { kind: 'sentinel', sentinels: parseHosts(hosts, 26379), master: decode(master), db: parseDb(db), ...auth };
  }
  const [address, ...others] = parseHosts(hosts, 6379);
  if (address === undefined || others.length > 0 || segments.length > 1) throw new Error(FORMS);
  return { kind: 'single', ...address, db: parseDb(segments[0]), ...auth };
}

function parseUserinfo(userinfo: string | undefined): { username: string | null; password: Secret | null } {
  if (userinfo === undefined || userinfo === '') return { username: null, password: null };
  const colon = userinfo.indexOf(':');
  // `redis://name@host` has a user and no password; Redis itself has no such login, so it is a mistyped password.
  if (colon === -1) throw new Error('needs a colon before the password: redis://:password@host:6379');
  const username = decode(userinfo.slice(0, colon));
  return { username: username === '' ? null : username, password: new Secret(decode(userinfo.slice(colon + 1))) };
}

function parseHosts(list: string, defaultPort: number): RedisAddress[] {
  return list.split(',').map((entry) => {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/.exec(entry);
    const port = Number(match?.[2] ?? defaultPort);
    if (match?.[1] === undefined || port < 1 || port > 65_535) throw new Error(FORMS);
    return { host: match[1].replace(/^\[|\]$/g, ''), port };
  });
}

function parseDb(segment: string | undefined): number {
  if (segment === undefined) return 0;
  if (!/^\d{1,3}$/.test(segment)) throw new Error('the Redis database must be a number');
  return Number(segment);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('has a % that begins no escape; write %25');
  }
}
