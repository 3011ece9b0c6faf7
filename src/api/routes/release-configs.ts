import { createRoute, z } from '@hono/zod-openapi';
import { buildModes, platforms, releaseTypes, targets } from '../../domain/release/vocabulary.ts';
import { createReleaseConfig } from '../../services/release-configs/create-release-config.ts';
import { deactivateReleaseConfig } from '../../services/release-configs/deactivate-release-config.ts';
import { listReleaseConfigs, readReleaseConfig } from '../../services/release-configs/read-release-config.ts';
import { replaceReleaseConfig } from '../../services/release-configs/replace-release-config.ts';
import type { ApiDeps, App } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  flagSchema,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  listQuery,
  nameSchema,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';

const reference = (what: string) =>
  idSchema
    .nullable()
    .default(null)
    .meta({ description: `${what}; null: none` });
const refName = z.string().trim().min(1).max(200);

const releaseConfigBody = z.strictObject({
  name: nameSchema,
  releaseType: z.enum(releaseTypes),
  platformTargets: z
    .array(z.strictObject({ platform: z.enum(platforms), target: z.enum(targets) }))
    .min(1)
    .max(platforms.length * targets.length),
  baseBranch: refName.meta({ example: 'main' }),
  branchPattern: refName.default('release/{version}').meta({ description: "{version} stands for the first platform's version" }),
  tagPattern: refName.default('v{version}').meta({ description: 'Release candidates append -rc.N' }),
  buildMode: z.enum(buildModes).default('CI').meta({ description: 'MANUAL where there is no CI config' }),
  scmIntegrationId: idSchema,
  ciConfigId: reference('CI config'),
  projectManagementConfigId: reference('Project management config'),
  testManagementConfigId: reference('Test management config'),
  commsConfigId: reference('Channel config'),
  versionScheme: z.enum(['SEMVER', 'CALVER', 'CUSTOM']).default('SEMVER'),
  preRegressionBuilds: z.boolean().default(false).meta({ description: 'Builds before the first regression cycle' }),
  automationRuns: z.boolean().default(false).meta({ description: 'Automation runs in each cycle, unless the slot says otherwise' }),
  automationPassThresholdPercent: z.int().min(0).max(100).default(100),
  gates: z
    .strictObject({
      preReleaseApproval: z.enum(['manual', 'automatic']).default('manual'),
      quorum: z.int().min(1).max(20).default(1).meta({ description: 'How many people must approve' }),
      allowSelfApproval: z.boolean().default(false).meta({ description: 'Whether whoever created the release may approve it' }),
    })
    .prefault({}),
});

const releaseConfigView = releaseConfigBody
  .extend({
    id: idSchema,
    isActive: z.boolean(),
    createdByAccountId: idSchema,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .openapi('ReleaseConfig');
const newReleaseConfig = releaseConfigBody.openapi('ReleaseConfigBody');

const collection = '/api/v1/tenants/{tenantId}/release-configs';
const item = `${collection}/{releaseConfigId}` as const;
const itemParams = tenantParams.extend({ releaseConfigId: idSchema });
const common = { tags: ['Release configs'], security: bearer };

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createReleaseConfig',
    summary: 'Create a release config',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(newReleaseConfig) },
    responses: { 201: answer('The release config', releaseConfigView), ...writeProblems },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listReleaseConfigs',
    summary: 'Release configs of the tenant, newest first',
    request: {
      params: tenantParams,
      query: listQuery.extend({ includeInactive: flagSchema('false').meta({ description: 'Deactivated ones, too' }) }),
    },
    responses: { 200: answer('A page of release configs', pageOf(releaseConfigView).openapi('ReleaseConfigPage')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readReleaseConfig',
    summary: 'One release config',
    request: { params: itemParams },
    responses: { 200: answer('The release config', releaseConfigView), ...readProblems },
  }),
  replace: createRoute({
    ...common,
    method: 'put',
    path: item,
    operationId: 'replaceReleaseConfig',
    summary: 'Replace a release config',
    description: 'Touches later releases only. Replacing a deactivated config activates it.',
    request: { params: itemParams, ...jsonBody(newReleaseConfig) },
    responses: { 200: answer('The release config', releaseConfigView), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: item,
    operationId: 'deactivateReleaseConfig',
    summary: 'Deactivate a release config',
    description: 'It starts no release any more; releases under way go on with their copy.',
    request: { params: itemParams },
    responses: { 204: { description: 'It is not active any more' }, ...writeProblems },
  }),
});

export function registerReleaseConfigRoutes(app: App, deps: ApiDeps): void {
  const { create, list, read, replace, remove } = routes(deps);
  app.openapi(create, async (c) => c.json(await createReleaseConfig(deps, c.get('caller'), c.req.valid('json')), 201));
  app.openapi(list, async (c) => c.json(await listReleaseConfigs(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(read, async (c) => c.json(await readReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId), 200));
  app.openapi(replace, async (c) => {
    return c.json(await replaceReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId, c.req.valid('json')), 200);
  });
  app.openapi(remove, async (c) => {
    await deactivateReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId);
    return c.body(null, 204);
  });
}
