import { createRoute, z } from '@hono/zod-openapi';
import { receiveWebhook } from '../../services/webhooks/receive.ts';
import type { ApiDeps, App } from '../context.ts';
import { limitBody, WEBHOOK_BODY_BYTES } from '../middleware/body-limit.ts';
import { answer, idSchema, problems } from '../schemas.ts';

const receiveRoute = createRoute({
  method: 'post',
  path: '/api/v1/webhooks/{provider}/{integrationId}',
  operationId: 'receiveWebhook',
  tags: ['Webhooks'],
  summary: 'Where providers send their webhooks',
  description:
    'Signed as the provider does it, with the secret of the integration; no token. Stored under the provider’s delivery id and read later.',
  security: [],
  middleware: [limitBody(WEBHOOK_BODY_BYTES)] as const,
  request: { params: z.object({ provider: z.string().min(1).max(32), integrationId: idSchema }) },
  responses: {
    200: {
      description:
        'It was stored before; or a person pressed a button, which is stored (empty); or the answer to the provider’s question whether the address is ours',
      content: {
        'application/json': { schema: z.union([z.object({ duplicate: z.literal(true) }), z.record(z.string(), z.string())]) },
        'text/plain': { schema: z.string() },
      },
    },
    202: answer('It is stored', z.object({ id: idSchema })),
    ...problems(401, 404, 413),
  },
});

export function registerWebhookRoutes(app: App, deps: ApiDeps): void {
  app.openapi(receiveRoute, async (c) => {
    const { provider, integrationId } = c.req.valid('param');
    const rawBody = new Uint8Array(await c.req.arrayBuffer());
    const receipt = await receiveWebhook(deps, provider, integrationId, { headers: c.req.header(), query: c.req.query(), rawBody });
    switch (receipt.kind) {
      case 'stored':
        return c.json({ id: receipt.id }, 202);
      case 'duplicate':
        return c.json({ duplicate: true as const }, 200);
      case 'pressed':
        return c.text('', 200);
      case 'challenge':
        return typeof receipt.answer === 'string' ? c.text(receipt.answer, 200, receipt.headers) : c.json(receipt.answer, 200);
      default:
        return receipt satisfies never;
    }
  });
}
