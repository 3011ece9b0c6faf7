import { createRoute, z } from '@hono/zod-openapi';
import { deploymentKinds, deploymentStages, deploymentStatuses } from '../../domain/deployment/vocabulary.ts';
import { taskStatuses } from '../../domain/run.ts';
import { createDeployment, dryRunDeployment } from '../../services/deployments/create-deployment.ts';
import { getDeployment } from '../../services/deployments/get-deployment.ts';
import { listDeploymentHistory, listDeploymentTasks } from '../../services/deployments/list-deployment-tasks.ts';
import { listDeployments } from '../../services/deployments/list-deployments.ts';
import { whyDeployment } from '../../services/deployments/why-deployment.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  jsonBody,
  listQuery,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';
import {
  deploymentParams,
  deploymentPath,
  deploymentSchema,
  deploymentSummarySchema,
  deploymentsPath,
  deploymentTaskSchema,
  planSchema,
  whySchema,
} from './deployment-view-schemas.ts';
import { historyEventSchema } from './release-history.ts';
import { reasonSchema } from './release-schemas.ts';

const newSchema = z
  .strictObject({
    environmentId: idSchema,
    appId: idSchema,
    serviceReleaseId: idSchema.optional().meta({ description: 'Its artifacts are wanted. Its first deployment seals it' }),
    artifacts: z
      .array(z.strictObject({ serviceId: idSchema, artifactId: idSchema }))
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Beside or in place of a release, which they win over' }),
    services: z.array(idSchema).min(1).max(200).optional().meta({ description: 'These and no others' }),
    scope: z.enum(['full', 'partial']).optional().meta({ description: 'partial: the services that changed. Absent: full' }),
    sourceEnvironmentId: idSchema.optional().meta({ description: 'A promotion: what that environment runs, by digest' }),
    pipelineId: idSchema
      .optional()
      .meta({ description: 'Its newest version. Absent: preflight, snapshot, build, smoke tests, migrate, deploy, verify' }),
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}(?:[0-9a-f]{24})?$/)
      .optional()
      .meta({ description: 'What is built where no artifact is wanted' }),
    changedFiles: z.array(z.string().min(1).max(1000)).max(50_000).optional().meta({
      description: 'Files that differ from what runs, from the root of the repository. Absent: a partial deployment asks the repository',
    }),
    allowIrreversible: z.boolean().optional().meta({ description: 'Migrations that cannot be taken back may run' }),
    notes: z
      .string()
      .trim()
      .min(1)
      .max(4000)
      .optional()
      .meta({ description: 'What users of stores are told is new, in every locale of the app' }),
    overrideHealth: z
      .strictObject({ reason: reasonSchema })
      .optional()
      .meta({ description: 'Begins although something is not healthy, to fix forward; needs the permission gate:override' }),
    reason: reasonSchema.optional(),
  })
  .openapi('NewDeployment');

const common = { tags: ['Deployments'], security: bearer };

const routes = (deps: ApiDeps) => ({
  create: createRoute({
    ...common,
    method: 'post',
    path: deploymentsPath,
    operationId: 'createDeployment',
    summary: 'Deploy services to an environment',
    description:
      'Everything it decides on is resolved now and frozen: what is configured later touches only later deployments. At most one deployment is at work on a service in an environment: a second one is refused with 409, naming the first.',
    middleware: [idempotent(deps)] as const,
    request: {
      params: tenantParams,
      headers: idempotencyHeader,
      query: z.object({ dryRun: z.enum(['true', 'false']).optional().meta({ description: 'true: answers the plan and writes nothing' }) }),
      ...jsonBody(newSchema),
    },
    responses: {
      200: answer('What it would do (dryRun)', planSchema),
      201: answer('The deployment', deploymentSchema),
      ...writeProblems,
    },
  }),
  list: createRoute({
    ...common,
    method: 'get',
    path: deploymentsPath,
    operationId: 'listDeployments',
    summary: 'Deployments, newest first',
    request: {
      params: tenantParams,
      query: listQuery.extend({
        environmentId: idSchema.optional(),
        appId: idSchema.optional(),
        status: z.enum(deploymentStatuses).optional(),
        kind: z.enum(deploymentKinds).optional(),
      }),
    },
    responses: { 200: answer('A page of deployments', pageOf(deploymentSummarySchema).openapi('DeploymentPage')), ...readProblems },
  }),
  get: createRoute({
    ...common,
    method: 'get',
    path: deploymentPath,
    operationId: 'getDeployment',
    summary: 'A deployment with its services, and what it waits for',
    request: { params: deploymentParams },
    responses: { 200: answer('The deployment', deploymentSchema), ...readProblems },
  }),
  why: createRoute({
    ...common,
    method: 'get',
    path: `${deploymentPath}/why`,
    operationId: 'whyDeployment',
    summary: 'Why a deployment does not go on',
    request: { params: deploymentParams },
    responses: { 200: answer('What it waits for', whySchema), ...readProblems },
  }),
  history: createRoute({
    ...common,
    method: 'get',
    path: `${deploymentPath}/history`,
    operationId: 'listDeploymentHistory',
    summary: 'Everything that happened to a deployment, newest first',
    request: { params: deploymentParams, query: listQuery },
    responses: { 200: answer('A page of events', pageOf(historyEventSchema).openapi('DeploymentHistoryPage')), ...readProblems },
  }),
  tasks: createRoute({
    ...common,
    method: 'get',
    path: `${deploymentPath}/tasks`,
    operationId: 'listDeploymentTasks',
    summary: 'All tasks of a deployment',
    request: { params: deploymentParams, query: z.object({ status: z.enum(taskStatuses).optional() }) },
    responses: {
      200: answer('The tasks', z.object({ items: z.array(deploymentTaskSchema) }).openapi('DeploymentTaskList')),
      ...readProblems,
    },
  }),
});

export function registerDeploymentRoutes(app: App, deps: ApiDeps): void {
  const { create, list, get, why, history, tasks } = routes(deps);
  app.openapi(create, async (c) => {
    const services = servicesFor(c, deps);
    if (c.req.valid('query').dryRun === 'true')
      return c.json(shown(await dryRunDeployment(services, c.get('caller'), c.req.valid('json'))), 200);
    return c.json(shown(await createDeployment(services, c.get('caller'), c.req.valid('json'))), 201);
  });
  app.openapi(list, async (c) => c.json(await listDeployments(deps, c.get('caller'), c.req.valid('query'), c.req.valid('query')), 200));
  app.openapi(get, async (c) => c.json(shown(await getDeployment(deps, c.get('caller'), c.req.valid('param').deploymentId)), 200));
  app.openapi(why, async (c) => c.json(await whyDeployment(deps, c.get('caller'), c.req.valid('param').deploymentId), 200));
  app.openapi(history, async (c) =>
    c.json(await listDeploymentHistory(deps, c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('query')), 200),
  );
  app.openapi(tasks, async (c) => {
    const { items } = await listDeploymentTasks(deps, c.get('caller'), c.req.valid('param').deploymentId, c.req.valid('query'));
    return c.json({ items: items.map((task) => ({ ...task, stage: stageOf(task.stage) })) }, 200);
  });
}

/** What the answer's schema takes: lists that may be written. */
export const shown = <T>(view: T) => view as Writable<T>;
type Writable<T> = T extends readonly (infer Item)[]
  ? Writable<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;

function stageOf(key: string) {
  const stage = deploymentStages.find((candidate) => candidate === key);
  if (stage === undefined) throw new Error(`deployments have no stage ${key}`);
  return stage;
}
