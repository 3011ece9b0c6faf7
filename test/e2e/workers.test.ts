import { afterAll, beforeAll, expect, it } from 'vitest';
import { queueOf } from '../../src/domain/release/vocabulary.ts';
import { waitFor } from '../support/wait-for.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** Workers come and go, and need not all do everything. */

const LEASE_MS = 60_000;
const GRACE_MS = 8_000;

let world: World;
let tenant: TenantWorld;
beforeAll(async () => {
  // A lease this long cannot be what gave a task free.
  const env = { LEASE_MS: String(LEASE_MS), SHUTDOWN_GRACE_MS: String(GRACE_MS), PROVIDER_TIMEOUT_MS: '50000' };
  world = await openWorld({ workers: 2, env });
  tenant = world.tenant();
});
afterAll(() => world?.stopAll());

const config = { automationRuns: false };

/** The process behind a worker's name, which holds its pid. */
const processOf = (worker: string | null) => world.processes('worker').find(({ pid }) => worker?.split('-').includes(String(pid)));

it('gives back what it does when it is stopped, within its grace, and another worker ends it at once', async () => {
  world.fakes.github.failNext({ match: { method: 'POST', path: /\/git\/refs$/ }, mode: 'hang' });
  const release = await tenant.createRelease({ config });
  const owner = await waitFor(
    async () => {
      const hangs = world.fakes.github.calls.some(
        ({ method, path, status }) => method === 'POST' && /\/git\/refs$/.test(path) && status === 0,
      );
      const [row] = await world.db.rows<{ owner: string | null }>(
        `SELECT lease_owner AS owner FROM tasks WHERE type = 'FORK_BRANCH' AND status = 'IN_PROGRESS'`,
      );
      return hangs ? row?.owner : null;
    },
    { what: 'a worker to hang in the provider' },
  );
  const stopped = processOf(owner);
  const since = performance.now();

  const exit = await world.stop(stopped?.name ?? '');
  await release.untilTask('FORK_BRANCH', 'COMPLETED');
  const tookMs = performance.now() - since;
  await release.until('COMPLETED', { approving: true });

  expect(exit).toMatchObject({ code: 0, signal: null });
  expect(exit.tookMs).toBeLessThan(GRACE_MS);
  expect(tookMs).toBeLessThan(GRACE_MS + 5_000);
  const { attempts } = await release.task('FORK_BRANCH');
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['handed-back', 'completed']);
  expect(attempts.map(({ worker }) => processOf(worker)?.name === stopped?.name)).toEqual([true, false]);
  expect(tenant.effects().counts).toMatchObject({ branches: 1, tags: 2 });
  expect(tenant.effects().duplicates).toEqual([]);
});

it('serves only the queues it was given: two halves do a release together', async () => {
  for (const { name, running } of world.processes('worker')) if (running) await world.stop(name);
  const first = await world.start('worker', { queues: ['kickoff', 'post-regression', 'deliveries'] });
  const release = await tenant.createRelease({ config });
  await waitFor(async () => (await release.view()).stages.find(({ key }) => key === 'REGRESSION')?.status === 'IN_PROGRESS', {
    what: 'the first cycle to open',
  });
  const alone = (await release.tasks()).filter(({ stage }) => stage === 'REGRESSION').map(({ status }) => status);

  const second = await world.start('worker', { queues: ['regression', 'distribution', 'webhooks'] });
  await release.until('COMPLETED', { approving: true });

  expect(alone).not.toContain('COMPLETED');
  for (const { id, stage, type } of await release.tasks()) {
    const { attempts } = await tenant.owner.get<{ attempts: { worker: string | null }[] }>(`${release.path}/tasks/${id}`);
    const expected = queueOf[stage] === 'regression' ? second : first;
    expect({ type, by: attempts.map(({ worker }) => processOf(worker)?.name) }).toEqual({ type, by: [expected.name] });
  }
});
