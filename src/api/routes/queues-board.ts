import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { HonoAdapter } from '@bull-board/hono';
import { serveStatic } from '@hono/node-server/serve-static';
import type { ApiDeps, App } from '../context.ts';
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
  app.route(BOARD_PATH, adapter.registerPlugin());
}
