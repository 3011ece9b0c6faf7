import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Permission } from '../../src/domain/access/permissions.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type Components, type JsonSchema, resolve, sampleBodyOf, wrongBodies } from './sample-body.ts';

/*
 * Bad input on every route, made from the OpenAPI document: a route added tomorrow is covered tomorrow. Each test also demands that no
 * answer was a 5xx, that nothing was logged as an error, and that no row of any table changed.
 */

interface Operation {
  operationId: string;
  security: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema: JsonSchema }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: JsonSchema }> };
}
interface Route {
  method: string;
  path: string;
  operation: Operation;
  body: JsonSchema | null;
}

const UNKNOWN_ID = '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z';
/** Everybody may ask these, whatever their scopes. */
const NEED_NO_PERMISSION = ['readMe', 'readTenant', 'listOwnChatIdentities'];

let api: ApiHarness;
let routes: Route[];
let components: Components;
let mine: { tenantId: string; token: string };
let theirs: { tenantId: string; token: string };

beforeAll(async () => {
  api = await startApi();
  const document = (await api.request('GET', '/openapi.json')).body as {
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Components };
  };
  components = document.components.schemas;
  routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      operation,
      body: operation.requestBody?.content['application/json']?.schema ?? null,
    })),
  );
  [mine, theirs] = [await api.tenant('Mine'), await api.tenant('Theirs')];
});
afterAll(() => api.close());

const guarded = () => routes.filter((route) => route.operation.security.length > 0);
const ofTenant = () => guarded().filter((route) => route.path.includes('{tenantId}'));

function pathOf(route: Route, values: Record<string, string> = {}): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_match, name: string) => {
    const schema = route.operation.parameters?.find((parameter) => parameter.in === 'path' && parameter.name === name)?.schema ?? {};
    const { enum: words, example } = resolve(schema, components);
    const known = words?.[0] ?? example;
    return values[name] ?? (name === 'tenantId' ? mine.tenantId : known === undefined ? UNKNOWN_ID : String(known));
  });
  const required = route.operation.parameters?.filter((parameter) => parameter.in === 'query' && parameter.required === true) ?? [];
  if (required.length === 0) return path;
  const query = Object.fromEntries(required.map(({ name, schema }) => [name, String(sampleBodyOf(schema, components))]));
  return `${path}?${new URLSearchParams(query)}`;
}

const withQuery = (path: string, name: string, value: string) =>
  `${path}${path.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;

const sampleBody = (route: Route) => (route.body === null ? undefined : sampleBodyOf(route.body, components));
const sentAs = (route: Route, answer: { status: number }) => `${route.method} ${route.path} → ${answer.status}`;

/** Every row of every table; tokens without the time of their last use. */
async function everything(): Promise<Record<string, unknown>> {
  const tables = await api.db.rows<Record<string, string>>('SHOW TABLES');
  const contents: Record<string, unknown> = {};
  for (const name of tables.flatMap((row) => Object.values(row))) {
    const rows = await api.db.rows<Record<string, unknown>>(`SELECT * FROM \`${name}\``);
    contents[name] = rows.map(({ last_used_at: _used, ...row }) => JSON.stringify(row)).sort();
  }
  return contents;
}

