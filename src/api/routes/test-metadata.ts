import { createRoute, z } from '@hono/zod-openapi';
import { listTestFacetValues, listTestProjects, listTestSections } from '../../services/connections/test-metadata.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, providerProblems, tenantParams } from '../schemas.ts';
import { listOf, listQuery } from './connections-metadata.ts';

/** What the form of a test management config offers to choose from. */

const choiceSchema = z.object({ id: z.string(), name: z.string() });

const projectSchema = choiceSchema
  .extend({ id: z.string().meta({ description: 'What a test management config names as `projectId`' }) })
  .openapi('TestProject');

const sectionSchema = choiceSchema
  .extend({
    parentId: z.string().nullable().meta({ description: 'null: it is at the top' }),
    path: z.array(z.string()).meta({ description: 'Names from the top down, its own last', example: ['App', 'Login'] }),
  })
  .openapi('TestSection');

const facetValueSchema = choiceSchema.openapi('TestFacetValue');
const facetValueListSchema = listOf(facetValueSchema).openapi('TestFacetValueList');

const params = tenantParams.extend({ integrationId: idSchema });
const projectQuery = listQuery.extend({
  projectId: z.string().min(1).max(128).optional().meta({ description: 'Needed: the id of a project', example: '1' }),
});
const base = '/api/v1/tenants/{tenantId}/integrations/test-management/{integrationId}';
const common = { tags: ['Integrations'], security: bearer, method: 'get' as const };

const projects = createRoute({
  ...common,
  path: `${base}/projects`,
  operationId: 'listIntegrationTestProjects',
  summary: 'Projects that test runs can be made in',
  description: "In the provider's own order, as the provider tells them now.",
  request: { params, query: listQuery },
  responses: { 200: answer('The projects', listOf(projectSchema).openapi('TestProjectList')), ...providerProblems },
});

const sections = createRoute({
  ...common,
  path: `${base}/sections`,
  operationId: 'listIntegrationTestSections',
  summary: 'The tree of sections of a project',
  description: 'Each right after what it lies in. `q` is part of the path. To choose a section is not to choose those in it.',
  request: { params, query: projectQuery },
  responses: { 200: answer('The sections', listOf(sectionSchema).openapi('TestSectionList')), ...providerProblems },
});

const facetRoute = <Facet extends string>(facet: Facet, operationId: string, summary: string) =>
  createRoute({
    ...common,
    path: `${base}/${facet}` as `${typeof base}/${Facet}`,
    ...{ operationId, summary },
    description: 'By name, as the provider tells them now. Refused (409) where the provider does not tell tests apart by them.',
    request: { params, query: projectQuery },
    responses: { 200: answer('What tests can be chosen by', facetValueListSchema), ...providerProblems },
  });

const labels = facetRoute('labels', 'listIntegrationTestLabels', 'Labels of the tests of a project');
const squads = facetRoute('squads', 'listIntegrationTestSquads', 'Squads that own the tests of a project');
const platforms = facetRoute('platforms', 'listIntegrationTestPlatforms', 'Platforms of the tests of a project');

export function registerTestMetadataRoutes(app: App, deps: ApiDeps): void {
  app.openapi(projects, async (c) =>
    c.json(await listTestProjects(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
  app.openapi(sections, async (c) =>
    c.json(await listTestSections(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200),
  );
  for (const [facet, route] of [
    ['labels', labels],
    ['squads', squads],
    ['platforms', platforms],
  ] as const) {
    app.openapi(route, async (c) => {
      const { integrationId: id } = c.req.valid('param');
      return c.json(await listTestFacetValues(deps, c.get('caller'), { id, facet }, c.req.valid('query')), 200);
    });
  }
}
