import { Secret } from '../../../platform/secret.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { describeError, kindOfAnswer } from './asc-error.ts';
import { ascAuth } from './auth.ts';
import { type AscConnection, PROVIDER } from './identity.ts';

/** Apple counts the calls of the last sixty minutes and does not say when one falls out; a twelfth of them has by then. */
const PAUSE_MS = 5 * 60_000;

/** JSON over HTTP as the team key. Every call asks for the token, so one that ends on the way is replaced. */
export function ascTransport(connection: AscConnection, deps: AdapterDeps): JsonHttp {
  const auth = ascAuth(connection, deps);

  async function withToken<T>(call: (http: JsonHttp) => Promise<T>): Promise<T> {
    const token = new Secret(await auth.bearer());
    const http = jsonHttp({
      provider: PROVIDER,
      baseUrl: connection.baseUrl,
      fetch: deps.fetch,
      now: deps.now,
      headers: () => ({ authorization: `Bearer ${token.reveal()}` }),
      describeError,
      kindOf: kindOfAnswer,
      secrets: [connection.credentials.privateKey, token],
    });
    try {
      return await call(http);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      if (error.kind === 'unauthorized') auth.refused();
      throw error.kind === 'rate-limited' && error.retryAfterMs === undefined ? withPause(error) : error;
    }
  }

  return {
    request: (spec) => withToken((http) => http.request(spec)),
    find: (spec) => withToken((http) => http.find(spec)),
    send: (spec) => withToken((http) => http.send(spec)),
  };
}

function withPause({ kind, message, provider, status }: ProviderError): ProviderError {
  return new ProviderError(kind, message, { provider, status, retryAfterMs: PAUSE_MS });
}
