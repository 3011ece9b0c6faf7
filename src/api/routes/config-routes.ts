import { createRoute, z } from '@hono/zod-openapi';
import type { ConfigBody, ConfigKind, ConfigView } from '../../services/configs/config-resource.ts';
import { createConfig } from '../../services/configs/create-config.ts';
import { deleteConfig } from '../../services/configs/delete-config.ts';
import { listConfigs, readConfig } from '../../services/configs/read-config.ts';
import { replaceConfig } from '../../services/configs/replace-config.ts';
import type { Caller } from '../../services/context.ts';
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
  pageOf,
  problems,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';

/** One kind of config as a resource. */
interface ConfigRoutes<B extends ConfigBody> {
  kind: ConfigKind<B>;
  /** Under the tenant. */
  path: string;
  /** `CiCdConfig`: names the operations and schemas. */
  name: string;
  /** For summaries: `CI config`. */
  title: string;
  schema: z.ZodObject & z.ZodType<B>;
  /** Asks the provider when the request says `?verify=true`. */
  verify: (deps: ApiDeps, caller: Caller, body: B) => Promise<void>;
}

export const verifyQuery = z.object({
  verify: flagSchema('false').meta({ description: 'true: ask the provider whether what is named exists' }),
});

function routesOf<B extends ConfigBody>(deps: ApiDeps, { path, name, title, schema }: ConfigRoutes<B>) {
  const collection = `/api/v1/tenants/{tenantId}/${path}` as const;
  const item = `${collection}/{configId}` as const;
  const itemParams = tenantParams.extend({ configId: idSchema });
  const common = { tags: ['Configs'], security: bearer };
  // The compiler need not know each kind's fields here: the kind's own schema checks them on the way in.
  const body = schema.openapi(`${name}Body`) as unknown as z.ZodType<ConfigBody, ConfigBody>;
  const view = schema.extend({ id: idSchema, createdAt: instantSchema, updatedAt: instantSchema }).openapi(name) as unknown as z.ZodType<
    ConfigView<ConfigBody>,
    ConfigView<ConfigBody>
  >;
  return {
    create: createRoute({
      ...common,
      method: 'post',
      path: collection,
      operationId: `create${name}`,
      summary: `Create a ${title}`,
      middleware: [idempotent(deps)] as const,
      request: { params: tenantParams, query: verifyQuery, headers: idempotencyHeader, ...jsonBody(body) },
      responses: { 201: answer(`The ${title}`, view), ...writeProblems, ...problems(503) },
    }),
    list: createRoute({
      ...common,
      method: 'get',
      path: collection,
      operationId: `list${name}s`,
      summary: `${title}s of the tenant, newest first`,
      request: { params: tenantParams, query: listQuery },
      responses: { 200: answer(`A page of ${title}s`, pageOf(view).openapi(`${name}Page`)), ...readProblems },
    }),
    read: createRoute({
      ...common,
      method: 'get',
      path: item,
      operationId: `read${name}`,
      summary: `One ${title}`,
      request: { params: itemParams },
      responses: { 200: answer(`The ${title}`, view), ...readProblems },
    }),
    replace: createRoute({
      ...common,
      method: 'put',
      path: item,
      operationId: `replace${name}`,
      summary: `Replace a ${title}`,
      request: { params: itemParams, query: verifyQuery, ...jsonBody(body) },
      responses: { 200: answer(`The ${title}`, view), ...writeProblems, ...problems(503) },
    }),
    remove: createRoute({
      ...common,
      method: 'delete',
      path: item,
      operationId: `delete${name}`,
      summary: `Delete a ${title}`,
      description: 'Refused while active release configs or unfinished releases name it.',
      request: { params: itemParams },
      responses: { 204: { description: 'It is gone' }, ...writeProblems },
    }),
  };
}

export function registerConfigRoutes<B extends ConfigBody>(app: App, deps: ApiDeps, spec: ConfigRoutes<B>): void {
  const { kind } = spec;
  const { create, list, read, replace, remove } = routesOf(deps, spec);
  // What the schema let through is a B; see `routesOf`.
  const checked = async (caller: Caller, body: ConfigBody, verify: boolean): Promise<B> => {
    if (verify) await spec.verify(deps, caller, body as B);
    return body as B;
  };
  app.openapi(create, async (c) => {
    const body = await checked(c.get('caller'), c.req.valid('json'), c.req.valid('query').verify);
    return c.json(await createConfig(deps, c.get('caller'), kind, body), 201);
  });
  app.openapi(list, async (c) => c.json(await listConfigs(deps, c.get('caller'), kind, c.req.valid('query')), 200));
  app.openapi(read, async (c) => c.json(await readConfig(deps, c.get('caller'), kind, c.req.valid('param').configId), 200));
  app.openapi(replace, async (c) => {
    const body = await checked(c.get('caller'), c.req.valid('json'), c.req.valid('query').verify);
    return c.json(await replaceConfig(deps, c.get('caller'), kind, c.req.valid('param').configId, body), 200);
  });
  app.openapi(remove, async (c) => {
    await deleteConfig(deps, c.get('caller'), kind, c.req.valid('param').configId);
    return c.body(null, 204);
  });
}
