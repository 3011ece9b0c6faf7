import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateServer, startRedis } from '../../scripts/lib/services.mjs';
import { waitFor } from '../../test/support/wait-for.ts';
import { createLogger } from '../platform/logger.ts';
import { createRedis, type RedisClient } from '../platform/redis.ts';
import { parseRedisUrl } from '../platform/redis-target.ts';
import type { Duty } from './duties.ts';
import { registerDuties } from './registration.ts';
import { startScheduler } from './scheduler.ts';

const prefix = '{scheduler}';
const HOUR_MS = 3_600_000;

/** Real BullMQ on a Redis of its own, because the tests empty it. */
describe('the scheduler', () => {
  const dir = mkdtempSync(join(tmpdir(), 'signalbox-scheduler-'));
  const logged: string[] = [];
  const logger = createLogger({ level: 'warn', name: 'test', destination: { write: (line) => void logged.push(line) } });
  let server: PrivateServer;
  let redis: RedisClient;
  let ticks: Queue;
  const open: { close: () => Promise<void> }[] = [];

  beforeAll(async () => {
    const started = await startRedis({ dir });
    if (started === null) throw new Error('neither redis-server nor valkey-server is installed');
    server = started;
    redis = createRedis({ redis: parseRedisUrl(server.url), logger }, 'commands');
    ticks = new Queue('ticks', { connection: redis, prefix });
    await ticks.waitUntilReady();
  });
  afterEach(async () => {
    for (const scheduler of open.splice(0)) await scheduler.close();
    await redis.flushall();
    logged.splice(0);
  });
  afterAll(async () => {
    await ticks?.close();
    redis?.disconnect();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Counts its rounds. */
  function counting(name: string, everyMs: number, round: () => Promise<void> = async () => undefined) {
    const duty = {
      ...{ name, everyMs, rounds: 0 },
      runOnce: async () => {
        duty.rounds += 1;
        await round();
      },
    };
    return duty;
  }
  function start(...duties: Duty[]) {
    const blocking = createRedis({ redis: parseRedisUrl(server.url), logger }, 'blocking');
    const scheduler = startScheduler({ ticks, redis: blocking, prefix, duties, logger });
    const closing = {
      close: async () => {
        await scheduler.close();
        blocking.disconnect();
      },
    };
    open.push(closing);
    return closing;
  }
  const rounds = (duty: { rounds: number }, atLeast: number) => waitFor(() => duty.rounds >= atLeast, { what: `round ${atLeast}` });
  const names = async () => (await ticks.getJobSchedulers(0, -1)).map(({ key }) => key).sort();

  it('runs each duty at its own pace', async () => {
    const [fast, slow] = [counting('fast', 100), counting('slow', HOUR_MS)];

    start(fast, slow);
    await rounds(fast, 5);

    expect(slow.rounds).toBeLessThanOrEqual(1);
  });

  it('neither repeats nor delays a duty by registering it again', async () => {
    const [fast, slow] = [counting('fast', 100), counting('slow', HOUR_MS)];
    start(fast, slow);
    await rounds(fast, 2);
    const before = slow.rounds;

    for (let n = 0; n < 30; n += 1) await registerDuties(ticks, [fast, slow]);
    const [{ rounds: then }, from] = [fast, performance.now()];
    await rounds(fast, then + 10);

    expect(slow.rounds).toBe(before);
    expect(performance.now() - from).toBeGreaterThan(700);
  });

  it('forgets a duty that has left the table', async () => {
    const [kept, dropped] = [counting('kept', HOUR_MS), counting('dropped', HOUR_MS)];
    await registerDuties(ticks, [kept, dropped]);
    const before = await names();

    await registerDuties(ticks, [kept]);

    expect([before, await names()]).toEqual([['dropped', 'kept'], ['kept']]);
  });

  it('has a new pace after the next registration', async () => {
    const duty = counting('duty', HOUR_MS);
    await registerDuties(ticks, [duty]);

    await registerDuties(ticks, [{ ...duty, everyMs: 5_000 }]);

    expect((await ticks.getJobSchedulers(0, -1)).map(({ every }) => Number(every))).toEqual([5_000]);
  });

  it('goes on by itself after Redis was emptied', async () => {
    const duty = counting('duty', 100);
    start(duty);
    await rounds(duty, 2);

    await redis.flushall();
    const { rounds: then } = duty;

    await rounds(duty, then + 3);
  });

  it('goes on after its next tick alone was lost', async () => {
    const duty = counting('duty', 500);
    await registerDuties(ticks, [duty]);
    await ticks.drain(true);

    start(duty);

    await rounds(duty, 2);
  });

  it('shares the ticks with another: together they keep the pace of one, and either goes on alone', async () => {
    const duty = counting('duty', 100);
    const first = start(duty);
    start(duty);
    await rounds(duty, 2);

    const [{ rounds: then }, from] = [duty, performance.now()];
    await rounds(duty, then + 10);
    const elapsed = performance.now() - from;
    open.splice(open.indexOf(first), 1);
    await first.close();

    expect(elapsed).toBeGreaterThan(700);
    await rounds(duty, duty.rounds + 3);
  });

  it('does not begin a duty that is still running, and keeps the others going', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const slow = counting('slow', 50, () => ended);
    const fast = counting('fast', 50);

    start(slow, fast);
    await rounds(fast, 10);
    const whileRunning = slow.rounds;
    end();
    await rounds(slow, 2);

    expect(whileRunning).toBe(1);
  });

  it('says that a duty failed, and tries it again at its next tick', async () => {
    const duty = counting('duty', 50, async () => {
      throw new Error('the database is away');
    });

    start(duty);
    await rounds(duty, 3);

    expect(logged.join('')).toContain('the database is away');
  });
});
