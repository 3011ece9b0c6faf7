import { setTimeout as pause } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import type { SignalboxProcess } from '../e2e/process.ts';
import type { World } from '../e2e/world.ts';
import type { FakeRequest } from '../fakes/fake-server.ts';
import { waitFor } from '../support/wait-for.ts';
import { createReleases, openChaosWorld, progressOf, untilAllCompleted, untilMidway } from './chaos-world.ts';
import { troubles } from './exactly-once.ts';

/** More than one of everything, all sure that the work is theirs: the fence decides. */

const LEASE_MS = 2_000;

/** When a worker is frozen. */
interface Moment {
  moment: string;
  /** In a task of this type, */
  type: string;
  /** while it makes this call, */
  fake: 'jira' | 'checkmate' | 'github';
  path: RegExp;
  /** or, where set, when it has its answer and before it makes the next one. */
  after?: true;
}

let world: World;
beforeAll(async () => {
  world = await openChaosWorld({ workers: 3, schedulers: 2, env: { LEASE_MS: String(LEASE_MS) } });
});
afterAll(() => world?.stopAll());

it('does everything once when every job is delivered twice', async () => {
  const echo = await openEcho();
  await createReleases(world, 6);

  await untilAllCompleted(world).finally(() => echo.close());

  expect(await troubles(world)).toEqual([]);
  // Each wake-up that was rung came at least once more.
  expect(echo.heard()).toBeGreaterThan(200);
  expect(await staleClaims()).toBeGreaterThan(100);
}, 120_000);

it('does everything once with two schedulers and three workers, and when one scheduler is killed on the way', async () => {
  const { ended } = await progressOf(world);
  await createReleases(world, 6);
  await untilMidway(world, ended + 20);

  const [victim, survivor] = world.processes('scheduler');
  await victim?.kill();
  await untilAllCompleted(world);

  expect([victim?.running, survivor?.running]).toEqual([false, true]);
  expect(await troubles(world)).toEqual([]);
}, 120_000);

describe('a worker that stands still for longer than its lease and then goes on', () => {
  const moments: readonly Moment[] = [
    { moment: 'after it looked for the ticket', type: 'CREATE_PROJECT_MANAGEMENT_TICKET', fake: 'jira', path: /\/search/, after: true },
    { moment: 'while it creates the ticket', type: 'CREATE_PROJECT_MANAGEMENT_TICKET', fake: 'jira', path: /\/issue$/ },
    { moment: 'after it looked for the test run', type: 'CREATE_TEST_SUITE', fake: 'checkmate', path: /\/runs$/, after: true },
    { moment: 'while it dispatches a build', type: 'TRIGGER_PRE_REGRESSION_BUILDS', fake: 'github', path: /\/dispatches$/ },
    { moment: 'while it creates the branch', type: 'FORK_BRANCH', fake: 'github', path: /\/git\/refs$/ },
  ];

  it('is fenced out of what it tries then, and everything is done once', async () => {
    const stories: { moment: string; outcomes: string[]; sameWorker: boolean }[] = [];
    // One after the other: a frozen worker must not be what the next one waits for.
    for (const moment of moments) stories.push({ moment: moment.moment, ...(await ended(await freezeAt(moment))) });
    await untilAllCompleted(world);

    expect(stories).toEqual(moments.map(({ moment }) => ({ moment, outcomes: ['lost', 'completed'], sameWorker: false })));
    expect(await troubles(world)).toEqual([]);
    expect(world.processes('worker').every(({ running }) => running)).toBe(true);
  }, 300_000);

  /** Freezes the worker that makes this call for a new release until another one has done its task. @returns the task */
  async function freezeAt({ type, fake, path, after }: Moment): Promise<{ taskId: string; pid: number }> {
    const seen = watchFor(path, () => (after ? holdRedis() : undefined));
    world.fakes[fake].failNext({ match: seen.match, delayMs: after ? 100 : 400 });
    const [made] = await createReleases(world, 1);
    const { taskId, worker } = await waitFor(() => (seen.times() > 0 ? executorOf(made?.release.id ?? '', type) : null), {
      what: `a worker to be at ${type}`,
      everyMs: 2,
    });
    // It has the answer by then and asks Redis whether it may make its next call; a worker that is slower is frozen a step before.
    if (after) await pause(400);
    worker.signal('SIGSTOP');
    await waitFor(() => isCompleted(taskId), { what: `another worker to do ${type}`, timeoutMs: 60_000 }).finally(() =>
      worker.signal('SIGCONT'),
    );
    return { taskId, pid: worker.pid };
  }

  async function executorOf(releaseId: string, type: string): Promise<{ taskId: string; worker: SignalboxProcess } | null> {
    const [row] = await world.db.rows<{ id: string; owner: string }>(
      `SELECT t.id, t.lease_owner AS owner FROM tasks t JOIN runs r ON r.id = t.run_id
       WHERE r.subject_id = ? AND t.type = ? AND t.status = 'IN_PROGRESS'`,
      [releaseId, type],
    );
    const worker = world.processes('worker').find(({ pid }) => row?.owner.split('-').includes(String(pid)));
    return row === undefined || worker === undefined ? null : { taskId: row.id, worker };
  }

  async function isCompleted(taskId: string): Promise<boolean> {
    const rows = await world.db.rows(`SELECT 1 FROM tasks WHERE id = ? AND status = 'COMPLETED'`, [taskId]);
    return rows.length === 1;
  }

  async function ended({ taskId, pid }: { taskId: string; pid: number }): Promise<{ outcomes: string[]; sameWorker: boolean }> {
    const attempts = await world.db.rows<{ outcome: string; worker: string }>(
      'SELECT outcome, worker FROM attempts WHERE task_id = ? ORDER BY number',
      [taskId],
    );
    const byFrozen = attempts.map(({ worker }) => worker.split('-').includes(String(pid)));
    return { outcomes: attempts.map(({ outcome }) => outcome), sameWorker: byFrozen[0] !== true || byFrozen.at(-1) === true };
  }
});

