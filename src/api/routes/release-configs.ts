import { createRoute, z } from '@hono/zod-openapi';
import { buildModes, platforms, releaseTypes, storeTargets, targets } from '../../domain/release/vocabulary.ts';
import { rolloutPresetNames, rolloutPresets } from '../../domain/rollout/presets.ts';
import type { Caller } from '../../services/context.ts';
import { createReleaseConfig } from '../../services/release-configs/create-release-config.ts';
import { deactivateReleaseConfig } from '../../services/release-configs/deactivate-release-config.ts';
import { listReleaseConfigs, readReleaseConfig } from '../../services/release-configs/read-release-config.ts';
import type { ReleaseConfigInput } from '../../services/release-configs/release-config-view.ts';
import { replaceReleaseConfig } from '../../services/release-configs/replace-release-config.ts';
import { type SubConfigChanges, subConfigs } from '../../services/release-configs/sub-configs.ts';
import { verifyReleaseConfig } from '../../services/release-configs/verify-release-config.ts';
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
  problems,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import { verifyQuery } from './config-routes.ts';
import { gateRules } from './gate-rules-schema.ts';
import { parts, scheduleField, storeChanges, warningsSchema } from './release-config-schemas.ts';
import { releasePolicies } from './release-policies.ts';
import { rolloutPlanSchema, rolloutPlans } from './rollout-plan-schema.ts';

const reference = (what: string) =>
  idSchema
    .nullable()
    .default(null)
    .meta({ description: `${what}; null: none` });
const refName = z.string().trim().min(1).max(200);

export const rolloutPlanInput = z
  .union([...rolloutPlans, z.strictObject({ preset: z.enum(rolloutPresetNames) }).meta({ description: 'A plan by its name' })], {
    error: 'must be a preset, or a plan of the kind immediate, phased or staged with its steps',
  })
  .transform((given) => ('preset' in given ? rolloutPresets[given.preset] : given))
  .openapi('RolloutPlanInput', {
    description:
      'A plan, or the name of one, which is written out: `immediate`; `phased`, for stores with days of their own; `play-staged`, for stores that take any share: 1, 5, 10, 25, 50 and 100 % with a day each.',
    example: { preset: 'play-staged' },
  });

const storeChoice = <Plan extends z.ZodType>(plan: Plan) =>
  z
    .array(
      z.strictObject({
        target: z.enum(storeTargets).meta({ description: 'One of the platform targets' }),
        storeConfigId: idSchema,
        rolloutPlan: plan,
      }),
    )
    .max(storeTargets.length)
    .default([])
    .meta({ description: 'Targets that Signalbox brings to their store; without any, a release ends after post-regression' });

export const releaseConfigBody = z.strictObject({
  name: nameSchema,
  isDefault: z
    .boolean()
    .optional()
    .meta({ description: 'Whether releases of its type take it that name none; absent: it stays what it was' }),
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
  stores: storeChoice(rolloutPlanInput),
  ...releasePolicies,
  schedule: scheduleField,
  preRegressionBuilds: z.boolean().default(false).meta({ description: 'Builds before the first regression cycle' }),
  automationRuns: z.boolean().default(false).meta({ description: 'Automation runs in each cycle, unless the slot says otherwise' }),
  automationPassThresholdPercent: z.int().min(0).max(100).default(100),
  gates: z
    .strictObject({
      preReleaseApproval: z.enum(['manual', 'automatic']).default('manual'),
      quorum: z.int().min(1).max(20).default(1).meta({ description: 'How many people must approve' }),
      allowSelfApproval: z.boolean().default(false).meta({ description: 'Whether whoever created the release may approve it' }),
      distributionApproval: z
        .enum(['manual', 'automatic'])
        .default('manual')
        .meta({ description: 'Whether people approve once more before the stores; means nothing without stores' }),
      preRelease: gateRules('out of regression'),
      distribution: gateRules('before the stores'),
    })
    .prefault({}),
});

export const releaseConfigView = releaseConfigBody
  .extend({
    stores: storeChoice(rolloutPlanSchema),
    id: idSchema,
    isActive: z.boolean(),
    isDefault: z.boolean().meta({ description: 'Releases of its type that name no config take it' }),
    createdByAccountId: idSchema,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .openapi('ReleaseConfig');
export const writtenReleaseConfig = releaseConfigView.extend({ warnings: warningsSchema }).openapi('WrittenReleaseConfig');
const replacement = releaseConfigBody.openapi('ReleaseConfigBody');
const newReleaseConfig = releaseConfigBody
  .extend({ ...parts, stores: storeChanges(rolloutPlanInput).default([]) })
  .superRefine((body, context) => {
    for (const { part, field } of subConfigs) {
      if (body[field] === null || body[part] === undefined) continue;
      context.addIssue({ code: 'custom', path: [part], message: `cannot be given beside ${field}` });
    }
  })
  .openapi('NewReleaseConfig');

export const collection = '/api/v1/tenants/{tenantId}/release-configs';
export const item = `${collection}/{releaseConfigId}` as const;
export const itemParams = tenantParams.extend({ releaseConfigId: idSchema });
const common = { tags: ['Release configs'], security: bearer };

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: collection,
    operationId: 'createReleaseConfig',
    summary: 'Create a release config',
    description: 'Configs it uses are named by id, or written out in place: those belong to it, and go with it when it lets go of them.',
    middleware: [idempotent(deps)] as const,
    request: { params: tenantParams, query: verifyQuery, headers: idempotencyHeader, ...jsonBody(newReleaseConfig) },
    responses: { 201: answer('The release config', writtenReleaseConfig), ...writeProblems, ...problems(503) },
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
    request: { params: itemParams, query: verifyQuery, ...jsonBody(replacement) },
    responses: { 200: answer('The release config', writtenReleaseConfig), ...writeProblems, ...problems(503) },
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
  const verified = async (
    c: { get(key: 'caller'): Caller },
    wanted: boolean,
    { name, ...body }: ReleaseConfigInput,
    changes: SubConfigChanges,
  ) => {
    if (wanted) await verifyReleaseConfig(deps, c.get('caller'), { name, body, changes });
  };
  app.openapi(create, async (c) => {
    const { ci, projectManagement, testManagement, communication, stores, ...rest } = c.req.valid('json');
    const input = { ...rest, stores: [] };
    const changes = { ci, projectManagement, testManagement, communication, stores };
    await verified(c, c.req.valid('query').verify, input, changes);
    return c.json(await createReleaseConfig(deps, c.get('caller'), input, changes), 201);
  });
  app.openapi(list, async (c) => c.json(await listReleaseConfigs(deps, c.get('caller'), c.req.valid('query')), 200));
  app.openapi(read, async (c) => c.json(await readReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId), 200));
  app.openapi(replace, async (c) => {
    const input = c.req.valid('json');
    await verified(c, c.req.valid('query').verify, input, {});
    return c.json(await replaceReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId, input), 200);
  });
  app.openapi(remove, async (c) => {
    await deactivateReleaseConfig(deps, c.get('caller'), c.req.valid('param').releaseConfigId);
    return c.body(null, 204);
  });
}
