import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { IdempotencyClaim } from '../../services/context.ts';
import { claimKey, completeKey, releaseKey } from '../../services/idempotency.ts';
import type { ApiDeps, AppContext, AppEnv } from '../context.ts';
import { problem } from '../problem.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * For routes that create: with an Idempotency-Key header, repeating the request repeats the answer and nothing else.
 * @param hash of what makes the request the same; a route whose body is not for memory brings its own
 */
export function idempotent(deps: ApiDeps, hash: (c: AppContext) => Promise<string> | string = requestHash): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = c.req.header('idempotency-key');
    if (key === undefined) return next();
    if (!KEY.test(key)) return invalidKey(c);
    const caller = c.get('caller');
    const result = await claimKey(deps, caller, key, await hash(c));
    switch (result.kind) {
      case 'replay':
        return c.json(result.answer.body, result.answer.status as ContentfulStatusCode, { 'idempotency-replayed': 'true' });
      case 'mismatch':
        return problem(c, 'invalid', 'This Idempotency-Key was used for another request.', {
          errors: [{ field: 'header:idempotency-key', message: 'was used with another method, path or body' }],
        });
      case 'under-way':
        return problem(c, 'conflict', 'The first request with this Idempotency-Key is still under way.', {
          headers: { 'retry-after': '1' },
        });
      case 'claimed':
        return carryOut(deps, c, next, result.claim);
      default:
        return result satisfies never;
    }
  };
}

async function carryOut(deps: ApiDeps, c: AppContext, next: () => Promise<void>, claim: IdempotencyClaim): Promise<void> {
  const caller = c.get('caller');
  c.set('caller', { ...caller, idempotency: claim });
  await next();
  // Hono turns errors into answers before `next` returns, so every outcome comes by here.
  const isJson = c.res.headers.get('content-type')?.startsWith('application/json') === true;
  if (c.res.status >= 200 && c.res.status < 300 && isJson) {
    await completeKey(deps, caller, claim, { status: c.res.status, body: await c.res.clone().json() });
  } else {
    await releaseKey(deps, caller, claim);
  }
}

async function requestHash(c: AppContext): Promise<string> {
  const { pathname, search } = new URL(c.req.url);
  return createHash('sha256')
    .update(`${c.req.method} ${pathname}${search}\n`)
    .update(await c.req.text())
    .digest('hex');
}

function invalidKey(c: AppContext): Response {
  return problem(c, 'invalid', 'The Idempotency-Key cannot be used.', {
    errors: [{ field: 'header:idempotency-key', message: 'must be 1 to 255 visible ASCII characters' }],
  });
}
