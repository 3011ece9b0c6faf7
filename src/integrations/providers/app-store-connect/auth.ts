import { createHash, sign } from 'node:crypto';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import type { AscConnection, AscCredentials } from './identity.ts';
import { pemOf } from './identity.ts';

/** Apple accepts twenty minutes from `iat` to `exp`; its clock may be behind ours, so the token begins a minute ago. */
const JWT_BACKDATED_S = 60;
const JWT_LASTS_S = 900;

export interface AscAuth {
  bearer(): Promise<string>;
  /** Apple refused the token: the next call signs another. */
  refused(): void;
}

/** "Generating Tokens for API Requests": signed by ourselves and used again until shortly before it ends, which Apple asks for. */
export function ascAuth(connection: AscConnection, deps: AdapterDeps): AscAuth {
  const key = cacheKey(connection);
  return {
    bearer: () => deps.tokens.get(key, async () => newToken(connection.credentials, deps.now())),
    refused: () => deps.tokens.forget(key),
  };
}

function newToken({ issuerId, keyId, privateKey }: AscCredentials, now: Date) {
  const seconds = Math.floor(now.getTime() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const payload = { iss: issuerId, iat: seconds - JWT_BACKDATED_S, exp: seconds + JWT_LASTS_S, aud: 'appstoreconnect-v1' };
  const signed = `${part({ alg: 'ES256', kid: keyId, typ: 'JWT' })}.${part(payload)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: pemOf(privateKey), dsaEncoding: 'ieee-p1363' });
  return { value: `${signed}.${signature.toString('base64url')}`, expiresAt: new Date((seconds + JWT_LASTS_S) * 1000) };
}

/** Changed credentials must not find the former token. */
function cacheKey({ id, baseUrl, credentials: { issuerId, keyId, privateKey } }: AscConnection): string {
  return `${id}:${createHash('sha256')
    .update(JSON.stringify([baseUrl, issuerId, keyId, privateKey.reveal()]))
    .digest('hex')}`;
}
