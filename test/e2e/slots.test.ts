import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CycleDetail } from '../../src/services/releases/slots/cycle-view.ts';
import { expectEveryHistoryReplays } from '../support/history-replays.ts';
import { waitFor } from '../support/wait-for.ts';
import type { TenantWorld } from './tenant.ts';
import { openWorld, type World } from './world.ts';

/** Regression cycles come from slots, and slots may change while a release runs. */

let world: World;
let tenant: TenantWorld;
beforeAll(async () => {
  world = await openWorld();
  tenant = world.tenant();
});
afterAll(() => world?.stopAll());

const HOUR_MS = 3_600_000;
const config = { automationRuns: false, preRegressionBuilds: false, projectManagementConfigId: null };

it('makes another cycle of a slot that is added, and skips what is left when somebody leaves regression early', async () => {
  const release = await tenant.createRelease({ config, slots: [0, HOUR_MS] });
  await release.untilTask('SEND_REGRESSION_BUILD_MESSAGE', 'COMPLETED', 1);

  const added = await release.addSlot(200);
  await release.untilTask('SEND_REGRESSION_BUILD_MESSAGE', 'COMPLETED', 2);
  const between = await release.view();
  const early = await release.command('trigger-pre-release', { reason: 'the bank holiday comes first' });
  await release.until('COMPLETED', { approving: true });

  expect([added.status, early.status]).toEqual([201, 200]);
  expect(between.slots.map(({ status }) => status)).toEqual(['USED', 'USED', 'PLANNED']);
  const { slots, gate } = await release.view();
  expect(slots.map(({ status, reason, cycle }) => [status, reason, cycle?.number])).toEqual([
    ['USED', null, 1],
    ['USED', null, 2],
    ['SKIPPED', 'post-regression was triggered early', undefined],
  ]);
  expect(slots[1]?.id).toBe(added.body.id);
  expect(gate?.evidence).toMatchObject({ rcTag: `v${release.version}-rc.2` });
  const skips = (await release.history()).filter(({ entityId }) => entityId === slots[2]?.id);
  expect(skips.flatMap(({ items }) => items)).toContainEqual(expect.objectContaining({ field: 'status', after: 'SKIPPED' }));
  // One request for approval; the release's status message names the candidate, too.
  const naming = tenant.effects().messages.filter(({ key, text }) => key !== null && text.includes('Candidate'));
  expect(naming.map(({ channel }) => channel)).toEqual(['releases', 'regression']);
});

it('reopens a regression that waits at its gate when a slot is added', async () => {
  const release = await tenant.createRelease({ config });
  const first = await release.untilTask('APPROVE_REGRESSION', 'WAITING(APPROVAL)');

  await release.addSlot(100);
  await release.untilTask('SEND_REGRESSION_BUILD_MESSAGE', 'COMPLETED', 2);
  await release.until('COMPLETED', { approving: true });

  const gates = (await release.tasks()).filter(({ type }) => type === 'APPROVE_REGRESSION');
  expect(gates.map(({ stageAttempt, status }) => [stageAttempt, status])).toEqual([
    [1, 'CANCELLED'],
    [2, 'COMPLETED'],
  ]);
  expect(gates[0]?.id).toBe(first.id);
});

it('skips a slot whose turn comes only after the target date, says why, and goes on to the gate', async () => {
  const { github } = world.fakes;
  github.world.autoComplete(false);
  const targetInMs = 5_000;
  const target = Date.now() + targetInMs;
  const release = await tenant.createRelease({ config, slots: [0, targetInMs - 300], targetInMs });
  await release.untilTask('TRIGGER_REGRESSION_BUILDS', 'WAITING(CALLBACK)');

  await waitFor(() => Date.now() > target + 500, { what: 'the target date to pass' });
  github.world.autoComplete(true);
  for (const run of tenant.sandbox.repository.runs.filter(({ status }) => status !== 'completed')) {
    github.world.advance(run.id, 'completed', 'success');
    github.world.addArtifact(run.id, `shop-${release.version}.zip`);
  }
  await release.until('COMPLETED', { approving: true });

  const { slots, targetReleaseDate } = await release.view();
  expect(slots.map(({ status, reason }) => [status, reason])).toEqual([
    ['USED', null],
    ['SKIPPED', `its turn came only after the target release date ${targetReleaseDate}`],
  ]);
});

it('catches up with late slots one at a time, oldest first', async () => {
  const release = await tenant.createRelease({ config, slots: [200, 300, 400] });

  await release.until('COMPLETED', { approving: true });

  const { slots } = await release.view();
  expect(slots.map(({ status, cycle }) => [status, cycle?.number])).toEqual([
    ['USED', 1],
    ['USED', 2],
    ['USED', 3],
  ]);
  const rounds = slots.flatMap(({ cycle }) => (cycle === null ? [] : [cycle]));
  expect(rounds.slice(1).every(({ startedAt }, index) => startedAt >= (rounds[index]?.endedAt ?? '9'))).toBe(true);
});

it('stops the CI runs of a cycle that is abandoned, though a worker dies at that, and gives the next cycle the next number', async () => {
  const { github } = world.fakes;
  github.world.autoComplete(false);
  const release = await tenant.createRelease({ config, slots: [0, HOUR_MS] });
  const { builds } = await release.untilTask('TRIGGER_REGRESSION_BUILDS', 'WAITING(CALLBACK)');
  const running = () => tenant.sandbox.repository.runs.filter(({ status }) => status !== 'completed');
  await waitFor(() => running().length === builds.length, { what: 'every build to run' });
  const runs = running();

  const abandoned = await tenant.owner.request('POST', `${release.path}/cycles/1/abandon`, { reason: 'The wrong commit was tagged.' });
  await world.kill('worker');
  await world.start('worker');
  const stopped = await release.untilTask('CANCEL_SUPERSEDED_BUILDS', 'COMPLETED');
  github.world.autoComplete(true);
  await release.command('trigger-regression', { reason: 'It is tagged anew.' });
  await release.until('COMPLETED', { approving: true });

  expect([abandoned.status, runs.length > 0]).toEqual([200, true]);
  expect(runs.map(({ conclusion }) => conclusion)).toEqual(runs.map(() => 'cancelled'));
  for (const { id } of runs) {
    const asked = github.calls.filter(({ method, path }) => method === 'POST' && path.endsWith(`/actions/runs/${id}/cancel`));
    expect({ id, asked: asked.length }).toEqual({ id, asked: 1 });
  }
  expect(stopped.output).toMatchObject({ left: [] });
  const cycles = (await tenant.owner.get<{ items: CycleDetail[] }>(`${release.path}/cycles`)).items;
  expect(cycles.map(({ number, status, rcTag }) => [number, status, rcTag])).toEqual([
    [2, 'DONE', `v${release.version}-rc.2`],
    [1, 'ABANDONED', `v${release.version}-rc.1`],
  ]);
  expect(new Set(cycles[1]?.builds.map(({ status }) => status))).toEqual(new Set(['CANCELLED']));
  expect((await release.view()).gate?.evidence).toMatchObject({ rcTag: `v${release.version}-rc.2` });
  const notes = (await release.notes()).find(({ cycle }) => cycle === 2);
  expect(notes?.baseRef).not.toContain('rc.1');
  expect(tenant.effects().duplicates).toEqual([]);
});

it('has a history of each release that replays to the state it is in', async () => {
  await expectEveryHistoryReplays(world.db);
});
