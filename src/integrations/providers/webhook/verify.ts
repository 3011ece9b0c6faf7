import { randomUUID } from 'node:crypto';
import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { deliver } from './deliver.ts';
import type { WebhookConnection } from './identity.ts';

/** Sends a signed `ping`: the receiver shows that it is there and knows the secret. */
export async function verifyWebhook(connection: WebhookConnection, deps: AdapterDeps): Promise<Verification> {
  try {
    await deliver(connection, deps, `ping_${randomUUID()}`, { type: 'ping' });
    return { ok: true, account: new URL(connection.baseUrl).host, expiresAt: null, rateLimit: null };
  } catch (error) {
    if (!(error instanceof ProviderError) || ['timeout', 'unavailable', 'rate-limited'].includes(error.kind)) throw error;
    return { ok: false, problems: [`The receiver does not take a ping: ${error.message}.`] };
  }
}
