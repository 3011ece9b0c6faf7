import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PrivateServer } from '../../scripts/lib/services.mjs';
import type { Client } from '../e2e/client.ts';
import type { World } from '../e2e/world.ts';
import { waitFor } from '../support/wait-for.ts';
import { createReleases, openChaosWorld, progressOf, untilAllCompleted, untilMidway } from './chaos-world.ts';
import { troubles } from './exactly-once.ts';

/** The database, where all truth is, hangs or is gone for a while. Nothing else may go with it. */

const RELEASES = 6;
/** How long it hangs: longer than anybody's time-out. */
const FROZEN_MS = 20_000;
/** How long it is gone. */
const GONE_MS = 5_000;
/** Within this somebody who asks the API must have an answer. */
const ANSWER_MS = 10_000;

let world: World;
let server: PrivateServer;
beforeAll(async () => {
  world = await openChaosWorld({ workers: 2 });
  if (world.database === null) throw new Error('this needs a database of its own');
  server = world.database;
});
afterAll(() => world?.stopAll());

const everybody = () => world.processes().map(({ name, pid, running }) => ({ name, pid, running }));

it('finishes every release once when the database hangs for 20 seconds, and the API says 503 meanwhile', async () => {
  const before = everybody();
  await createReleases(world, RELEASES);
  await untilMidway(world, 25);

  process.kill(server.pid, 'SIGSTOP');
  const answers = await askFor(FROZEN_MS).finally(() => process.kill(server.pid, 'SIGCONT'));
  await untilTheApiIsBack();
  await untilAllCompleted(world);

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(ANSWER_MS);
  expect(answers.length).toBeGreaterThan(1);
  expect(await troubles(world)).toEqual([]);
  expect(everybody()).toEqual(before);
}, 150_000);

it('finishes every release once when the database crashes and is restarted, and the API says 503 meanwhile', async () => {
  const before = everybody();
  const { ended } = await progressOf(world);
  await createReleases(world, RELEASES);
  await untilMidway(world, ended + 25);

  await server.kill();
  const answers = await askFor(GONE_MS);
  await server.restart();
  await untilTheApiIsBack();
  await untilAllCompleted(world);

  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThan(ANSWER_MS);
  expect(await troubles(world)).toEqual([]);
  expect(everybody()).toEqual(before);
}, 120_000);

interface Told {
  status: number;
  tookMs: number;
}

/** Reads and writes again and again for so long; the length of the outage is the chaos itself. */
async function askFor(milliseconds: number): Promise<Told[]> {
  const { owner, path } = world.tenant();
  const until = performance.now() + milliseconds;
  const told: Told[] = [];
  while (performance.now() < until) {
    told.push(await ask(owner, 'GET', world.release.path), await ask(owner, 'POST', `${path}/release-configs`));
    await pause(Math.min(200, Math.max(0, until - performance.now())));
  }
  return told;
}

async function ask(client: Client, method: string, path: string): Promise<Told> {
  const since = performance.now();
  const { status } = await client.request(method, path, method === 'GET' ? undefined : { name: 'Never mind' });
  return { status, tookMs: performance.now() - since };
}

/** Its pool may still hold connections to the server that was. */
function untilTheApiIsBack(): Promise<boolean> {
  const { owner } = world.tenant();
  const back = async () => (await owner.request('GET', world.release.path)).status === 200;
  return waitFor(back, { what: 'the API to be back', timeoutMs: 30_000 });
}
