import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Secret } from '../../../platform/secret.ts';
import { basicCredentials } from '../../kit/basic-auth.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GuardedFetch, type JsonHttp, jsonHttp, kindOfStatus } from '../../kit/http.ts';
import type { ShortLivedToken } from '../../kit/token-cache.ts';
import { errorWords, tokenErrorWords } from './bitbucket-error.ts';
import { type BitbucketConnection, type BitbucketCredentials, PROVIDER } from './identity.ts';

type Consumer = Extract<BitbucketCredentials, { kind: 'oauth-consumer' }>;
type Dispatch = (fetch: GuardedFetch) => GuardedFetch;

/**
 * JSON over HTTP as the connection's account.
 * @param through changes calls or answers on their way, for bodies that are not JSON
 */
export function bitbucketHttp(connection: BitbucketConnection, deps: AdapterDeps, through: Dispatch = (fetch) => fetch): JsonHttp {
  return jsonHttp({
    provider: PROVIDER,
    baseUrl: connection.baseUrl,
    fetch: through(authorized(connection, deps)),
    now: deps.now,
    headers: () => ({}),
    describeError: errorWords,
    secrets: secretsOf(connection.credentials),
  });
}

interface BitbucketAuth {
  /** Value of the header. */
  authorization(): Promise<string>;
  /** The next attempt asks for another token; this call fails as it would with any other credential. */
  refused(): void;
}

export function bitbucketAuth({ id, baseUrl, credentials }: BitbucketConnection, deps: AdapterDeps): BitbucketAuth {
  const key = credentials.kind === 'oauth-consumer' ? tokenKey(id, credentials) : null;
  return {
    async authorization() {
      if (credentials.kind === 'api-token') return `Basic ${basicCredentials(credentials.email, credentials.apiToken).reveal()}`;
      if (credentials.kind === 'access-token') return `Bearer ${credentials.token.reveal()}`;
      return `Bearer ${await deps.tokens.get(tokenKey(id, credentials), () => obtainToken(baseUrl, credentials, deps))}`;
    },
    refused() {
      if (key !== null) deps.tokens.forget(key);
    },
  };
}

function authorized(connection: BitbucketConnection, deps: AdapterDeps): GuardedFetch {
  const auth = bitbucketAuth(connection, deps);
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', await auth.authorization());
    const response = await deps.fetch(input, { ...init, headers });
    if (response.status === 401) auth.refused();
    return response;
  };
}

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() });

/** The grant for a consumer's own account (client_credentials); the token ends after one or two hours. */
async function obtainToken(baseUrl: string, consumer: Consumer, deps: AdapterDeps): Promise<ShortLivedToken> {
  const basic = basicCredentials(consumer.clientId, consumer.clientSecret);
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl: webAddress(baseUrl),
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({ authorization: `Basic ${basic.reveal()}` }),
    describeError: tokenErrorWords,
    // A wrong key or secret is 400 or 401, depending on which of the two is wrong.
    kindOf: (status, headers) => (status === 400 ? 'unauthorized' : kindOfStatus(status, headers)),
    secrets: [consumer.clientSecret, basic],
  });
  const token = await http.request({
    operation: 'obtain an access token',
    method: 'POST',
    path: '/site/oauth2/access_token',
    form: { grant_type: 'client_credentials' },
    schema: tokenSchema,
  });
  return { value: token.access_token, expiresAt: new Date(deps.now().getTime() + token.expires_in * 1000) };
}

/** The web site that belongs to the API: `bitbucket.org` for `api.bitbucket.org`, otherwise the API's own origin. */
export function webAddress(baseUrl: string): string {
  const { origin, hostname } = new URL(baseUrl);
  return hostname === 'api.bitbucket.org' ? 'https://bitbucket.org' : origin;
}

function tokenKey(connectionId: string, { clientId, clientSecret }: Consumer): string {
  return `${connectionId}:${createHash('sha256').update(`${clientId}:${clientSecret.reveal()}`).digest('hex')}`;
}

function secretsOf(credentials: BitbucketCredentials): Secret[] {
  if (credentials.kind === 'api-token') return [credentials.apiToken, basicCredentials(credentials.email, credentials.apiToken)];
  return credentials.kind === 'access-token' ? [credentials.token] : [credentials.clientSecret];
}
