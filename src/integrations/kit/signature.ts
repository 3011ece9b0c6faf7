import { createHmac, timingSafeEqual } from 'node:crypto';

interface HmacSignature {
  /** An empty secret matches nothing: anybody could sign with it. */
  secret: string;
  /** Exactly the bytes that were signed. */
  body: Uint8Array | string;
  /** As received; absent matches nothing. */
  signature: string | undefined;
  encoding: 'hex' | 'base64';
  /** What stands before the digest, e.g. `sha256=`. */
  prefix?: string;
}

const shapes = { hex: /^[0-9a-f]{64}$/i, base64: /^[0-9A-Za-z+/]{43}=$/ };

/** Whether an HMAC-SHA256 signature is right; the time taken does not tell how much of a wrong one was. */
export function hmacSha256Matches({ secret, body, signature, encoding, prefix = '' }: HmacSignature): boolean {
  if (secret === '' || signature === undefined || !signature.startsWith(prefix)) return false;
  const digest = signature.slice(prefix.length);
  if (!shapes[encoding].test(digest)) return false;
  return timingSafeEqual(createHmac('sha256', secret).update(body).digest(), Buffer.from(digest, encoding));
}
