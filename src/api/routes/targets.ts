import { createRoute, z } from '@hono/zod-openapi';
import { listTargets, putTarget, removeTarget, type TargetView } from '../../services/catalogue/targets.ts';
import { listVariables, putVariable, removeVariable } from '../../services/catalogue/variables.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { answer, bearer, idSchema, instantSchema, jsonBody, readProblems, tenantParams, writeProblems } from '../schemas.ts';
import { storeTargetSchema, targetBodySchema, targetInputSchema } from './deployment-schemas.ts';
import { instantInputOrNull } from './release-schemas.ts';

const environmentParams = tenantParams.extend({ environmentId: idSchema });
const environmentPath = '/api/v1/tenants/{tenantId}/environments/{environmentId}';
const common = { tags: ['Catalogue'], security: bearer };

const written = { id: idSchema, environmentId: idSchema, serviceId: idSchema, createdAt: instantSchema, updatedAt: instantSchema };
const targetSchema = z
  .union([targetBodySchema.extend(written).openapi('DrivenTarget'), storeTargetSchema.extend(written).openapi('StoreTarget')])
  // The view's lists are readonly, which the compiler would refuse to answer with.
  .openapi('Target') as unknown as z.ZodType<TargetView>;

const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)
  .meta({ example: 'GREETING' });
const variableSchema = z
  .object({
    name: z.string(),
    serviceId: idSchema.nullable().meta({ description: 'null: of every service in the environment' }),
    isSecret: z.boolean(),
    value: z.string().nullable().meta({ description: 'null of a secret: it is never shown' }),
    expiresAt: instantSchema.nullable(),
    updatedAt: instantSchema,
  })
  .openapi('EnvironmentVariable');
const variableInput = z
  .strictObject({
    value: z
      .string()
      .max(32_768)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: no program can be given it
      .regex(/^[^\u0000]*$/, 'must not contain NUL'),
    isSecret: z.boolean(),
    expiresAt: instantInputOrNull.default(null),
  })
  .openapi('EnvironmentVariableBody');
const ofService = z.object({ serviceId: idSchema.optional().meta({ description: 'Absent: of every service in the environment' }) });
const targetParams = environmentParams.extend({ serviceId: idSchema });
const variableParams = environmentParams.extend({ name: variableName });

const routes = {
  targets: createRoute({
    ...common,
    method: 'get',
    path: `${environmentPath}/targets`,
    operationId: 'listTargets',
    summary: 'Where and how each service runs in the environment',
    request: { params: environmentParams },
    responses: { 200: answer('The targets', z.object({ items: z.array(targetSchema) }).openapi('TargetList')), ...readProblems },
  }),
  putTarget: createRoute({
    ...common,
    method: 'put',
    path: `${environmentPath}/targets/{serviceId}`,
    operationId: 'putTarget',
    summary: 'Say where and how a service runs in the environment',
    description:
      'A driver (deploy), or in a store track a store. Checked against what they declare. Deployments that are under way keep what they were created with.',
    request: { params: targetParams, ...jsonBody(targetInputSchema) },
    responses: { 200: answer('The target', targetSchema), ...writeProblems },
  }),
  removeTarget: createRoute({
    ...common,
    method: 'delete',
    path: `${environmentPath}/targets/{serviceId}`,
    operationId: 'removeTarget',
    summary: 'Deploy a service to the environment no more; what runs there goes on running',
    request: { params: targetParams },
    responses: { 204: { description: 'It is gone' }, ...writeProblems },
  }),
  variables: createRoute({
    ...common,
    method: 'get',
    path: `${environmentPath}/variables`,
    operationId: 'listEnvironmentVariables',
    summary: 'Environment variables; secrets without their values',
    request: { params: environmentParams },
    responses: {
      200: answer('The variables', z.object({ items: z.array(variableSchema) }).openapi('EnvironmentVariableList')),
      ...readProblems,
    },
  }),
  putVariable: createRoute({
    ...common,
    method: 'put',
    path: `${environmentPath}/variables/{name}`,
    operationId: 'putEnvironmentVariable',
    summary: 'Set a variable; the next deployment takes it',
    request: { params: variableParams, query: ofService, ...jsonBody(variableInput) },
    responses: { 200: answer('The variable', variableSchema), ...writeProblems },
  }),
  removeVariable: createRoute({
    ...common,
    method: 'delete',
    path: `${environmentPath}/variables/{name}`,
    operationId: 'removeEnvironmentVariable',
    summary: 'Take a variable away',
    request: { params: variableParams, query: ofService },
    responses: { 204: { description: 'It is gone' }, ...writeProblems },
  }),
};

export function registerTargetRoutes(app: App, deps: ApiDeps): void {
  app.openapi(routes.targets, async (c) => c.json(await listTargets(deps, c.get('caller'), c.req.valid('param').environmentId), 200));
  app.openapi(routes.putTarget, async (c) =>
    c.json(await putTarget(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
  app.openapi(routes.removeTarget, async (c) => {
    await removeTarget(deps, c.get('caller'), c.req.valid('param'));
    return c.body(null, 204);
  });
  app.openapi(routes.variables, async (c) => c.json(await listVariables(deps, c.get('caller'), c.req.valid('param').environmentId), 200));
  app.openapi(routes.putVariable, async (c) => {
    const place = { ...c.req.valid('param'), serviceId: c.req.valid('query').serviceId ?? null };
    return c.json(await putVariable(deps, c.get('caller'), place, c.req.valid('json')), 200);
  });
  app.openapi(routes.removeVariable, async (c) => {
    await removeVariable(deps, c.get('caller'), { ...c.req.valid('param'), serviceId: c.req.valid('query').serviceId ?? null });
    return c.body(null, 204);
  });
}
