import { createRoute, z } from '@hono/zod-openapi';
import { linkRelease, unlinkRelease } from '../../services/milestones/link-release.ts';
import { listReleaseMilestones } from '../../services/milestones/read-milestone.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, readProblems, writeProblems } from '../schemas.ts';
import { milestoneSchema } from './milestones.ts';
import { releaseParams, releasePath } from './release-schemas.ts';

const path = `${releasePath}/milestones/{milestoneId}`;
const params = releaseParams.extend({ milestoneId: idSchema });
const common = { tags: ['Milestones'], security: bearer };

const listRoute = createRoute({
  ...common,
  method: 'get',
  path: `${releasePath}/milestones`,
  operationId: 'listReleaseMilestones',
  summary: 'What a release is part of, the next due first',
  request: { params: releaseParams },
  responses: { 200: answer('The milestones', z.object({ items: z.array(milestoneSchema) }).openapi('MilestoneList')), ...readProblems },
});

const linkRoute = createRoute({
  ...common,
  method: 'post',
  path,
  operationId: 'linkMilestone',
  summary: 'Make a release part of a milestone; twice is once',
  request: { params },
  responses: { 200: answer('The milestone', milestoneSchema), ...writeProblems },
});

const unlinkRoute = createRoute({
  ...common,
  method: 'delete',
  path,
  operationId: 'unlinkMilestone',
  summary: 'Take a release out of a milestone',
  request: { params },
  responses: { 204: { description: 'It is no part of it' }, ...writeProblems },
});

export function registerReleaseMilestoneRoutes(app: App, deps: ApiDeps): void {
  app.openapi(listRoute, async (c) => c.json(await listReleaseMilestones(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(linkRoute, async (c) => {
    const { releaseId, milestoneId } = c.req.valid('param');
    return c.json(await linkRelease(deps, c.get('caller'), releaseId, milestoneId), 200);
  });
  app.openapi(unlinkRoute, async (c) => {
    const { releaseId, milestoneId } = c.req.valid('param');
    await unlinkRelease(deps, c.get('caller'), releaseId, milestoneId);
    return c.body(null, 204);
  });
}
