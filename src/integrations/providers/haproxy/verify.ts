import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { addressOf, type HaproxyConnection } from './identity.ts';
import { haproxyRuntime } from './runtime.ts';

/** Asks who answers and what we may do there. */
export async function verifyHaproxy(connection: HaproxyConnection, deps: AdapterDeps): Promise<Verification> {
  if (addressOf(connection.baseUrl) === null) {
    return {
      ok: false,
      problems: [
        'The base URL must be unix://localhost/<path of the socket below the tenant’s directory of LOCAL_RUNNER_ROOT>, or tcp://<host>:<port>.',
      ],
    };
  }
  try {
    const reply = await haproxyRuntime(connection, deps).send('ask who answers', ['show cli level', 'show info']);
    const level = /^(admin|operator|user)$/m.exec(reply)?.[1];
    const version = /^Version: (\S+)$/m.exec(reply)?.[1];
    if (version === undefined) return { ok: false, problems: ['What answers there is not the runtime API of HAProxy ("stats socket").'] };
    if (level !== 'admin') {
      return {
        ok: false,
        problems: [
          `The socket has the level "${level ?? 'unknown'}": give its "stats socket" line "level admin", which setting weights needs.`,
        ],
      };
    }
    return { ok: true, account: `HAProxy ${version}`, expiresAt: null, rateLimit: null };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [error.message] };
  }
}
