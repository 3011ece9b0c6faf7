import { createHash, sign } from 'node:crypto';
import { Secret } from '../../../platform/secret.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GuardedFetch, jsonHttp, kindOfStatus } from '../../kit/http.ts';
import type { ShortLivedToken } from '../../kit/token-cache.ts';
import { type GooglePlayConnection, type KeyFile, PROVIDER, readKeyFile } from './identity.ts';
import { playTrouble } from './play-error.ts';
import { refusedTokenSchema, tokenSchema } from './schema.ts';

const SCOPE = 'https://www.googleapis.com/auth/androidpublisher';
/** Google takes an hour at most; its clock may be behind ours, so the assertion begins a minute ago. */
const BACKDATED_S = 60;
const LASTS_S = 3_600;

export interface Authorised {
  /** A fetch whose calls carry the token; one that is refused before its time is forgotten, so that the next attempt obtains another. */
  signed(fetch: GuardedFetch): GuardedFetch;
  /** Obtains a token, or has it: whether Google knows the account at all. */
  signIn(): Promise<void>;
  /** The account's e-mail address. */
  account: string;
  /** What may appear in no message; grows by the tokens that are handed out. */
  secrets: Secret[];
}

/** "Using OAuth 2.0 for Server to Server Applications": the account's key signs an assertion, which is exchanged for a token. */
export function authorise(connection: GooglePlayConnection, deps: AdapterDeps): Authorised {
  const { serviceAccount } = connection.credentials;
  const { keyFile, problem } = readKeyFile(serviceAccount);
  if (keyFile === null) throw playTrouble('invalid', `the key of the service account ${problem}`);
  // By the line: whoever repeats a key to us may have joined its lines.
  const secrets = [serviceAccount, ...keyFile.private_key.split('\n').map((line) => new Secret(line))];
  const key = `${connection.id}:${createHash('sha256').update(serviceAccount.reveal()).digest('hex')}`;
  const bearer = async () => {
    const token = await deps.tokens.get(key, () => obtainToken(keyFile, deps));
    secrets.push(new Secret(token));
    return token;
  };
  return {
    secrets,
    account: keyFile.client_email,
    signIn: async () => void (await bearer()),
    signed: (fetch) => async (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${await bearer()}`);
      const response = await fetch(input, { ...init, headers });
      if (response.status === 401) deps.tokens.forget(key);
      return response;
    },
  };
}

async function obtainToken(keyFile: KeyFile, deps: AdapterDeps): Promise<ShortLivedToken> {
  const assertion = assertionOf(keyFile, deps.now());
  const http = jsonHttp({
    provider: PROVIDER,
    baseUrl: keyFile.token_uri,
    fetch: deps.fetch,
    now: deps.now,
    headers: () => ({}),
    secrets: [new Secret(assertion)],
    describeError: (body) => {
      const refusal = refusedTokenSchema.safeParse(body);
      return refusal.success ? [refusal.data.error, refusal.data.error_description].filter(Boolean).join(': ') : undefined;
    },
    // A key that was deleted is 400 here, which would read as a fault of ours.
    kindOf: (status, headers, body) =>
      status === 400 && refusedTokenSchema.safeParse(body).success ? 'unauthorized' : kindOfStatus(status, headers),
  });
  const token = await http.request({
    operation: 'obtain an access token',
    method: 'POST',
    path: '',
    form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
    schema: tokenSchema,
  });
  return { value: token.access_token, expiresAt: new Date(deps.now().getTime() + token.expires_in * 1000) };
}

function assertionOf(keyFile: KeyFile, now: Date): string {
  const issuedAt = Math.floor(now.getTime() / 1000) - BACKDATED_S;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: keyFile.client_email, scope: SCOPE, aud: keyFile.token_uri, iat: issuedAt, exp: issuedAt + LASTS_S };
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: keyFile.private_key_id })}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), keyFile.private_key).toString('base64url')}`;
}
