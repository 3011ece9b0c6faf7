import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { ascTrouble } from './asc-error.ts';
import { ascClient } from './client.ts';
import type { AscConnection } from './identity.ts';
import { appPage } from './schema.ts';

/**
 * Asks what a release would need: that Apple takes the token, that it shows apps, and that the key may see their reviews. Apple does not tell
 * which role a key has; what only App Manager or Admin may do shows with the first submission.
 */
export async function verifyAsc(connection: AscConnection, deps: AdapterDeps): Promise<Verification> {
  const client = ascClient(connection, deps);
  const { keyId } = connection.credentials;
  try {
    const { response, json } = await client.firstApp();
    const apps = appPage.safeParse(json);
    if (!apps.success) throw ascTrouble('malformed', 'read apps was answered in an unexpected shape');
    const [app] = apps.data.data;
    if (!app) {
      return { ok: false, problems: [`The key ${keyId} sees no app: create the app in App Store Connect, or give the key access to it.`] };
    }
    await client.openSubmissions(app.id);
    return { ok: true, account: `team key ${keyId}`, expiresAt: null, rateLimit: hourlyLimit(response.headers) };
  } catch (error) {
    const problem = error instanceof ProviderError ? problemOf(error, keyId) : null;
    if (problem === null) throw error;
    return { ok: false, problems: [problem] };
  }
}

/** `user-hour-lim:3500;user-hour-rem:3499;`, over the last sixty minutes: nothing resets at once. */
function hourlyLimit(headers: Headers): { limit: number; remaining: number; resetsAt: null } | null {
  const value = headers.get('x-rate-limit') ?? '';
  const limit = /user-hour-lim:(\d+)/.exec(value)?.[1];
  const remaining = /user-hour-rem:(\d+)/.exec(value)?.[1];
  return limit && remaining ? { limit: Number(limit), remaining: Number(remaining), resetsAt: null } : null;
}

/** `null` when the question could not be asked. */
function problemOf(error: ProviderError, keyId: string): string | null {
  switch (error.kind) {
    case 'unauthorized':
      return `App Store Connect does not accept the key ${keyId} (${error.message}). Check issuer ID, key ID and private key, that the key was not revoked, and that this server's clock is right.`;
    case 'forbidden':
      return `App Store Connect refuses the key ${keyId}: ${error.message}. It needs the role App Manager or Admin, and agreements that are in force.`;
    case 'not-found':
    case 'malformed':
      return `What answers at the base URL is not App Store Connect (${error.message}). Leave the base URL empty unless a proxy stands in between.`;
    case 'invalid':
    case 'conflict':
      return error.message;
    case 'rate-limited':
    case 'timeout':
    case 'unavailable':
      return null;
    default:
      return error.kind satisfies never;
  }
}
