import type { AdapterDeps } from '../../kit/define-provider.ts';
import { kindOfStatus, retryAfterMs } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { isRedirect, redirectRefused } from '../../kit/transport.ts';
import { PROVIDER, type WebhookConnection } from './identity.ts';
import { signedHeaders } from './sign.ts';

/** What a person does about it. */
const adviceByStatus: Readonly<Record<number, string>> = {
  401: 'the receiver does not accept the signature: check that it knows the same secret, and that its clock is right',
  403: 'the receiver does not let us in',
  404: 'there is nothing at this address: check the base URL',
  410: 'the receiver says that it is gone for good: give its new address, or stop using the connection',
};

/** One signed POST; any 2xx is an acceptance, whatever its body says. */
export async function deliver(connection: WebhookConnection, deps: AdapterDeps, id: string, message: object): Promise<void> {
  const body = JSON.stringify(message);
  const response = await deps.fetch(connection.baseUrl, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      ...signedHeaders(connection.credentials.signingSecret, { id, at: deps.now(), body }),
    },
    body,
  });
  const { status, headers } = response;
  if (response.ok) return;
  if (isRedirect(response)) throw redirectRefused(response, { provider: PROVIDER, doing: 'POST' });
  const advice = adviceByStatus[status];
  throw new ProviderError(
    kindOfStatus(status, headers),
    `${PROVIDER}: POST answered ${status}${advice === undefined ? '' : ` (${advice})`}`,
    {
      provider: PROVIDER,
      status,
      retryAfterMs: retryAfterMs(headers, deps.now()),
    },
  );
}
