import { createRoute, z } from '@hono/zod-openapi';
import { onCloseActions } from '../../domain/windows/scope.ts';
import { decideAbout } from '../../services/windows/decide-about.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, readProblems, tenantParams } from '../schemas.ts';
import { instantInput } from './release-schemas.ts';

const decisionSchema = z
  .object({
    at: instantSchema.meta({ description: 'When this is true' }),
    allowed: z.boolean().meta({ description: 'Whether exposure may grow then' }),
    blocking: z
      .array(z.object({ id: idSchema, name: z.string(), kind: z.enum(['allow', 'deny']), onClose: z.enum(onCloseActions) }))
      .meta({ description: 'What forbids it: the open freezes; else the allow windows of which none is open' }),
    nextChangeAt: instantSchema
      .nullable()
      .meta({ description: 'When `allowed` changes next, or is to be asked again; null: not by itself' }),
  })
  .openapi('WindowDecision');

const decide = createRoute({
  tags: ['Windows'],
  security: bearer,
  method: 'get',
  path: '/api/v1/tenants/{tenantId}/windows/decision',
  operationId: 'decideWindows',
  summary: 'Whether the windows let something reach more users, and when that changes',
  description:
    'Only windows count whose scope contains what is asked about. Overrides do not: they let one release or one deployment pass, not everything.',
  request: {
    params: tenantParams,
    query: z.object({
      environmentId: idSchema.optional(),
      serviceId: idSchema.optional(),
      releaseConfigId: idSchema.optional(),
      target: z.enum(['APP_STORE', 'PLAY_STORE', 'WEB']).optional(),
      at: instantInput.optional(),
    }),
  },
  responses: { 200: answer('The decision', decisionSchema), ...readProblems },
});

/** Before the routes of windows themselves: `decision` is no id of one. */
export function registerWindowDecisionRoute(app: App, deps: ApiDeps): void {
  app.openapi(decide, async (c) => c.json(await decideAbout(deps, c.get('caller'), c.req.valid('query')), 200));
}
