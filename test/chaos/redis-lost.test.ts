import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PrivateServer } from '../../scripts/lib/services.mjs';
import type { World } from '../e2e/world.ts';
import { waitFor } from '../support/wait-for.ts';
import { createReleases, openChaosWorld, progressOf, untilAllCompleted, untilMidway } from './chaos-world.ts';
import { troubles } from './exactly-once.ts';

/** Redis forgets everything: jobs, deduplication, locks, the scheduler's own table. The rows know it all. */

const RELEASES = 8;
/** How long Redis stays away. */
const AWAY_MS = 3_000;

let world: World;
let server: PrivateServer;
beforeAll(async () => {
  world = await openChaosWorld({ workers: 2 });
  if (world.redis === null) throw new Error('this needs a Redis of its own');
  server = world.redis;
});
afterAll(() => world?.stopAll());

const everybody = () => world.processes().map(({ name, pid, running }) => ({ name, pid, running }));

it('finishes every release once when Redis is emptied twice on the way', async () => {
  const before = everybody();
  await createReleases(world, RELEASES);

  for (const ended of [15, 35]) {
    await untilMidway(world, ended);
    await emptyRedis();
  }
  await untilAllCompleted(world);

  expect(await troubles(world)).toEqual([]);
  expect(everybody()).toEqual(before);
  await waitFor(async () => (await keysOf('ticks:repeat*')).length > 0, { what: 'the scheduler to have its table back' });
}, 120_000);

it('finishes every release once when Redis is killed and comes back empty, and takes commands while it is away', async () => {
  const before = everybody();
  const { ended } = await progressOf(world);
  await createReleases(world, RELEASES);
  await untilMidway(world, ended + 20);

  await server.kill();
  const [whileAway] = await createReleases(world, 1);
  await pause(AWAY_MS);
  await server.restart({ empty: true });
  await untilAllCompleted(world);

  expect((await whileAway?.release.view())?.status).toBe('COMPLETED');
  expect(await troubles(world)).toEqual([]);
  expect(everybody()).toEqual(before);
}, 120_000);

async function emptyRedis(): Promise<void> {
  const redis = new Redis(world.redisUrl);
  try {
    expect(await redis.dbsize()).toBeGreaterThan(0);
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

async function keysOf(pattern: string): Promise<string[]> {
  const redis = new Redis(world.redisUrl);
  try {
    return await redis.keys(`${world.prefix}:${pattern}`);
  } finally {
    redis.disconnect();
  }
}
