import { type FakeServer, startFakeServer } from '../fake-server.ts';
import { refusal, tokenInvalid } from './answers.ts';
import { type Add, addHierarchyRoutes } from './hierarchy-routes.ts';
import { addTaskRoutes } from './task-routes.ts';
import { addWebhookRoutes } from './webhook-routes.ts';
import { type ClickupWorld, createClickupWorld } from './world.ts';

export type { ClickupList, ClickupSpace, ClickupTeam, ClickupUser, ClickupWorld } from './world.ts';

export interface ClickupFake extends FakeServer {
  /** Seeds and moves things as people and other programs would. */
  readonly world: ClickupWorld;
}

interface ClickupFakeOptions {
  port?: number;
  now?: () => number;
  /** 100 tasks and 25 comments, as ClickUp has them, when absent. */
  pageSizes?: { tasks: number; comments: number };
}

/**
 * A stateful ClickUp (REST v2). It is as unkind as the real one: what does not exist is "Team not authorized" with status 401, a moved task is
 * answered as it was, tags are kept in lower case, and those that a Space does not have are dropped.
 */
export async function createClickupFake(options: ClickupFakeOptions = {}): Promise<ClickupFake> {
  const world = createClickupWorld({ now: options.now ?? Date.now });
  const server = await startFakeServer({
    port: options.port ?? 0,
    headers: () => ({ 'x-ratelimit-limit': '100', 'x-ratelimit-remaining': '99', 'x-ratelimit-reset': '1767225660' }),
    notFound: refusal(404, 'Route not found', 'APP_001'),
  });
  const add: Add = (method, path, handler) =>
    server.route(method, `/api/v2${path}`, (request) => {
      const { authorization } = request.headers;
      if (!authorization) return refusal(401, 'Authorization header required', 'OAUTH_017');
      const [scheme, value] = authorization.split(' ');
      // Personal tokens are refused with Bearer before them, those of OAuth apps without.
      const token = authorization.startsWith('pk_') ? authorization : scheme === 'Bearer' && !value?.startsWith('pk_') ? value : undefined;
      const user = token === undefined ? undefined : world.userOf(token);
      return user ? handler(user, request) : tokenInvalid();
    });

  addHierarchyRoutes(add, world);
  addTaskRoutes(add, world, options.pageSizes ?? { tasks: 100, comments: 25 });
  addWebhookRoutes(add, world);
  return { ...server, world };
}
