import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Secret } from './secret.ts';

const VERSION = 'v1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A sealed value could not be opened: unknown key, other context, or altered. Its message holds no part of the value. */
export class DecryptError extends Error {
  override readonly name = 'DecryptError';
}

export interface Keyring {
  /**
   * AES-256-GCM under the newest key: `v1.<keyId>.<iv>.<ciphertext+tag>`, the last two in base64url.
   * @param context where the value lives (table, row id, column): a value copied to another row does not open there
   */
  seal(plain: string, context: string): string;
  /** Throws `DecryptError`. */
  open(sealed: string, context: string): Secret;
  /** Whether the value was sealed under the newest key; what is not is sealed again by a rotation. */
  isCurrent(sealed: string): boolean;
}

interface Key {
  id: string;
  bytes: Buffer;
}

/** Reads `id:base64(32 bytes),…`, newest first. Throws an `Error` that says which entry is wrong and shows none of it. */
function parseKeys(text: string): [Key, ...Key[]] {
  const keys = text.split(',').map((entry, index) => {
    const match = /^\s*([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})\s*$/.exec(entry);
    const bytes = Buffer.from(match?.[2] ?? '', 'base64');
    if (match?.[1] === undefined || bytes.length !== KEY_BYTES) {
      throw new Error(`key ${index + 1} must be id:base64 of ${KEY_BYTES} random bytes (openssl rand -base64 32)`);
    }
    return { id: match[1], bytes };
  });
  if (new Set(keys.map((key) => key.id)).size !== keys.length) throw new Error('two keys have the same id');
  const [current, ...older] = keys;
  if (current === undefined) throw new Error('needs at least one key');
  return [current, ...older];
}

export function createKeyring(text: Secret): Keyring {
  const keys = parseKeys(text.reveal());
  const [current] = keys;
  const byId = new Map(keys.map((key) => [key.id, key]));

  return {
    seal(plain, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', current.bytes, iv);
      cipher.setAAD(associatedData(current.id, context));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [VERSION, current.id, iv.toString('base64url'), body.toString('base64url')].join('.');
    },
    open(sealed, context) {
      const { keyId, iv, body } = parseSealed(sealed);
      const key = byId.get(keyId);
      if (!key) throw new DecryptError(`the value is sealed with key "${keyId}", which SIGNALBOX_KEYS does not have`);
      const decipher = createDecipheriv('aes-256-gcm', key.bytes, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(keyId, context));
      decipher.setAuthTag(body.subarray(-TAG_BYTES));
      try {
        return new Secret(Buffer.concat([decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()]).toString('utf8'));
      } catch {
        throw new DecryptError(
          `the value does not open with key "${keyId}": it was altered, moved from another row, or the key is not the same`,
        );
      }
    },
    isCurrent(sealed) {
      return sealed.startsWith(`${VERSION}.${current.id}.`);
    },
  };
}

function associatedData(keyId: string, context: string): Buffer {
  return Buffer.from(`${VERSION}.${keyId}.${context}`, 'utf8');
}

function parseSealed(sealed: string): { keyId: string; iv: Buffer; body: Buffer } {
  const match = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(sealed);
  const iv = Buffer.from(match?.[2] ?? '', 'base64url');
  const body = Buffer.from(match?.[3] ?? '', 'base64url');
  if (match?.[1] === undefined || iv.length !== IV_BYTES || body.length < TAG_BYTES)
    throw new DecryptError('the value is not a sealed value');
  return { keyId: match[1], iv, body };
}

/** What is stored of a token: enough to recognise it, not to use it. Tokens have 256 random bits, so no salt or stretching is needed. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** Takes the same time wherever the difference is, and whatever the lengths are. */
export function constantTimeEqual(a: string | Uint8Array, b: string | Uint8Array): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}

/** `<prefix>_<256 random bits in base64url>`. The prefix lets people and secret scanners recognise what leaked. */
export function randomToken(prefix: string): Secret {
  return new Secret(`${prefix}_${randomBytes(32).toString('base64url')}`);
}

/** For webhooks that are signed: 256 random bits in letters that base64 has in all its spellings, since libraries read the rest as base64. */
export function randomSigningSecret(): Secret {
  return new Secret(`whsec_${randomBytes(32).toString('hex')}`);
}