/** Runs the requests and holds them to what holds for all of them. */
async function harmless(requests: () => Promise<string[]>): Promise<void> {
  const before = await everything();
  const loggedBefore = api.logged().length;
  const unexpected = await requests();
  const logged = api.logged().slice(loggedBefore);

  expect(unexpected).toEqual([]);
  expect(logged.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([]);
  expect(await everything()).toEqual(before);
}

async function each(list: readonly Route[], check: (route: Route) => Promise<string | null>): Promise<string[]> {
  const failures: string[] = [];
  for (const route of list) {
    const failure = await check(route);
    if (failure !== null) failures.push(failure);
  }
  return failures;
}

it('covers the whole API', () => {
  expect(guarded().length).toBeGreaterThan(40);
});

describe('on every route', () => {
  it('no token, a malformed, an unknown, an expired and a revoked one are 401', async () => {
    const expired = await api.token(mine.tenantId, 'owner', { expiresAt: new Date(Date.now() - 1000) });
    const revoked = await api.token(mine.tenantId, 'owner');
    await api.db.run('UPDATE api_tokens SET revoked_at = UTC_TIMESTAMP(3) ORDER BY id DESC LIMIT 1');

    await harmless(async () => {
      const failures: string[] = [];
      for (const token of [undefined, 'x', `sbx_${'A'.repeat(43)}`, expired, revoked]) {
        failures.push(
          ...(await each(guarded(), async (route) => {
            const answer = await api.request(route.method, pathOf(route), {
              ...(token === undefined ? {} : { token }),
              body: sampleBody(route),
            });
            return answer.status === 401 ? null : sentAs(route, answer);
          })),
        );
      }
      return failures;
    });
  });

  it("another tenant's id is 404, exactly like one that does not exist and one that is no id", async () => {
    await harmless(() =>
      each(ofTenant(), async (route) => {
        for (const tenantId of [theirs.tenantId, UNKNOWN_ID, 'x', '%00', '%F0%9F%92%A5', "'%20OR%201=1"]) {
          const answer = await api.request(route.method, pathOf(route, { tenantId }), { token: mine.token, body: sampleBody(route) });
          if (answer.status !== 404) return `${tenantId}: ${sentAs(route, answer)}`;
        }
        return null;
      }),
    );
  });

  it('a token without the permission is 403', async () => {
    // A scope that nobody knows grants nothing, and narrows all the same.
    const token = await api.token(mine.tenantId, 'owner', { scopes: ['nothing:do' as Permission] });

    await harmless(() =>
      each(
        guarded().filter((route) => !NEED_NO_PERMISSION.includes(route.operation.operationId)),
        async (route) => {
          const answer = await api.request(route.method, pathOf(route), { token, body: sampleBody(route) });
          return answer.status === 403 ? null : `${sentAs(route, answer)} ${answer.text.slice(0, 300)}`;
        },
      ),
    );
  });

  it('unknown ids are 404, and so is what is no id', async () => {
    const withIds = ofTenant().filter((route) =>
      route.operation.parameters?.some(
        (parameter) => parameter.in === 'path' && parameter.name.endsWith('Id') && parameter.name !== 'tenantId',
      ),
    );

    await harmless(() =>
      each(withIds, async (route) => {
        const unknown = await api.request(route.method, pathOf(route), { token: mine.token, body: sampleBody(route) });
        // With a body, what the body names may be found missing first.
        const isRight = unknown.status === 404 || (route.body !== null && unknown.status === 422);
        if (!isRight) return sentAs(route, unknown);
        const names = route.operation.parameters?.filter((parameter) => parameter.in === 'path' && parameter.name !== 'tenantId') ?? [];
        for (const { name } of names) {
          // Dots alone would be another path before they are sent.
          for (const id of ['x', '%00', '%F0%9F%92%A5', '..%2F..', "'%20OR%201=1", 'A'.repeat(3000)]) {
            const answer = await api.request(route.method, pathOf(route, { [name]: id }), { token: mine.token, body: sampleBody(route) });
            if (answer.status !== 404) return `${name}=${id.slice(0, 20)}: ${sentAs(route, answer)}`;
          }
        }
        return null;
      }),
    );
  });

  it('a body that is no JSON is 400, one of another type 415, one above 1 MiB 413', async () => {
    const cases = [
      { status: 400, body: '{"name":', type: 'application/json' },
      { status: 400, body: '\u0000', type: 'application/json' },
      { status: 415, body: '<name/>', type: 'application/xml' },
      { status: 415, body: 'name=x', type: 'application/x-www-form-urlencoded' },
      { status: 413, body: JSON.stringify({ name: 'x'.repeat(1024 * 1024) }), type: 'application/json' },
    ];

    await harmless(() =>
      each(
        guarded().filter((route) => route.body !== null),
        async (route) => {
          for (const { status, body, type } of cases) {
            const answer = await api.request(route.method, pathOf(route), { token: mine.token, body, headers: { 'content-type': type } });
            if (answer.status !== status) return `${type} ${body.slice(0, 10)}: ${sentAs(route, answer)}`;
            if (answer.headers.get('content-type') !== 'application/problem+json') return `no problem: ${sentAs(route, answer)}`;
          }
          return null;
        },
      ),
    );
  });

  it('every wrong field, missing field and field too many is 422 with the list of errors', async () => {
    await harmless(() =>
      each(
        guarded().filter((route) => route.body !== null),
        async (route) => {
          for (const { what, body } of wrongBodies(route.body ?? {}, components)) {
            const answer = await api.request(route.method, pathOf(route), {
              token: mine.token,
              body: JSON.stringify(body),
              headers: { 'content-type': 'application/json' },
            });
            // Values within the schema's bounds pass it; then the unknown id in the path is what is wrong.
            const passed = answer.status === 404 && pathOf(route).includes(UNKNOWN_ID);
            if (answer.status !== 422 && !passed) return `${what}: ${sentAs(route, answer)} ${answer.text.slice(0, 200)}`;
            if (answer.status === 422 && !Array.isArray(answer.body.errors)) return `no errors: ${what}: ${sentAs(route, answer)}`;
          }
          return null;
        },
      ),
    );
  });

  it('a body nested ten thousand levels deep is 422', async () => {
    const body = `{"name":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;

    await harmless(() =>
      each(
        guarded().filter((route) => route.body !== null),
        async (route) => {
          const answer = await api.request(route.method, pathOf(route), {
            token: mine.token,
            body,
            headers: { 'content-type': 'application/json' },
          });
          return answer.status === 422 ? null : sentAs(route, answer);
        },
      ),
    );
  });

  it('a wrong query is 422', async () => {
    const wrong: Record<string, string[]> = {
      limit: ['0', '101', '-1', 'x', '1.5', '1e9', ''],
      cursor: ['!!!', 'AAAA', 'x'.repeat(300), Buffer.from("' OR 1=1 -- xxxxxxxxxxxxxxx").toString('base64url')],
    };

    await harmless(() =>
      each(ofTenant(), async (route) => {
        for (const { name, schema } of route.operation.parameters?.filter((parameter) => parameter.in === 'query') ?? []) {
          const values = wrong[name] ?? (resolve(schema, components).enum === undefined ? [] : ['NO_SUCH_WORD', '']);
          for (const value of values) {
            const path = withQuery(pathOf(route), name, value);
            const answer = await api.request(route.method, path, { token: mine.token, body: sampleBody(route) });
            const passed = answer.status === 404 && pathOf(route).includes(UNKNOWN_ID);
            if (answer.status !== 422 && !passed) return `${name}=${value.slice(0, 20)}: ${sentAs(route, answer)}`;
          }
        }
        return null;
      }),
    );
  });
});
