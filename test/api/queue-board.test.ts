import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/platform/logger.ts';
import { openQueues, type Queues } from '../../src/platform/queues.ts';
import { createRedis, type RedisClient, redisReady } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import { addOperator, removeOperator } from '../../src/services/access/operators.ts';
import { testRedis } from '../support/redis.ts';
import { type ApiHarness, startApi } from './harness.ts';

const space = testRedis();
let redis: RedisClient;
let queues: Queues;
let api: ApiHarness;
let operator: string;

beforeAll(async () => {
  redis = createRedis({ redis: parseRedisUrl(space.url), logger: createLogger({ level: 'silent', name: 'test' }) }, 'commands');
  await redisReady(redis, 5000);
  queues = openQueues({ redis, prefix: space.prefix, onError: () => undefined });
  api = await startApi({ queues });
  operator = (await newOperator()).token;
});
afterAll(async () => {
  await api.close();
  await queues.close();
  redis.disconnect();
  await space.cleanup();
});

async function newOperator(expiresAt: Date | null = null) {
  const { id, token } = await addOperator(api.db, { name: 'Olga', expiresAt });
  return { id, token: token.reveal() };
}

const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://localhost', host: 'localhost' };
const logIn = (token: string, headers: Record<string, string> = form) =>
  api.request('POST', '/admin/queues/login', { body: new URLSearchParams({ token }).toString(), headers });
const cookieOf = (answer: { headers: Headers }) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';

it('shows every queue to an operator', async () => {
  const answer = await api.request('GET', '/admin/queues/api/queues', { token: operator });

  expect(answer.body.queues.map((queue: { name: string }) => queue.name).sort()).toEqual(
    [
      'blockers',
      'clean-ups',
      'deliveries',
      'deployment',
      'distribution',
      'kickoff',
      'post-regression',
      'regression',
      'ticks',
      'webhooks',
    ].sort(),
  );
});

it('shows nothing, static files included, without a token, and nothing to any tenant, its owner included', async () => {
  const { tenantId, token: owner } = await api.tenant();
  const viewer = await api.token(tenantId, 'viewer');

  for (const path of ['/admin/queues', '/admin/queues/api/queues', '/admin/queues/static/favicon.ico']) {
    expect((await api.request('GET', path)).status).toBe(401);
    for (const token of [owner, viewer]) expect((await api.request('GET', path, { token })).status).toBe(403);
  }
  const retry = await api.request('PUT', '/admin/queues/api/queues/kickoff/retry/failed', { token: owner });
  const browser = await api.request('GET', '/admin/queues', { headers: { accept: 'text/html' } });
  expect(retry.status).toBe(403);
  expect(browser.status).toBe(401);
  expect(browser.text).toContain('<form method="post" action="/admin/queues/login">');
});

it('takes no operator whose token has expired, and gives an operator nothing of a tenant', async () => {
  const { token: expired } = await newOperator(new Date(Date.now() - 1000));

  expect((await api.request('GET', '/admin/queues', { token: expired })).status).toBe(401);
  expect((await api.request('GET', '/api/v1/me', { token: operator })).status).toBe(401);
});

it('asks no other host for anything, and finds everything its pages ask for', async () => {
  const board = await api.request('GET', '/admin/queues', { token: operator });
  const login = await api.request('GET', '/admin/queues', { headers: { accept: 'text/html' } });

  const base = new URL(`http://localhost${/<base href="([^"]+)"/.exec(board.text)?.[1]}`);
  const asked = [...board.text.matchAll(/<(?:link|script|img)\b[^>]*\s(?:href|src)="([^"]+)"/g)].map(
    ([, path]) => new URL(path ?? '', base),
  );
  expect(asked.length).toBeGreaterThan(4);
  for (const url of asked) {
    expect(url.host, url.href).toBe('localhost');
    expect((await api.request('GET', url.pathname, { token: operator })).status, url.href).toBe(200);
  }
  // Without one the browser asks for /favicon.ico, which is behind no login and not there.
  expect(login.text).toContain('<link rel="icon" href="data:,">');
});

describe('login', () => {
  it('sets a strict, script-proof cookie that holds the token sealed, opens the board, and ends with the token', async () => {
    const { id, token } = await newOperator();

    const answer = await logIn(token);

    expect(answer.status).toBe(303);
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).toMatch(/Path=\/admin\/queues/);
    expect(cookie).not.toContain(token);
    const headers = { cookie: cookieOf(answer) };
    const board = await api.request('GET', '/admin/queues', { headers });
    expect(board.status).toBe(200);
    expect(board.text).toContain('Signalbox queues');
    expect(board.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    await removeOperator(api.db, id);
    expect((await api.request('GET', '/admin/queues', { headers })).status).toBe(401);
  });

  it('refuses unknown tokens, tokens of tenants, and forms of other pages', async () => {
    const { token: owner } = await api.tenant();

    expect((await logIn('nonsense')).status).toBe(401);
    expect((await logIn(owner)).status).toBe(403);
    expect((await logIn(operator, { ...form, origin: 'https://evil.example' })).status).toBe(403);
    expect((await logIn(operator, { ...form, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('is not the API: the cookie opens nothing there', async () => {
    const cookie = cookieOf(await logIn(operator));

    expect((await api.request('GET', '/api/v1/me', { headers: { cookie } })).status).toBe(401);
  });

  it('takes no forged or altered cookie', async () => {
    const cookie = cookieOf(await logIn(operator));

    expect((await api.request('GET', '/admin/queues/api/queues', { headers: { cookie: `${cookie.slice(0, -4)}AAAA` } })).status).toBe(401);
    expect((await api.request('GET', '/admin/queues/api/queues', { headers: { cookie: 'signalbox_board=x' } })).status).toBe(401);
  });
});

describe('changes', () => {
  it('by cookie must come from the board itself', async () => {
    const cookie = cookieOf(await logIn(operator));
    const clean = (headers: Record<string, string>) =>
      api.request('PUT', '/admin/queues/api/queues/kickoff/clean/completed', { headers: { cookie, ...headers } });

    expect((await clean({})).status).toBe(403);
    expect((await clean({ origin: 'https://evil.example', host: 'localhost' })).status).toBe(403);
    expect((await clean({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
    expect((await clean({ 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });

  it('are refused where they would stop or alter the work of other tenants', async () => {
    const refused = [
      ['PUT', 'queues/pause'],
      ['PUT', 'queues/kickoff/pause'],
      ['PUT', 'queues/kickoff/obliterate'],
      ['PUT', 'queues/kickoff/empty'],
      ['PUT', 'queues/kickoff/concurrency'],
      ['POST', 'queues/kickoff/add'],
      ['PATCH', 'queues/kickoff/1/update-data'],
    ] as const;

    for (const [method, path] of refused) {
      expect((await api.request(method, `/admin/queues/api/${path}`, { token: operator, body: {} })).status, path).toBe(403);
    }
    expect(await queues.get('kickoff').isPaused()).toBe(false);
  });
});
