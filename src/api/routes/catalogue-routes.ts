import { createRoute, type z } from '@hono/zod-openapi';
import {
  type CatalogueKind,
  createEntry,
  deleteEntry,
  type EntryView,
  listEntries,
  readEntry,
  replaceEntry,
} from '../../services/catalogue/entry.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  listQuery,
  pageOf,
  readProblems,
  tenantParams,
  writeProblems,
} from '../schemas.ts';

/** One kind of entry of the catalogue as a resource. */
interface CatalogueRoutes<Body extends object> {
  kind: CatalogueKind<Body>;
  /** Under the tenant. */
  path: string;
  /** `Service`: names the operations and schemas. */
  name: string;
  /** For summaries: `service`. */
  title: string;
  tag: string;
  schema: z.ZodObject & z.ZodType<Body>;
  /** Query parameter → column, of the list. */
  filters?: Readonly<Record<string, string>>;
}

function routesOf<Body extends object>(deps: ApiDeps, { path, name, title, tag, schema, filters = {} }: CatalogueRoutes<Body>) {
  const collection = `/api/v1/tenants/{tenantId}/${path}` as const;
  const item = `${collection}/{entryId}` as const;
  const itemParams = tenantParams.extend({ entryId: idSchema });
  const common = { tags: [tag], security: bearer };
  // The compiler need not know each kind's fields here: the kind's own schema checks them on the way in.
  const body = schema.openapi(`${name}Body`) as unknown as z.ZodType<object, object>;
  const view = schema.extend({ id: idSchema, createdAt: instantSchema, updatedAt: instantSchema }).openapi(name) as unknown as z.ZodType<
    EntryView<object>,
    EntryView<object>
  >;
  const query = listQuery.extend(Object.fromEntries(Object.keys(filters).map((parameter) => [parameter, idSchema.optional()])));
  return {
    create: createRoute({
      ...common,
      method: 'post',
      path: collection,
      operationId: `create${name}`,
      summary: `Create a ${title}`,
      middleware: [idempotent(deps)] as const,
      request: { params: tenantParams, headers: idempotencyHeader, ...jsonBody(body) },
      responses: { 201: answer(`The ${title}`, view), ...writeProblems },
    }),
    list: createRoute({
      ...common,
      method: 'get',
      path: collection,
      operationId: `list${name}s`,
      summary: `${name}s of the tenant, newest first`,
      request: { params: tenantParams, query },
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
      summary: `Replace a ${title}, the whole of it`,
      request: { params: itemParams, ...jsonBody(body) },
      responses: { 200: answer(`The ${title}`, view), ...writeProblems },
    }),
    remove: createRoute({
      ...common,
      method: 'delete',
      path: item,
      operationId: `delete${name}`,
      summary: `Delete a ${title} that nothing needs`,
      request: { params: itemParams },
      responses: { 204: { description: 'It is gone' }, ...writeProblems },
    }),
  };
}

export function registerCatalogueRoutes<Body extends object>(app: App, deps: ApiDeps, of: CatalogueRoutes<Body>): void {
  const { kind, filters = {} } = of;
  const { create, list, read, replace, remove } = routesOf(deps, of);
  app.openapi(create, async (c) =>
    c.json(await createEntry(servicesFor(c, deps), c.get('caller'), kind, c.req.valid('json') as Body), 201),
  );
  app.openapi(list, async (c) => {
    const query = c.req.valid('query') as { limit: number; cursor?: string } & Record<string, string | undefined>;
    const only = Object.fromEntries(Object.entries(filters).map(([parameter, column]) => [column, query[parameter]]));
    return c.json(await listEntries(deps, c.get('caller'), kind, query, only), 200);
  });
  app.openapi(read, async (c) => c.json(await readEntry(deps, c.get('caller'), kind, c.req.valid('param').entryId), 200));
  app.openapi(replace, async (c) =>
    c.json(await replaceEntry(servicesFor(c, deps), c.get('caller'), kind, c.req.valid('param').entryId, c.req.valid('json') as Body), 200),
  );
  app.openapi(remove, async (c) => {
    await deleteEntry(servicesFor(c, deps), c.get('caller'), kind, c.req.valid('param').entryId);
    return c.body(null, 204);
  });
}
