import { createRoute, z } from '@hono/zod-openapi';
import { TooManyStreams } from '../../services/events/event-hub.ts';
import { type EventQuestion, followEvents, listEvents } from '../../services/events/follow-events.ts';
import type { ApiDeps, App, AppContext } from '../context.ts';
import { eventStream } from '../event-stream.ts';
import { problem } from '../problem.ts';
import { bearer, idSchema, instantSchema, problems, readProblems, tenantParams } from '../schemas.ts';
import { deploymentParams, deploymentPath } from './deployment-view-schemas.ts';
import { historyEventSchema } from './release-history.ts';
import { releaseParams, releasePath } from './release-schemas.ts';

const numberSchema = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the id of an event')
  .transform(Number);

const eventsQuery = z.object({
  after: numberSchema.optional().meta({ description: 'Id of the last event that is known; `Last-Event-ID` does the same and comes first' }),
  limit: z.coerce.number().int().min(1).max(100).default(100).meta({ description: 'Of the list; a stream has no end' }),
});

const eventsHeaders = z.object({ 'last-event-id': numberSchema.optional() });

const eventSchema = z
  .object({
    id: z.string().meta({ description: 'Grows with every event; where to go on after', example: '4711' }),
    type: z.string().meta({ description: 'What changed and how', example: 'task.update' }),
    at: instantSchema,
    data: historyEventSchema.safeExtend({ scopeId: idSchema.meta({ description: 'The release, config, connection … it belongs to' }) }),
  })
  .openapi('Event');

const listSchema = z
  .object({
    items: z.array(eventSchema),
    after: z.string().meta({ description: 'Give it back as `after`' }),
    hasMore: z.boolean().meta({ description: 'There are more already' }),
  })
  .openapi('EventList');

const HOW =
  'Server-sent events, oldest first: what has happened since `Last-Event-ID` (or `after`), then what happens, without a gap and each once. A stream ' +
  'ends after a quarter of an hour, when the server stops, or when what its reader may see has changed; clients come back with the last id they ' +
  'saw. With `Accept: application/json` a list.';

const common = {
  security: bearer,
  method: 'get' as const,
  responses: {
    200: {
      description: 'The events',
      content: {
        'text/event-stream': { schema: z.string().meta({ example: 'id: 4711\ndata: {"id":"4711","type":"task.update",…}\n\n' }) },
        'application/json': { schema: listSchema },
      },
    },
    ...readProblems,
    ...problems(503),
  },
};

const releaseRoute = createRoute({
  ...common,
  tags: ['Releases'],
  path: `${releasePath}/events`,
  operationId: 'followRelease',
  summary: 'What happens to a release, as it happens',
  description: `${HOW} Without either it begins with the release's first event.`,
  request: { params: releaseParams, query: eventsQuery, headers: eventsHeaders },
});

const deploymentRoute = createRoute({
  ...common,
  tags: ['Deployments'],
  path: `${deploymentPath}/events`,
  operationId: 'followDeployment',
  summary: 'What happens to a deployment, as it happens',
  description: `${HOW} Without either it begins with the deployment's first event.`,
  request: { params: deploymentParams, query: eventsQuery, headers: eventsHeaders },
});

const tenantRoute = createRoute({
  ...common,
  tags: ['Releases'],
  path: '/api/v1/tenants/{tenantId}/events',
  operationId: 'followTenant',
  summary: 'What happens in a tenant, as it happens',
  description: `${HOW} Without either it begins now. Changes of members, tokens and connections are told to those who may see these.`,
  request: { params: tenantParams, query: eventsQuery, headers: eventsHeaders },
});

export function registerEventRoutes(app: App, deps: ApiDeps): void {
  app.openapi(releaseRoute, (c) => {
    const { after, limit } = c.req.valid('query');
    const known = c.req.valid('header')['last-event-id'] ?? after ?? null;
    return tell(c, deps, { about: { kind: 'release', id: c.req.valid('param').releaseId }, after: known }, limit);
  });
  app.openapi(deploymentRoute, (c) => {
    const { after, limit } = c.req.valid('query');
    const known = c.req.valid('header')['last-event-id'] ?? after ?? null;
    return tell(c, deps, { about: { kind: 'deployment', id: c.req.valid('param').deploymentId }, after: known }, limit);
  });
  app.openapi(tenantRoute, (c) => {
    const { after, limit } = c.req.valid('query');
    const known = c.req.valid('header')['last-event-id'] ?? after ?? null;
    return tell(c, deps, { about: null, after: known }, limit);
  });
}

async function tell(c: AppContext, deps: ApiDeps, question: EventQuestion, limit: number): Promise<Response> {
  const caller = c.get('caller');
  if (wantsList(c.req.header('accept'))) return c.json(await listEvents(deps, caller, question, limit), 200);
  try {
    const feed = await followEvents(deps, caller, question, c.get('tokenId'));
    // What a proxy keeps back until it has enough of it is no event any more.
    return c.body(eventStream(feed), 200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
  } catch (error) {
    if (!(error instanceof TooManyStreams)) throw error;
    return problem(c, 'too-many-requests', error.message, { headers: { 'retry-after': '30' } });
  }
}

/** The stream is for whoever asks for it or for nothing in particular. */
const wantsList = (accept = ''): boolean => accept.includes('json') && !accept.includes('text/event-stream');
