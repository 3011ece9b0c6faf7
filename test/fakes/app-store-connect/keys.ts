import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** A team key as Apple keeps it: the public half. */
export interface AscKey {
  issuerId: string;
  keyId: string;
  publicKey: KeyObject;
}

const MAX_LIFE_S = 20 * 60;

export function ascKey({ issuerId, keyId, privateKey }: { issuerId: string; keyId: string; privateKey: string }): AscKey {
  return { issuerId, keyId, publicKey: createPublicKey(privateKey) };
}

/** "Generating Tokens for API Requests": ES256, the key's id and issuer, Apple as audience, twenty minutes at most, begun already. */
export function isAuthorized(authorization: string | undefined, keys: readonly AscKey[], nowMs: number): boolean {
  const [scheme, token = ''] = authorization?.split(' ') ?? [];
  const [head = '', body = '', signature = ''] = token.split('.');
  if (scheme !== 'Bearer' || signature === '') return false;
  const { alg, kid, typ } = decoded(head);
  const { iss, iat, exp, aud } = decoded(body);
  const key = keys.find(({ keyId }) => keyId === kid);
  if (!key || alg !== 'ES256' || typ !== 'JWT' || iss !== key.issuerId || aud !== 'appstoreconnect-v1') return false;
  const seconds = nowMs / 1000;
  if (typeof iat !== 'number' || typeof exp !== 'number' || iat > seconds || exp <= seconds || exp - iat > MAX_LIFE_S) return false;
  const signed = Buffer.from(`${head}.${body}`);
  return verify('sha256', signed, { key: key.publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
}

function decoded(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}