/** Redis answers nobody for a moment. */
function holdRedis(): void {
  const redis = new Redis(world.redisUrl);
  redis.call('CLIENT', 'PAUSE', '1500', 'ALL').finally(() => redis.disconnect());
}

function watchFor(path: RegExp, then: () => void): { match: (request: FakeRequest) => boolean; times: () => number } {
  let times = 0;
  return {
    match(request) {
      if (!path.test(request.path)) return false;
      times += 1;
      then();
      return true;
    },
    times: () => times,
  };
}

async function staleClaims(): Promise<number> {
  let stale = 0;
  for (const { url } of world.processes('worker')) {
    const text = await (await fetch(`${url}/metrics`)).text();
    stale += Number(/claims_total\{[^}]*outcome="stale"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  }
  return stale;
}

/**
 * Listens to everything that is said to Redis and rings each wake-up again, twice and without deduplication: at once, and late, when the fence
 * should long have moved.
 */
async function openEcho(): Promise<{ heard: () => number; close: () => Promise<void> }> {
  const target = parseRedisUrl(world.redisUrl);
  if (target.kind !== 'single') throw new Error('a world has one Redis');
  const connection = { host: target.host, port: target.port, db: target.db };
  const listener = new Redis(connection);
  const monitor = await listener.monitor();
  const queues = new Map<string, Queue>();
  const late = new Set<NodeJS.Timeout>();
  let heard = 0;

  const queueOf = (name: string) => {
    const queue = queues.get(name) ?? new Queue(name, { connection, prefix: world.prefix });
    queues.set(name, queue);
    return queue;
  };
  const ring = (queue: string, kind: string, data: { id: string; fence: number }) =>
    void queueOf(queue)
      .add(kind, data, { removeOnComplete: true, removeOnFail: true })
      .catch(() => undefined);

  monitor.on('monitor', (_time: string, words: string[]) => {
    const wake = wakeIn(words, world.prefix);
    if (wake === null) return;
    heard += 1;
    ring(wake.queue, wake.kind, wake.data);
    const timer = setTimeout(() => {
      late.delete(timer);
      ring(wake.queue, wake.kind, wake.data);
    }, 150);
    late.add(timer);
  });

  return {
    heard: () => heard,
    async close() {
      for (const timer of late) clearTimeout(timer);
      monitor.disconnect();
      listener.disconnect();
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

/** The wake-up that a command adds to a queue. Ours are recognised by their deduplication id, which the echo's own lack. */
function wakeIn(words: string[], prefix: string): { queue: string; kind: string; data: { id: string; fence: number } } | null {
  if (!/^evalsha$/i.test(words[0] ?? '')) return null;
  const kind = words.map((word) => /(task|run|delivery|webhook)-[0-9A-Z]{26}-\d/.exec(word)?.[1]).find((found) => found !== undefined);
  const queue = words
    .find((word) => word.startsWith(`${prefix}:`))
    ?.slice(prefix.length + 1)
    .split(':')[0];
  const json = words.find((word) => /^\{"id":"[0-9A-Z]{26}","fence":\d+\}$/.test(word));
  if (kind === undefined || queue === undefined || json === undefined) return null;
  return { queue, kind, data: JSON.parse(json) as { id: string; fence: number } };
}
