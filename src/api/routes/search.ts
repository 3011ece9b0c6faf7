import { createRoute, z } from '@hono/zod-openapi';
import { platforms, releaseStatuses, targets } from '../../domain/release/vocabulary.ts';
import { findShipped } from '../../services/releases/find-shipped.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, listQuery, pageOf, readProblems, tenantParams } from '../schemas.ts';

const shippedSchema = z
  .object({
    releaseId: idSchema,
    displayId: z.string().meta({ example: 'REL-7' }),
    status: z.enum(releaseStatuses),
    key: z.string().meta({ description: 'What was found, in full' }),
    matches: z.int().meta({ description: 'More than one where the beginning of a commit fits several' }),
    firstCandidate: z
      .object({ cycle: z.int(), tag: z.string().nullable(), at: instantSchema.meta({ description: 'When its cycle began' }) })
      .nullable()
      .meta({ description: 'The first that had it; null: only the final notes tell of it' }),
    tag: z.string().nullable().meta({ description: 'The final one' }),
    releaseDate: instantSchema.nullable(),
    targets: z.array(
      z.object({
        platform: z.enum(platforms),
        target: z.enum(targets),
        version: z.string(),
        liveAt: instantSchema.nullable().meta({ description: 'When everybody had it' }),
      }),
    ),
  })
  .openapi('ShippedRelease');

const HEX = /^[0-9a-f]{7,64}$/;

const shippedQuery = listQuery.extend({
  commit: z
    .string()
    .toLowerCase()
    .regex(HEX, 'must be 7 to 64 hexadecimal digits')
    .optional()
    .meta({ description: 'Its beginning is enough' }),
  pullRequest: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  ticket: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[\x21-\x7e]{1,128}$/, 'must be the key of a ticket')
    .optional()
    .meta({ example: 'APP-123' }),
});

const shippedRoute = createRoute({
  tags: ['Releases'],
  security: bearer,
  method: 'get',
  path: '/api/v1/tenants/{tenantId}/search/shipped',
  operationId: 'findShipped',
  summary: 'Which releases have a commit, a pull request or a ticket',
  description:
    'Newest first: the first candidate that had it, the final tag, and since when it is live on each target. Known from the notes on.',
  request: { params: tenantParams, query: shippedQuery },
  responses: { 200: answer('A page of releases', pageOf(shippedSchema).openapi('ShippedPage')), ...readProblems },
});

export function registerSearchRoutes(app: App, deps: ApiDeps): void {
  app.openapi(shippedRoute, async (c) => {
    const { commit, pullRequest, ticket, ...page } = c.req.valid('query');
    const asked = (
      [
        { kind: 'commit', key: commit },
        { kind: 'pull-request', key: pullRequest?.toString() },
        { kind: 'ticket', key: ticket },
      ] as const
    ).flatMap(({ kind, key }) => (key === undefined ? [] : [{ kind, key }]));
    return c.json(await findShipped(deps, c.get('caller'), asked, page), 200);
  });
}
