import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { Arriving } from '../platform/artifact-store.ts';
import type { AppContext, AppEnv } from './context.ts';
import { problem } from './problem.ts';
import { idempotencyHeader } from './schemas.ts';

/* Requests whose body is a file of any length, and what their headers say of it. */

const HEX = /^[0-9a-f]{64}$/i;
const REPR_DIGEST = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/i;

export const fileHeaders = idempotencyHeader.extend({
  'x-checksum-sha256': z.string().regex(HEX, 'must be 64 hexadecimal digits').optional().meta({ description: 'Of the whole file' }),
  'repr-digest': z
    .string()
    .regex(REPR_DIGEST, 'must name sha-256=:base64:')
    .optional()
    .meta({ description: 'The same by RFC 9530', example: 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:' }),
});

/** The body is not for memory: what says it is the same is what its sender says of it. */
export function hashOfHead(c: AppContext): string {
  const { pathname, search } = new URL(c.req.url);
  const said = ['content-length', 'x-checksum-sha256', 'repr-digest'].map((name) => c.req.header(name) ?? '');
  return createHash('sha256')
    .update([`${c.req.method} ${pathname}${search}`, ...said].join('\n'))
    .digest('hex');
}

/** In which a file would be something else. */
export const refuseForms: MiddlewareHandler<AppEnv> = async (c, next) => {
  const type = c.req.header('content-type') ?? '';
  if (!/^(multipart\/|application\/(json|x-www-form-urlencoded)\b)/i.test(type)) return next();
  return problem(c, 'unsupported-media-type', 'Send the file itself as the body, as application/octet-stream.');
};

export function saidDigest(headers: z.output<typeof fileHeaders>): string | null {
  const base64 = REPR_DIGEST.exec(headers['repr-digest'] ?? '')?.[1];
  return headers['x-checksum-sha256']?.toLowerCase() ?? (base64 === undefined ? null : Buffer.from(base64, 'base64').toString('hex'));
}

/**
 * From the connection itself where there is one: it errors when its sender goes away, and what is not read is left to the server, which can
 * answer then.
 */
export function bodyOf(c: AppContext): Arriving {
  const incoming = c.env?.incoming;
  if (incoming !== undefined) return { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) };
  return c.req.raw.body ?? new Blob([]).stream();
}

/** What the connection says the file is long; null = it does not say. */
export function saidLength(c: AppContext): number | null {
  const length = c.req.header('content-length');
  return length === undefined || !/^\d+$/.test(length) ? null : Number(length);
}
