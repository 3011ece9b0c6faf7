import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { World } from '../e2e/world.ts';
import { createReleases, openChaosWorld, progressOf, untilAllCompleted, withSeed } from './chaos-world.ts';
import { attemptOutcomes, troubles } from './exactly-once.ts';
import { chance } from './random.ts';

/** Workers die without a word, one every few seconds, while twenty releases of two tenants run. */

const RELEASES = 20;
/** Enough: killed for ever, a slow machine would never end. */
const KILLS = 15;

let world: World;
beforeAll(async () => {
  world = await openChaosWorld({ workers: 3, sandbox: { robots: { developer: { fixAfterMs: 50 } } } });
});
afterAll(() => world?.stopAll());

it('loses nothing and repeats nothing when a random worker is killed every few seconds during 20 releases', async () => {
  const luck = chance();
  const over = new AbortController();
  // Between its two cycles somebody pushes a fix, so that each tag stands on a commit of its own.
  await createReleases(world, RELEASES, { slots: [0, 6_000] });

  const killing = killWorkers(over.signal);
  await withSeed(luck.seed, untilAllCompleted(world)).finally(() => over.abort());
  const kills = await killing;

  expect(await troubles(world)).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(5);
  expect((await attemptOutcomes(world)).lost).toBeGreaterThan(0);

  /** The interval is the chaos itself: long enough for a restarted worker to take something up. */
  async function killWorkers(signal: AbortSignal): Promise<number> {
    const starting = new Map<string, Promise<void>>();
    let count = 0;
    while (!signal.aborted && count < KILLS) {
      await pause(luck.between(2_000, 4_000), undefined, { signal }).catch(() => undefined);
      const { completed, total } = await progressOf(world);
      if (signal.aborted || completed === total) break;
      const alive = world.processes('worker').filter(({ name, running }) => running && !starting.has(name));
      if (alive.length < 2) continue;
      const victim = luck.pick(alive);
      await victim.kill();
      count += 1;
      const start = victim.start().finally(() => starting.delete(victim.name));
      starting.set(victim.name, start);
      // Told at the end; a test that fails before then stops everybody.
      start.catch(() => undefined);
    }
    await Promise.all(starting.values());
    return count;
  }
}, 180_000);
