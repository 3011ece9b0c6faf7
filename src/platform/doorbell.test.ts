import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateServer, startRedis } from '../../scripts/lib/services.mjs';
import { waitFor } from '../../test/support/wait-for.ts';
import { createDoorbell } from './doorbell.ts';
import { createLogger } from './logger.ts';
import { openQueues, type Queues, type WakeJob } from './queues.ts';
import { createRedis, type RedisClient } from './redis.ts';
import { parseRedisUrl } from './redis-target.ts';
import type { Wake } from './ring.ts';

const logger = createLogger({ level: 'silent', name: 'test' });
const queue = 'kickoff';
const wakeOf = (tenantId: string, id: string, more: Partial<Wake> = {}): Wake => ({ kind: 'task', queue, id, fence: 0, tenantId, ...more });
const many = (count: number, tenantId: string, more: (n: number) => Partial<Wake> = () => ({})) =>
  Array.from({ length: count }, (_, n) => wakeOf(tenantId, `${tenantId}-${n}`, more(n)));

/** Real BullMQ on a Redis of its own, which the test may stop or freeze. */
describe('the doorbell', () => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-doorbell-'));
  let server: PrivateServer;
  let redis: RedisClient;
  let queues: Queues;
  let dropped: { count: number; message: string }[] = [];

  beforeAll(async () => {
    const started = await startRedis({ dir });
    if (started === null) throw new Error('neither redis-server nor valkey-server is installed');
    server = started;
    redis = createRedis({ redis: parseRedisUrl(server.url), logger }, 'commands');
    queues = openQueues({ redis, prefix: '{doorbell}', onError: () => undefined });
    await queues.get(queue).waitUntilReady();
  });
  afterEach(async () => {
    dropped = [];
    await queues.get(queue).obliterate({ force: true });
  });
  afterAll(async () => {
    await queues?.close();
    redis?.disconnect();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const doorbell = (timeoutMs = 2_000, now = () => 0) =>
    createDoorbell({ queues, timeoutMs, now, onDropped: (count, { message }) => dropped.push({ count, message }) });

  /** Serves the queue with one slot until so many jobs came. @returns their ids, in order */
  async function serve(count: number): Promise<string[]> {
    const order: string[] = [];
    const blocking = createRedis({ redis: parseRedisUrl(server.url), logger }, 'blocking');
    const worker = new Worker<WakeJob>(queue, async (job) => void order.push(job.data.id), {
      connection: blocking,
      prefix: '{doorbell}',
      concurrency: 1,
    });
    try {
      await waitFor(() => order.length >= count, { what: `${count} jobs, ${order.length} came` });
    } finally {
      await worker.close();
      blocking.disconnect();
    }
    return order;
  }
  const waitingJobs = async () => (await queues.get(queue).getJobs(['waiting', 'prioritized'])).length;

  it('carries which row and which fence, and nothing else', async () => {
    const { ring, idle } = doorbell();

    ring([wakeOf('A', 'row', { fence: 7 })]);
    await idle();

    const [job] = await queues.get(queue).getJobs(['waiting']);
    expect({ name: job?.name, data: job?.data }).toEqual({ name: 'task', data: { id: 'row', fence: 7 } });
  });

  describe('is fair:', () => {
    it("a tenant's thousand rings do not keep another's single one waiting", async () => {
      const { ring, idle } = doorbell();

      ring(many(1_000, 'BIG'));
      ring([wakeOf('SMALL', 'small')]);
      await idle();
      const order = await serve(1_001);

      expect(order.indexOf('small')).toBeLessThanOrEqual(20);
      expect(new Set(order).size).toBe(1_001);
    });

    it('also when the one rings long after the thousand, and when the sweep has ranked them', async () => {
      const { ring, idle } = doorbell();

      ring(many(1_000, 'BIG', (n) => ({ rank: n + 1 })));
      await idle();
      ring([wakeOf('SMALL', 'small', { rank: 1 })]);
      await idle();

      expect((await serve(1_001)).indexOf('small')).toBeLessThanOrEqual(20);
    });

    it('two tenants with many take turns', async () => {
      const { ring, idle } = doorbell();

      ring([...many(100, 'A'), ...many(100, 'B')]);
      await idle();
      const order = await serve(200);

      const ofB = order.slice(40, 100).filter((id) => id.startsWith('B')).length;
      expect(ofB).toBeGreaterThan(20);
      expect(ofB).toBeLessThan(40);
    });

    it('a tenant that was busy is forgiven within seconds', async () => {
      let now = 0;
      const { ring, idle } = doorbell(2_000, () => now);
      ring(many(200, 'A'));
      await idle();

      now = 10_000;
      ring([wakeOf('A', 'later')]);
      await idle();

      const later = (await queues.get(queue).getJobs(['waiting'])).find((job) => job.data.id === 'later');
      expect(later?.opts.priority ?? 0).toBe(0);
    });
  });

  describe('rung twice', () => {
    it('for the same state of a row makes one job', async () => {
      const { ring, idle } = doorbell();

      ring([wakeOf('A', 'row'), wakeOf('A', 'row')]);
      await idle();
      ring([wakeOf('A', 'row')]);
      await idle();

      expect(await waitingJobs()).toBe(1);
    });

    it('for two states, or for a task and a run of the same id, makes two', async () => {
      const { ring, idle } = doorbell();

      ring([wakeOf('A', 'row'), wakeOf('A', 'row', { fence: 1 }), wakeOf('A', 'row', { kind: 'run' })]);
      await idle();

      expect(await waitingJobs()).toBe(3);
    });

    it('for a state whose job has come and gone makes another: a lost wake-up can be repeated', async () => {
      const { ring, idle } = doorbell();
      ring([wakeOf('A', 'row')]);
      await idle();
      await serve(1);

      ring([wakeOf('A', 'row')]);
      await idle();

      expect(await waitingJobs()).toBe(1);
    });
  });

  describe('when Redis does not answer', () => {
    it('drops the ring in time, says how many, and rings again once it does', async () => {
      const { ring, idle } = doorbell(150);
      process.kill(server.pid, 'SIGSTOP');
      const started = performance.now();

      ring(many(5, 'A'));
      await idle();
      const elapsed = performance.now() - started;
      process.kill(server.pid, 'SIGCONT');
      await redis.ping();
      ring([wakeOf('A', 'after')]);
      await idle();

      expect(dropped).toEqual([{ count: 5, message: 'Redis did not take the ring in time' }]);
      expect(elapsed).toBeLessThan(1_500);
      expect((await queues.get(queue).getJobs(['waiting'])).map((job) => job.data.id)).toContain('after');
    });

    it('waits once for a thousand rings, and counts every one it drops', async () => {
      const { ring, idle } = doorbell(150);
      process.kill(server.pid, 'SIGSTOP');
      const started = performance.now();

      ring(many(1_000, 'A'));
      await idle();
      const elapsed = performance.now() - started;
      process.kill(server.pid, 'SIGCONT');
      await redis.ping();

      expect(dropped.reduce((sum, { count }) => sum + count, 0)).toBe(1_000);
      expect(elapsed).toBeLessThan(1_500);
    });

    it('forgets rings instead of growing without bound', async () => {
      const { ring, idle } = doorbell(30_000);
      process.kill(server.pid, 'SIGSTOP');

      for (let n = 0; n < 210; n += 1) {
        ring([wakeOf('A', `r${n}`)]);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const atOnce = dropped.filter(({ message }) => message.startsWith('too many')).length;
      process.kill(server.pid, 'SIGCONT');
      await idle();
      await redis.ping();

      expect(atOnce).toBeGreaterThan(0);
    });
  });

  it('drops a ring for a queue that does not exist, and the others leave', async () => {
    const { ring, idle } = doorbell();

    ring([wakeOf('A', 'lost', { queue: 'nowhere' }), wakeOf('A', 'row')]);
    await idle();

    expect(dropped).toEqual([{ count: 1, message: 'there is no queue nowhere' }]);
    expect(await waitingJobs()).toBe(1);
  });
});
