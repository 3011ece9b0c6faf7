import { z } from 'zod';
import { type FakeAnswer, type FakeRequest, type FakeServer, type Fault, startFakeServer } from '../test/fakes/fake-server.ts';
import { ConsoleRefusal } from './console-refusal.ts';
import { effectsPage } from './effects-page.ts';
import { type Sandbox, sandboxPorts } from './sandbox.ts';
import { UnansweredAddress } from './unanswered-address.ts';
import { UnknownTenant } from './unknown-tenant.ts';

/**
 * The sandbox's own HTTP server, for programs that have it as a separate process, and a page for people. `?tenant=` chooses one where there
 * are several.
 */

const target = z.object({ url: z.url(), secret: z.string().min(1) });
const targets = z.union([target, z.array(target)]).optional();

const storeTarget = z.enum(['PLAY_STORE', 'APP_STORE']);

const bodies = {
  tenant: z.object({ name: z.string().min(1) }),
  webhooks: z.object({
    scm: targets,
    ci: targets,
    tracker: targets,
    stores: z.object({ PLAY_STORE: targets, APP_STORE: targets }).optional(),
  }),
  rejection: z.object({ target: storeTarget, reason: z.string().min(1) }),
  console: z.discriminatedUnion('do', [
    z.object({ target: storeTarget, do: z.enum(['halt', 'resume']) }),
    z.object({ target: storeTarget, do: z.literal('raise'), percent: z.number().gt(0).max(100) }),
  ]),
  history: z.object({ tags: z.array(z.string().min(1)) }),
  failingRuns: z.object({
    workflow: z.string().optional(),
    times: z.number().int().positive().optional(),
    conclusion: z.string().optional(),
  }),
  fault: z.object({
    provider: z.enum(sandboxPorts).exclude(['control']),
    /** `path` is exact, `pathPattern` a regular expression. */
    match: z.object({ method: z.string().optional(), path: z.string().optional(), pathPattern: z.string().optional() }).optional(),
    mode: z.enum(['respond', 'html', 'hang', 'drop-before', 'drop-after', 'cut-body', 'pass']).optional(),
    status: z.number().int().min(100).max(599).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.unknown().optional(),
    times: z.number().int().positive().optional(),
    delayMs: z.number().nonnegative().optional(),
  }),
};

type Handler = (request: FakeRequest, tenant: string | undefined) => FakeAnswer | Promise<FakeAnswer>;

export async function startControl(sandbox: Omit<Sandbox, 'controlOrigin'>, port: number): Promise<FakeServer> {
  const server = await startFakeServer({ port, maxCalls: 1 });
  const route = (method: string, path: string, handler: Handler) =>
    server.route(method, path, async (request) => {
      try {
        return await handler(request, request.query.get('tenant') ?? undefined);
      } catch (error) {
        if (error instanceof UnknownTenant) return { status: 404, body: { message: error.message } };
        if (error instanceof ConsoleRefusal) return { status: 409, body: { message: error.message } };
        if (error instanceof z.ZodError || error instanceof SyntaxError || error instanceof UnansweredAddress) {
          return { status: 422, body: { message: error.message } };
        }
        throw error;
      }
    });

  route('GET', '/', () => {
    const page = effectsPage(sandbox.tenants.map(({ name }) => sandbox.effects(name)));
    return {
      status: 200,
      body: page,
      headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" },
    };
  });
  route('GET', '/effects', (_request, tenant) => ({
    status: 200,
    body: {
      ...sandbox.effects(tenant),
      webhooks: { sent: sandbox.sentWebhooks.length, failed: sandbox.sentWebhooks.filter(({ status }) => status === 0 || status >= 400) },
    },
  }));
  route('GET', '/access', (_request, tenant) => ({ status: 200, body: sandbox.access(tenant) }));
  route('POST', '/tenants', ({ body }) => {
    const { name } = bodies.tenant.parse(body);
    sandbox.addTenant(name);
    return { status: 201, body: sandbox.access(name) };
  });
  route('POST', '/webhooks', async ({ body }, tenant) => {
    const { scm = [], ci = [], tracker = [], stores = {} } = bodies.webhooks.parse(body);
    await sandbox.pointWebhooks(tenant, {
      scm,
      ci,
      tracker,
      stores: { PLAY_STORE: stores.PLAY_STORE ?? [], APP_STORE: stores.APP_STORE ?? [] },
    });
    return { status: 204 };
  });
  route('POST', '/rejections', ({ body }, tenant) => {
    const { target: store, reason } = bodies.rejection.parse(body);
    sandbox.rejectNext(tenant, store, reason);
    return { status: 204 };
  });
  route('POST', '/console', ({ body }, tenant) => {
    const { target: store, ...act } = bodies.console.parse(body);
    sandbox.inConsole(tenant, store, act);
    return { status: 204 };
  });
  route('POST', '/history', ({ body }, tenant) => {
    sandbox.rememberReleases(tenant, bodies.history.parse(body).tags);
    return { status: 204 };
  });
  route('POST', '/failing-runs', ({ body }) => {
    const { workflow, times, conclusion } = bodies.failingRuns.parse(body);
    sandbox.fakes.github.world.failRuns({
      ...(workflow ? { workflow } : {}),
      ...(times ? { times } : {}),
      ...(conclusion ? { conclusion } : {}),
    });
    sandbox.fakes.gitlab?.world.failPipelines(times);
    for (const { jenkins } of sandbox.tenants) jenkins?.failRuns(times ?? 1);
    return { status: 204 };
  });
  route('POST', '/faults', ({ body }) => {
    const { provider, fault } = faultOf(body);
    const fake = sandbox.fakes[provider];
    if (fake === null) return { status: 404, body: { message: `the sandbox was started without ${provider}` } };
    fake.failNext(fault);
    return { status: 204 };
  });
  route('DELETE', '/faults', () => {
    for (const fake of Object.values(sandbox.fakes)) fake?.clearFaults();
    return { status: 204 };
  });
  return server;
}

function faultOf(body: unknown): { provider: keyof Sandbox['fakes']; fault: Fault } {
  const { provider, match, ...rest } = bodies.fault.parse(body);
  const path = match?.pathPattern === undefined ? match?.path : new RegExp(match.pathPattern);
  const chosen = { ...(match?.method === undefined ? {} : { method: match.method }), ...(path === undefined ? {} : { path }) };
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  // The schema has checked each member; leaving out those that are undefined changes no type.
  return { provider, fault: { ...(Object.fromEntries(given) as Omit<Fault, 'match'>), match: chosen } };
}
