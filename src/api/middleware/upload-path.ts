import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../context.ts';

const UPLOADS = /^\/api\/v1\/release-management\/tenants\/[^/]+\/releases\/[^/]+\/uploads$/;
const ARTIFACTS = /^\/api\/v1\/tenants\/[^/]+\/services\/[^/]+\/artifacts\/files$/;

/** The one kind of request whose body is neither small nor soon here. @param path without its query */
export const isUpload = (method: string, path: string): boolean => method === 'POST' && (UPLOADS.test(path) || ARTIFACTS.test(path));

/** For what reads bodies into memory, or limits them. */
export function unlessUpload(handler: MiddlewareHandler<AppEnv>): MiddlewareHandler<AppEnv> {
  return (c, next) => (isUpload(c.req.method, c.req.path) ? next() : handler(c, next));
}
