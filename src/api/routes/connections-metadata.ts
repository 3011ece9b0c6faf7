import { createRoute, z } from '@hono/zod-openapi';
import { listWorkflowInputs, listWorkflows } from '../../services/connections/ci-metadata.ts';
import { listBranches, listRepositories, readBranchProtection } from '../../services/connections/scm-metadata.ts';
import { listApps, readApp } from '../../services/connections/store-metadata.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, idSchema, providerProblems, tenantParams } from '../schemas.ts';
import { appIdSchema } from './configs.ts';

/** What forms offer to choose from, asked of the provider while somebody waits. */

export const listQuery = z.object({
  q: z.string().trim().min(1).max(200).optional().meta({ description: 'Part of the name, in any case' }),
  limit: z.coerce.number().int().min(1).max(100).default(50).meta({ description: 'Items at most' }),
});

export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), truncated: z.boolean().meta({ description: 'There is more, or may be: narrow it down with `q`' }) });

const repositorySchema = z
  .object({
    fullName: z.string().meta({ example: 'acme/app' }),
    settings: z.record(z.string(), z.string()).meta({ description: 'What `settings` of an integration with it are' }),
    defaultBranch: z.string().nullable(),
    isPrivate: z.boolean(),
    url: z.string(),
  })
  .openapi('Repository');

const branchSchema = z.object({ name: z.string(), head: z.string().meta({ description: 'Its newest commit' }) }).openapi('Branch');

const protectedBranchSchema = branchSchema
  .extend({
    protection: z
      .object({
        mayPush: z.boolean().nullable().meta({ description: 'Whether this integration may push; null = the provider does not tell' }),
        allowsForcePush: z.boolean(),
        requiredApprovals: z.int(),
        requiredChecks: z.array(z.string()),
      })
      .nullable()
      .meta({ description: 'null: no rule protects it' }),
  })
  .openapi('ProtectedBranch');

const workflowSchema = z
  .object({
    id: z.string().meta({ description: 'What a CI config names as `workflowId`' }),
    name: z.string(),
    path: z.string(),
    enabled: z.boolean(),
  })
  .openapi('CiWorkflow');

const inputsSchema = z
  .object({
    inputs: z.array(
      z.object({
        name: z.string(),
        description: z.string().nullable(),
        required: z.boolean(),
        type: z.enum(['string', 'boolean', 'number', 'choice', 'environment', 'unknown']),
        default: z.string().nullable(),
        options: z.array(z.string()).meta({ description: 'Of a choice' }),
      }),
    ),
    correlationInput: z.string().meta({ description: 'The input that Signalbox fills itself, where the workflow declares it' }),
  })
  .openapi('CiWorkflowInputs');

const catalogueAppSchema = z
  .object({ appId: z.string().meta({ description: 'What a store config names as `appId`', example: 'com.acme.app' }), name: z.string() })
  .openapi('StoreCatalogueApp');

const storeAppSchema = z
  .object({
    appId: z.string(),
    name: z.string(),
    locales: z.array(z.string()).meta({ description: 'BCP 47: locales that notes can be given for; the first is the default' }),
    tracks: z.array(z.string()),
    abilities: z.object({
      rollout: z.union([
        z.object({ kind: z.literal('staged') }).meta({ description: 'Any growing share of the users' }),
        z
          .object({ kind: z.literal('phased'), dailyPercents: z.array(z.number()).readonly() })
          .meta({ description: "The store's own days, percent of the users on each" }),
      ]),
      haltsLive: z.boolean().meta({ description: 'A release that everybody gets can be halted' }),
      releasesOnRequest: z.boolean().meta({ description: 'An approved release waits for Signalbox; otherwise approval releases it' }),
      updatePriority: z.boolean(),
      maxNotesChars: z.int().meta({ description: 'Of the notes of one locale' }),
      takesUploads: z.boolean().meta({ description: 'Signalbox can hand builds to it: `uploadBy` may be SIGNALBOX' }),
      withdrawsSubmissions: z.boolean().meta({ description: 'A version can be taken back from review' }),
    }),
  })
  .openapi('StoreApp');

const params = tenantParams.extend({ integrationId: idSchema });
const base = '/api/v1/tenants/{tenantId}/integrations';
const common = { tags: ['Integrations'], security: bearer, method: 'get' as const };

