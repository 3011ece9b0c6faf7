import type { TlsIdentity } from '../../platform/tls-identity.ts';
import type { GuardedFetch } from './guard-fetch.ts';

export type { TlsIdentity } from '../../platform/tls-identity.ts';

/** The same door with an identity of its own. Only the process's fetch for outside reads it; another takes no notice. */
export function withIdentity(fetch: GuardedFetch, tls: TlsIdentity): GuardedFetch {
  if (Object.keys(tls).length === 0) return fetch;
  return (input, init) => fetch(input, { ...init, tls } as RequestInit);
}
