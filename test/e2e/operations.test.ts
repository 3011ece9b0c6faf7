import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addOperator } from '../../src/services/access/operators.ts';
import { waitFor } from '../support/wait-for.ts';
import type { ReleaseHandle } from './release.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** What an operator looks at and presses, on a Redis of this world alone. */

let world: World;
let tenant: TenantWorld;
let release: ReleaseHandle;
let operator: string;
beforeAll(async () => {
  world = await openWorld({ privateRedis: true });
  tenant = world.tenant();
  operator = (await addOperator(world.db, { name: 'Olga', expiresAt: null })).token.reveal();
  release = await tenant.createRelease({ config });
  await release.until('COMPLETED', { approving: true });
});
afterAll(() => world?.stopAll());

const config = { automationRuns: false, preRegressionBuilds: false };
const board = (path: string, token: string | null, method = 'GET') =>
  fetch(`${world.apiUrl}/admin/queues${path}`, { method, headers: token === null ? {} : { authorization: `Bearer ${token}` } });

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

async function scrape(which: string): Promise<Sample[]> {
  const response = await fetch(`${world.process(which).url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  return [...(await response.text()).matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text])),
    value: Number(value),
  }));
}

/** Sum of the samples of a series with these labels; `null` when there is none. */
function sum(samples: readonly Sample[], name: string, labels: Record<string, string> = {}): number | null {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? null : found.reduce((total, { value }) => total + value, 0);
}

it('tells Prometheus what each kind of process did', async () => {
  const [api, scheduler, worker] = [await scrape('api'), await scrape('scheduler'), await scrape('worker')];

  expect(sum(api, 'signalbox_http_request_duration_seconds_count', { method: 'POST', status: '201' })).toBeGreaterThan(10);
  expect(api.filter(({ labels }) => JSON.stringify(labels).includes(tenant.tenantId))).toEqual([]);
  expect(sum(worker, 'signalbox_task_duration_seconds_count', { type: 'FORK_BRANCH', outcome: 'completed' })).toBe(1);
  expect(sum(worker, 'signalbox_task_duration_seconds_count', { type: 'CREATE_RC_TAG', outcome: 'completed' })).toBe(1);
  for (const provider of ['github', 'jira', 'checkmate', 'slack']) {
    expect(sum(worker, 'signalbox_provider_request_duration_seconds_count', { provider, outcome: '2xx' })).toBeGreaterThan(0);
  }
  expect(sum(worker, 'signalbox_deliveries_total', { outcome: 'done' })).toBeGreaterThan(4);
  expect(sum(worker, 'signalbox_claims_total', { outcome: 'claimed' })).toBeGreaterThan(10);
  for (const queue of ['kickoff', 'regression', 'post-regression', 'distribution', 'deliveries', 'webhooks']) {
    expect(sum(scheduler, 'signalbox_due_lag_seconds', { queue })).not.toBeNull();
    expect(sum(api, 'signalbox_queue_depth', { queue, state: 'waiting' })).not.toBeNull();
  }
  for (const samples of [api, scheduler, worker]) {
    expect(sum(samples, 'signalbox_db_pool_connections', { state: 'free' })).toBeGreaterThan(0);
    expect(sum(samples, 'process_cpu_seconds_total')).toBeGreaterThan(0);
  }
});

it('lists the queues on the board to operators, and to no tenant', async () => {
  const manager = await tenant.person('release-manager');

  const refused = await Promise.all(
    [null, 'sbo_not_a_token', manager.token, tenant.ownerToken].map((token) => board('/api/queues', token)),
  );
  const allowed = await board('/api/queues', operator);
  const page = await board('', operator);
  const listed = (await allowed.json()) as { queues: { name: string }[] };

  expect(refused.map(({ status }) => status)).toEqual([401, 401, 403, 403]);
  expect(allowed.status).toBe(200);
  expect(listed.queues.map(({ name }) => name).sort()).toEqual([
    ...[
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
    ],
  ]);
  expect(await page.text()).toContain('Signalbox queues');
});

it('cannot be made to do anything twice by a retry on the board, and lets nobody stop the queues of all there', async () => {
  const task = await release.task('FORK_BRANCH');
  const before = await state();
  await world.stop('worker');
  const jobIds = await failedJobs('kickoff', [
    { id: task.id, fence: before.fence },
    { id: task.id, fence: before.fence - 1 },
    { id: task.id, fence: 0 },
  ]);
  const effects = tenant.effects().counts;
  await world.start('worker');

  const retried = await Promise.all(jobIds.map((jobId) => board(`/api/queues/kickoff/${jobId}/retry`, operator, 'PUT')));
  const stops = await Promise.all([
    board('/api/queues/kickoff/pause', operator, 'PUT'),
    board('/api/queues/kickoff/empty', operator, 'PUT'),
    board('/api/queues/kickoff/add', operator, 'POST'),
  ]);
  await withQueue('kickoff', (queue) =>
    waitFor(async () => (await queue.getJobs(['failed', 'waiting', 'active', 'delayed'])).length === 0, {
      what: 'the retried jobs to end',
    }),
  );

  expect(retried.map(({ status }) => status)).toEqual([204, 204, 204]);
  expect(stops.map(({ status }) => status)).toEqual([403, 403, 403]);
  expect(await state()).toEqual(before);
  expect(tenant.effects().counts).toEqual(effects);
  expect((await release.task('FORK_BRANCH')).attempts).toHaveLength(1);

  async function state(): Promise<{ status: string; fence: number; attempt: number }> {
    const [row] = await world.db.rows<{ status: string; fence: number; attempt: number }>(
      'SELECT status, fence, attempt FROM tasks WHERE id = ?',
      [task.id],
    );
    if (row === undefined) throw new Error('the task is gone');
    return row;
  }
});

it('says on every process what is wrong when Redis is away, answers from the database meanwhile, and goes on with an empty Redis', async () => {
  const waiting = await tenant.createRelease({ config, slots: [0, 3_600_000] });
  await waiting.untilTask('SEND_REGRESSION_BUILD_MESSAGE', 'COMPLETED', 1);
  const urls = (['api', 'scheduler', 'worker'] as const).map((kind) => world.process(kind).url);
  const ready = (url: string) => fetch(`${url}/readyz`);
  expect(await Promise.all(urls.map(async (url) => (await ready(url)).status))).toEqual([200, 200, 200]);

  await world.redis?.stop();
  const sick = await Promise.all(urls.map(ready));
  const reports = await Promise.all(
    sick.map(async (response) => (await response.json()) as { ok: boolean; failed: Record<string, string> }),
  );
  const alive = await Promise.all(urls.map((url) => fetch(`${url}/healthz`)));
  const view = await waiting.view();
  const asked = await waiting.command('trigger-pre-release', { reason: 'while the bell is broken' });
  await world.redis?.restart({ empty: true });

  // The API goes on without it; the others cannot.
  expect(sick.map(({ status }) => status)).toEqual([200, 503, 503]);
  expect(reports.map(({ ok }) => ok)).toEqual([true, false, false]);
  expect(reports.map(({ failed }) => Object.keys(failed))).toEqual([['redis'], ['redis'], ['redis']]);
  expect(reports.every(({ failed }) => (failed.redis ?? '').length > 5)).toBe(true);
  expect(alive.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect([view.status, asked.status]).toEqual(['IN_PROGRESS', 200]);
  await waitFor(async () => (await Promise.all(urls.map(ready))).every(({ status }) => status === 200), { what: 'all to be ready again' });
  await waiting.until('COMPLETED', { approving: true });
  expect(tenant.effects().duplicates).toEqual([]);
});

async function withQueue<T>(name: string, work: (queue: Queue) => Promise<T>): Promise<T> {
  const connection = new Redis(world.redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection, prefix: world.prefix });
  try {
    return await work(queue);
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

/** Wake-ups that failed and were kept, as an older version or a careless person might have left them. @returns their ids */
async function failedJobs(name: string, wakes: readonly { id: string; fence: number }[]): Promise<string[]> {
  return withQueue(name, async (queue) => {
    const jobs = await queue.addBulk(wakes.map((data) => ({ name: 'task', data, opts: { removeOnFail: false, attempts: 1 } })));
    const connection = new Redis(world.redisUrl, { maxRetriesPerRequest: null });
    const worker = new Worker(name, () => Promise.reject(new Error('the worker was killed')), { connection, prefix: world.prefix });
    try {
      await waitFor(async () => (await queue.getFailedCount()) === wakes.length, { what: 'the jobs to fail' });
    } finally {
      await worker.close();
      connection.disconnect();
    }
    return jobs.map(({ id }) => String(id));
  });
}