const repositories = createRoute({
  ...common,
  path: `${base}/scm/{integrationId}/repositories`,
  operationId: 'listIntegrationRepositories',
  summary: 'Repositories that its credentials may see',
  description: "In the provider's own order, as the provider tells them now.",
  request: { params, query: listQuery },
  responses: { 200: answer('The repositories', listOf(repositorySchema).openapi('RepositoryList')), ...providerProblems },
});

const branches = createRoute({
  ...common,
  path: `${base}/scm/{integrationId}/branches`,
  operationId: 'listIntegrationBranches',
  summary: 'Branches of its repository',
  description: "In the provider's own order, as the provider tells them now.",
  request: { params, query: listQuery },
  responses: { 200: answer('The branches', listOf(branchSchema).openapi('BranchList')), ...providerProblems },
});

const protection = createRoute({
  ...common,
  path: `${base}/scm/{integrationId}/branches/protection`,
  operationId: 'readIntegrationBranchProtection',
  summary: 'What stands between Signalbox and a branch',
  request: {
    params,
    query: z.object({ branch: z.string().min(1).max(255).optional().meta({ description: 'Needed', example: 'release/1.4.0' }) }),
  },
  responses: { 200: answer('The branch and the rules that protect it', protectedBranchSchema), ...providerProblems },
});

const workflows = createRoute({
  ...common,
  path: `${base}/ci-cd/{integrationId}/workflows`,
  operationId: 'listIntegrationWorkflows',
  summary: 'Workflows that it can run',
  description: "In the provider's own order, as the provider tells them now.",
  request: { params, query: listQuery },
  responses: { 200: answer('The workflows', listOf(workflowSchema).openapi('CiWorkflowList')), ...providerProblems },
});

const inputs = createRoute({
  ...common,
  path: `${base}/ci-cd/{integrationId}/workflows/inputs`,
  operationId: 'listIntegrationWorkflowInputs',
  summary: 'Inputs that a workflow declares on a branch or tag',
  request: {
    params,
    query: z.object({
      workflowId: z.string().min(1).max(512).optional().meta({ description: 'Needed' }),
      ref: z.string().min(1).max(255).optional().meta({ description: 'Needed: a branch or tag', example: 'main' }),
    }),
  },
  responses: { 200: answer('The declared inputs', inputsSchema), ...providerProblems },
});

const apps = createRoute({
  ...common,
  path: `${base}/store/{integrationId}/apps`,
  operationId: 'listIntegrationApps',
  summary: 'Apps that its credentials may see',
  description: 'Refused where the store does not tell: an app is named by its id there.',
  request: { params, query: listQuery },
  responses: { 200: answer('The apps', listOf(catalogueAppSchema).openapi('StoreCatalogue')), ...providerProblems },
});

const storeApp = createRoute({
  ...common,
  path: `${base}/store/{integrationId}/apps/{appId}`,
  operationId: 'readIntegrationApp',
  summary: 'An app of the store: its locales, its tracks, and what the store can do',
  request: { params: params.extend({ appId: appIdSchema }) },
  responses: { 200: answer('The app', storeAppSchema), ...providerProblems },
});

export function registerConnectionMetadataRoutes(app: App, deps: ApiDeps): void {
  app.openapi(repositories, async (c) => {
    return c.json(await listRepositories(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200);
  });
  app.openapi(branches, async (c) => {
    return c.json(await listBranches(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200);
  });
  app.openapi(protection, async (c) => {
    const { branch } = c.req.valid('query');
    return c.json(await readBranchProtection(deps, c.get('caller'), c.req.valid('param').integrationId, branch), 200);
  });
  app.openapi(workflows, async (c) => {
    return c.json(await listWorkflows(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200);
  });
  app.openapi(inputs, async (c) => {
    return c.json(await listWorkflowInputs(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200);
  });
  app.openapi(apps, async (c) => {
    return c.json(await listApps(deps, c.get('caller'), c.req.valid('param').integrationId, c.req.valid('query')), 200);
  });
  app.openapi(storeApp, async (c) => {
    const { integrationId, appId } = c.req.valid('param');
    return c.json(await readApp(deps, c.get('caller'), integrationId, appId), 200);
  });
}
