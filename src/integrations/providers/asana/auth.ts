import { createHash } from 'node:crypto';
import { Secret } from '../../../platform/secret.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GuardedFetch, jsonHttp, kindOfStatus } from '../../kit/http.ts';
import type { ShortLivedToken } from '../../kit/token-cache.ts';
import { type AsanaConnection, type AsanaCredentials, PROVIDER } from './identity.ts';
import { grantedToken, refusedToken } from './schema.ts';

type OauthCredentials = Extract<AsanaCredentials, { kind: 'oauth' }>;

interface Authorised {
  fetch: GuardedFetch;
  /** What may appear in no message; grows by the tokens that are handed out. */
  secrets: Secret[];
}

/** Calls carry the token; one that is refused before its time is forgotten, so that the next attempt obtains another. */
export function authorise(connection: AsanaConnection, deps: AdapterDeps): Authorised {
  const { credentials } = connection;
  if (credentials.kind === 'token') {
    const { token } = credentials;
    return { fetch: (input, init) => deps.fetch(input, withBearer(init, token.reveal())), secrets: [token] };
  }
  const secrets = [credentials.clientSecret, credentials.refreshToken];
  const key = cacheKey(connection, credentials);
  return {
    secrets,
    async fetch(input, init) {
      const bearer = await deps.tokens.get(key, () => obtainToken(connection, credentials, deps));
      secrets.push(new Secret(bearer));
      const response = await deps.fetch(input, withBearer(init, bearer));
      if (response.status === 401) deps.tokens.forget(key);
      return response;
    },
  };
}

function withBearer(init: RequestInit | undefined, token: string): RequestInit {
  const headers = new Headers(init?.headers);
  headers.set('authorization', `Bearer ${token}`);
  return { ...init, headers };
}

/** "Token exchange endpoint": the refresh token stays the same, access tokens last an hour. */
async function obtainToken(connection: AsanaConnection, credentials: OauthCredentials, deps: AdapterDeps): Promise<ShortLivedToken> {
  const { clientId, clientSecret, refreshToken } = credentials;
  const http = jsonHttp({
    provider: PROVIDER,
    // Beside the API, not below it.
    baseUrl: new URL(connection.baseUrl).origin,
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({}),
    secrets: [clientSecret, refreshToken],
    describeError: (body) => {
      const refusal = refusedToken.safeParse(body);
      return refusal.success ? [refusal.data.error, refusal.data.error_description].filter(Boolean).join(': ') : undefined;
    },
    // A refused app or refresh token is 400 here, which would read as a fault of ours.
    kindOf: (status, headers, body) =>
      status === 400 && refusedToken.safeParse(body).success ? 'unauthorized' : kindOfStatus(status, headers),
  });
  const token = await http.request({
    operation: 'obtain an access token',
    method: 'POST',
    path: '/-/oauth_token',
    form: {
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret.reveal(),
      refresh_token: refreshToken.reveal(),
    },
    schema: grantedToken,
  });
  return { value: token.access_token, expiresAt: new Date(deps.now().getTime() + token.expires_in * 1000) };
}

/** Changed credentials must not find the former token. */
function cacheKey({ id, baseUrl }: AsanaConnection, { clientId, clientSecret, refreshToken }: OauthCredentials): string {
  const parts = [baseUrl, clientId, clientSecret.reveal(), refreshToken.reveal()];
  return `${id}:${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}
