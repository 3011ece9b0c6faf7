import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from '../context.ts';
import { problem } from '../problem.ts';

export const JSON_BODY_BYTES = 1024 * 1024;
export const WEBHOOK_BODY_BYTES = 5 * 1024 * 1024;

/** Refuses larger bodies before they are in memory. */
export function limitBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: (c) => problem(c, 'too-large', `The request body is larger than ${maxBytes} bytes.`, { headers: { connection: 'close' } }),
  });
  // Looking for a body makes the server build the whole request object, which reads do not need.
  return (c, next) => (c.req.method === 'GET' || c.req.method === 'HEAD' ? next() : limit(c, next));
}
