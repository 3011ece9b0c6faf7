import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { MiddlewareHandler } from 'hono';
import type { ApiDeps, App, AppEnv } from '../context.ts';
import { guardBoard } from '../middleware/board-session.ts';

export const BOARD_PATH = '/admin/queues';

/**
 * Bull Board over every queue. Queues are shared by all tenants, so what would stop or change the work of others is refused: operators see
 * everything, and may ring again, promote and clean. A job is only a wake-up: the fence in it decides whether anything happens, so no button
 * here can corrupt state.
 */
export function registerQueueBoardRoutes(app: App, deps: ApiDeps): void {
  const adapter = new HonoAdapter(serveStatic).setBasePath(BOARD_PATH);
  createBullBoard({
    queues: deps.queues.all().map((queue) => new BullMQAdapter(queue, { allowRetries: true })),
    serverAdapter: adapter,
    options: {
      uiConfig: { boardTitle: 'Signalbox queues', miscLinks: [{ text: 'Log out', url: `${BOARD_PATH}/logout` }] },
    },
  });
  guardBoard(app, deps, BOARD_PATH);
  app.use(`${BOARD_PATH}/*`, withoutForeignLinks);
  app.route(BOARD_PATH, adapter.registerPlugin());
}

const FOREIGN_LINK = /<link\b[^>]*\shref="(?:https?:)?\/\/[^"]*"[^>]*>/gi;

/** The board's page asks another host for its fonts: our policy forbids that, and whoever looks at queues is nobody else's business. */
const withoutForeignLinks: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.res.headers.get('content-type')?.startsWith('text/html') !== true) return;
  c.res = new Response((await c.res.text()).replace(FOREIGN_LINK, ''), c.res);
};
