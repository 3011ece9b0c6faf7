import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlockerView } from '../../src/services/blockers/blocker-view.ts';
import { waitFor } from '../support/wait-for.ts';
import type { ReleaseHandle } from './release.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/**
 * A ticket that blocks a release. Nobody polls here within the life of a test: what follows when the ticket moves, follows because a webhook
 * came.
 */

const trackers = ['jira', 'linear'] as const;
const GATE = 'APPROVE_REGRESSION';
const config = { automationRuns: false, preRegressionBuilds: false, testManagementConfigId: null };

let world: World;
beforeAll(async () => {
  world = await openWorld({
    tenants: trackers,
    sandbox: { choices: Object.fromEntries(trackers.map((tracker) => [tracker, { tracker }])), robots: { productOwner: false } },
    env: { POLL_INTERVAL_MS: '3600000' },
  });
}, 60_000);
afterAll(() => world?.stopAll());

/** A release whose gate waits for people, and a ticket of its tracker that is under way. */
async function releaseAtGate(tenant: TenantWorld) {
  const release = await tenant.createRelease({ config });
  await release.untilTask(GATE, 'WAITING(APPROVAL)');
  const ticket = tenant.sandbox.tickets.all().find(({ title }) => title === 'Vouchers can be stacked');
  if (ticket === undefined) throw new Error('the tracker has no such ticket');
  return { release, key: ticket.key };
}

const blockerOf = async ({ owner }: TenantWorld, release: ReleaseHandle) =>
  (await owner.get<{ items: BlockerView[] }>(`${release.path}/blockers`)).items[0];

const untilBlocker = (tenant: TenantWorld, release: ReleaseHandle, status: string) =>
  waitFor(async () => ((await blockerOf(tenant, release))?.status === status ? true : null), {
    what: `the blocker to be ${status}`,
    timeoutMs: 20_000,
  });

async function messages({ owner }: TenantWorld, release: ReleaseHandle): Promise<string[]> {
  const rows = await owner.all<{ type: string; status: string; id: string }>(`${release.path}/deliveries`);
  return rows
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .filter(({ type }) => type.startsWith('BLOCKER'))
    .map(({ type, status }) => `${type} ${status}`);
}

describe.each(trackers)('a ticket of %s', (tracker) => {
  it('blocks a release, at its gate too, until it is done; reopened it blocks again; each time one message', async () => {
    const tenant = world.tenant(tracker);
    const { tickets } = tenant.sandbox;
    const { release, key } = await releaseAtGate(tenant);
    const before = await release.view();

    await tenant.owner.send('POST', `${release.path}/blockers/${encodeURIComponent(key)}`);
    const gate = await release.untilTask(GATE, 'WAITING(CALLBACK)');
    const blocked = await release.view();
    const refused = await release.decide('APPROVED');
    const { items } = await release.why();
    tickets.move(key, tickets.states.done);
    await untilBlocker(tenant, release, 'RESOLVED');
    await release.untilTask(GATE, 'WAITING(APPROVAL)');
    const after = await waitFor(
      async () => {
        const view = await release.view();
        return view.pauseReasons.length === 1 ? view : null;
      },
      { what: 'the gate to hold it again' },
    );
    tickets.move(key, tickets.states.started);
    await untilBlocker(tenant, release, 'OPEN');
    await release.untilTask(GATE, 'WAITING(CALLBACK)');
    tickets.move(key, tickets.states.done);
    await untilBlocker(tenant, release, 'RESOLVED');
    await release.untilTask(GATE, 'WAITING(APPROVAL)');
    await world.untilTold();

    expect(blocked.status).toBe('PAUSED');
    expect(blocked.pauseReasons).toEqual([expect.stringMatching(/^BLOCKER\(/)]);
    expect(refused.status).toBe(409);
    expect(items[0]).toMatchObject({ what: 'BLOCKER', sentence: expect.stringContaining('Vouchers can be stacked') });
    const requirements = gate.output?.requirements as { key: string; met: boolean; evidence: string }[];
    expect(requirements.find(({ met }) => !met)).toMatchObject({
      key: 'no-open-blocker',
      evidence: expect.stringContaining('1 blocker open: '),
    });
    expect([after.status, after.pauseReasons]).toEqual([before.status, before.pauseReasons]);
    expect(await blockerOf(tenant, release)).toMatchObject({ status: 'RESOLVED', source: 'TRACKER', ticket: { key, isDone: true } });
    const told = ['BLOCKER_ADDED DONE', 'BLOCKERS_RESOLVED DONE'];
    expect(await messages(tenant, release)).toEqual([...told, ...told]);
    expect(tenant.effects().duplicates).toEqual([]);
    expect(tenant.effects().messages.filter(({ text }) => text.includes('the blocker is resolved'))).toHaveLength(2);
  });
});
