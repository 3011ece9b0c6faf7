import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import type { SmtpConnection } from './identity.ts';
import { withServer } from './transport.ts';

/** Goes as far as signing in and sends nothing: whether the server takes mails for an address shows when one is sent. */
export async function verifySmtp(connection: SmtpConnection, deps: AdapterDeps): Promise<Verification> {
  try {
    await withServer(connection, deps, 'sign in', (transport) => transport.verify());
    return { ok: true, account: connection.credentials.user ?? connection.settings.from, expiresAt: null, rateLimit: null };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [`The mail server does not let us send: ${error.message}.`] };
  }
}
