import { createRoute, z } from '@hono/zod-openapi';
import {
  listTicketStatuses,
  listTicketsOfVersion,
  listTicketTypes,
  listTrackerProjects,
  listTrackerUsers,
} from '../../services/connections/tracker-metadata.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, providerProblems, tenantParams } from '../schemas.ts';
import { listOf, listQuery } from './connections-metadata.ts';

/** What the form of a project management config offers to choose from, and the tickets of a version. */

const choice = (named: string) =>
  z.object({ id: z.string().meta({ description: `What a project management config names as \`${named}\`` }), name: z.string() });

const projectSchema = choice('project').openapi('TrackerProject');
const typeSchema = choice('issueType').openapi('TicketType');
const userSchema = choice('assignee').openapi('TrackerUser');

const category = z
  .enum(['open', 'in-progress', 'done', 'unknown'])
  .meta({ description: 'What the tracker says that it means; unknown counts as not done' });

const statusSchema = z
  .object({ name: z.string().meta({ description: 'What a project management config names as `completedStatus`' }), category })
  .openapi('TicketStatus');

const ticketSchema = z
  .object({
    key: z.string().meta({ example: 'APP-12' }),
    title: z.string(),
    status: z.object({ name: z.string(), category }),
    url: z.string(),
  })
  .openapi('VersionTicket');

const params = tenantParams.extend({ integrationId: idSchema });
const projectQuery = listQuery.extend({
  project: z.string().min(1).max(255).optional().meta({ description: 'Needed: the id of a project', example: 'APP' }),
});
const versionQuery = projectQuery.extend({
  version: z.string().min(1).max(64).optional().meta({ description: 'Needed', example: '1.4.0' }),
});
const base = '/api/v1/tenants/{tenantId}/integrations/project-management/{integrationId}';
const common = { tags: ['Integrations'], security: bearer, method: 'get' as const };
const asTold = "In the tracker's own order, as it tells them now.";

const projects = createRoute({
  ...common,
  path: `${base}/projects`,
  operationId: 'listIntegrationTrackerProjects',
  summary: 'Projects that tickets can be made in',
  description: asTold,
  request: { params, query: listQuery },
  responses: { 200: answer('The projects', listOf(projectSchema).openapi('TrackerProjectList')), ...providerProblems },
});

const types = createRoute({
  ...common,
  path: `${base}/types`,
  operationId: 'listIntegrationTicketTypes',
  summary: 'Types that tickets of a project may have',
  description: `${asTold} None where the tracker knows no types: any will do then.`,
  request: { params, query: projectQuery },
  responses: { 200: answer('The types', listOf(typeSchema).openapi('TicketTypeList')), ...providerProblems },
});

const statuses = createRoute({
  ...common,
  path: `${base}/statuses`,
  operationId: 'listIntegrationTicketStatuses',
  summary: 'Statuses that tickets of a project may have',
  description: asTold,
  request: { params, query: projectQuery },
  responses: { 200: answer('The statuses', listOf(statusSchema).openapi('TicketStatusList')), ...providerProblems },
});

const users = createRoute({
  ...common,
  path: `${base}/users`,
  operationId: 'listIntegrationTrackerUsers',
  summary: 'People that tickets of a project can be given to',
  description: asTold,
  request: { params, query: projectQuery },
  responses: { 200: answer('The people', listOf(userSchema).openapi('TrackerUserList')), ...providerProblems },
});

const tickets = createRoute({
  ...common,
  path: `${base}/tickets`,
  operationId: 'listIntegrationVersionTickets',
  summary: 'Tickets of a project that belong to a version',
  description:
    "By the tracker's own field for versions where it has one, else by a label that is the version, or `v` and the version. `q` is part of key or title.",
  request: { params, query: versionQuery },
  responses: { 200: answer('The tickets', listOf(ticketSchema).openapi('VersionTicketList')), ...providerProblems },
});

export function registerTrackerMetadataRoutes(app: App, deps: ApiDeps): void {
  app.openapi(projects, async (c) =>
    c.json(await listTrackerProjects(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
  app.openapi(types, async (c) =>
    c.json(await listTicketTypes(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
  app.openapi(statuses, async (c) =>
    c.json(await listTicketStatuses(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
  app.openapi(users, async (c) =>
    c.json(await listTrackerUsers(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
  app.openapi(tickets, async (c) =>
    c.json(await listTicketsOfVersion(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
}
