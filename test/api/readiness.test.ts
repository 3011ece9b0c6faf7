import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/** An API whose database and Redis are away while their message is set. */
function apiWith(away: { database: string | null; redis: string | null }) {
  const lines: string[] = [];
  const logger = createLogger({ level: 'trace', name: 'api', destination: { write: (line) => void lines.push(line) } });
  const check = (name: 'database' | 'redis') => async () => {
    const message = away[name];
    if (message !== null) throw new Error(message);
  };
  const app = createApp({ ...api.deps, logger, checks: { database: check('database'), redis: check('redis') } });
  return {
    async probe(path = '/readyz') {
      const response = await app.request(path);
      return { status: response.status, body: await response.json() };
    },
    loud: () => lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'warn' || level === 'error'),
    lines,
  };
}

it('stays ready without Redis, and says that it is degraded and why', async () => {
  const { probe } = apiWith({ database: null, redis: 'connection refused' });

  const answer = await probe();

  expect(answer).toEqual({ status: 200, body: { ok: true, status: 'degraded', failed: { redis: 'connection refused' } } });
  expect(await probe('/api/v1/release-management/health')).toEqual(answer);
});

it('is not ready without the database, whatever Redis does', async () => {
  const { probe } = apiWith({ database: 'gone', redis: 'gone, too' });

  const answer = await probe();

  expect(answer).toEqual({ status: 503, body: { ok: false, status: 'unavailable', failed: { database: 'gone', redis: 'gone, too' } } });
});

it('logs an outage once, not per probe, and its end', async () => {
  const away: { database: string | null; redis: string | null } = { database: null, redis: null };
  const { probe, loud, lines } = apiWith(away);

  await probe();
  away.redis = 'connection refused';
  for (let count = 0; count < 3; count += 1) await probe();
  away.database = 'connection lost';
  for (let count = 0; count < 3; count += 1) await probe();
  Object.assign(away, { database: null, redis: null });
  const last = await probe();

  expect(last.body).toEqual({ ok: true, status: 'ready', failed: {} });
  expect(loud().map(({ level, failed }) => [level, failed])).toEqual([
    ['warn', { redis: 'connection refused' }],
    ['error', { database: 'connection lost', redis: 'connection refused' }],
  ]);
  expect(lines.join('')).toContain('ready again');
});
