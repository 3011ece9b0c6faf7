import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';
import { type TurnsWorld, turnsWorld } from './turns-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let turns: TurnsWorld;
let minor = 0;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
  turns = turnsWorld(api);
});
afterAll(() => api.close());

const version = () => {
  minor += 1;
  return { platformTargets: [{ platform: 'WEB', target: 'WEB', version: `1.${minor}.0` }] };
};
/** Releases of one config of which one at a time may be past its kickoff. */
async function queueUp(count: number, perType = 1) {
  const releaseConfigId = await world.config({ concurrency: { perType } });
  const releases: { id: string; displayId: string }[] = [];
  for (let index = 0; index < count; index += 1) {
    releases.push(await world.create({ ...version(), releaseConfigId, kickOffDate: minutes(index / 100 - 2) }));
  }
  return { releaseConfigId, releases };
}
const get = async (releaseId: string) => (await world.call('GET', `/${releaseId}`)).body;
const phaseOf = async (releaseId: string) => {
  const found: string[] = [];
  for (const phase of ['upcoming', 'ongoing', 'hotfix', 'ended']) {
    const { body } = await world.call('GET', `?limit=100&phase=${phase}`);
    if (body.items.some(({ id }: { id: string }) => id === releaseId)) found.push(phase);
  }
  return found;
};

describe('releases of one config and type', () => {
  it('kick off one after the other, and who waits says for whom', async () => {
    const { releases } = await queueUp(2);
    const [first = '', second = ''] = releases.map(({ id }) => id);
    await turns.look(first);
    await turns.plan(first);

    await turns.look(second);
    await turns.plan(second);

    expect(await get(first)).toMatchObject({ status: 'IN_PROGRESS', blockedBy: [] });
    expect(await get(second)).toMatchObject({ status: 'PENDING', blockedBy: [{ id: first, displayId: releases[0]?.displayId }] });
    expect(await turns.waiting(second)).toMatchObject({ status: 'WAITING', waitReason: 'TURN', due: 0 });
    const why = (await world.call('GET', `/${second}/why`)).body;
    expect(why.summary).toContain(`waits for ${releases[0]?.displayId} to end`);
    const listed = (await world.call('GET', '?limit=100&phase=upcoming')).body.items;
    expect(listed.find(({ id }: { id: string }) => id === second)?.blockedBy).toEqual([{ id: first, displayId: releases[0]?.displayId }]);
    expect([await phaseOf(first), await phaseOf(second)]).toEqual([['ongoing'], ['upcoming']]);
  });

  it('are woken in the transaction that ends the one before them, the earliest kickoff first', async () => {
    const { releases } = await queueUp(3);
    const [first = '', second = '', third = ''] = releases.map(({ id }) => id);
    for (const { id } of releases) await turns.look(id);

    await world.call('POST', `/${first}/archive`);

    const woken = [await turns.waiting(second), await turns.waiting(third)];
    expect(woken.map(({ due }) => due)).toEqual([1, 1]);
    await turns.look(third);
    await turns.look(second);
    await turns.plan(second);
    expect(await turns.waiting(third)).toMatchObject({ status: 'WAITING' });
    expect(await get(second)).toMatchObject({ status: 'IN_PROGRESS', blockedBy: [] });
    expect((await get(third)).blockedBy.map(({ id }: { id: string }) => id)).toEqual([second]);
    const history = (await world.call('GET', `/${second}/history?limit=100`)).body.items;
    expect(history.flatMap(({ items }: { items: { field: string }[] }) => items.map(({ field }) => field))).toContain('turnTakenAt');
  });

  it('wake whoever waits for them when they complete', async () => {
    const { releases } = await queueUp(2);
    const [first = '', second = ''] = releases.map(({ id }) => id);
    for (const { id } of releases) await turns.look(id);
    await turns.plan(first);
    await api.db.run(`UPDATE stages s JOIN runs n ON n.id = s.run_id SET s.status = 'COMPLETED', s.open_tasks = 0 WHERE n.subject_id = ?`, [
      first,
    ]);
    expect(await turns.waiting(second)).toMatchObject({ due: 0 });

    await world.advance(first);

    expect(await phaseOf(first)).toEqual(['ended']);
    expect(await turns.waiting(second)).toMatchObject({ due: 1 });
  });

  it('that would all kick off at the same instant begin as many at a time as may', async () => {
    for (const perType of [1, 2]) {
      const { releases } = await queueUp(6, perType);

      await Promise.all(releases.map(({ id }) => turns.look(id)));
      for (const { id } of releases) if ((await turns.waiting(id)).status === 'WAITING') await turns.poll(id);
      await Promise.all(releases.map(({ id }) => turns.look(id)));

      const done = await Promise.all(releases.map(async ({ id }) => (await turns.waiting(id)).status === 'COMPLETED'));
      expect(done).toEqual(releases.map((_, index) => index < perType));
    }
  });

  it('do not pass while paused, and let others pass before their kickoff', async () => {
    const { releases } = await queueUp(2);
    const [first = '', second = ''] = releases.map(({ id }) => id);
    await turns.look(first);
    await turns.look(second);
    await world.call('POST', `/${second}/pause`);
    await world.call('POST', `/${first}/archive`);

    await turns.look(second);

    expect(await turns.waiting(second)).toMatchObject({ status: 'WAITING', waitReason: 'TURN' });
    const third = await world.create({ ...version(), releaseConfigId: (await get(second)).config.id, kickOffDate: minutes(-1) });
    await turns.look(third.id);
    expect(await turns.waiting(third.id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('pass all the same when a person skips the wait, and count from then on', async () => {
    const { releases, releaseConfigId } = await queueUp(2);
    const [first = '', second = ''] = releases.map(({ id }) => id);
    await turns.look(first);
    await turns.look(second);
    const { id: taskId } = await turns.waiting(second);

    const skipped = await world.call('POST', `/${second}/tasks/${taskId}/skip`, { body: { reason: 'both at once' } });
    await turns.plan(second);

    expect(skipped.status).toBe(200);
    expect(await get(second)).toMatchObject({ status: 'IN_PROGRESS', blockedBy: [] });
    const third = await world.create({ ...version(), releaseConfigId, kickOffDate: minutes(-1) });
    await turns.look(third.id);
    expect((await get(third.id)).blockedBy.map(({ id }: { id: string }) => id).sort()).toEqual([first, second].sort());
  });

  it('whose kickoff is moved away while they wait do not pass before it, nor hold a place', async () => {
    const { releases } = await queueUp(2);
    const [first = '', second = ''] = releases.map(({ id }) => id);
    await turns.look(first);
    await turns.look(second);
    const later = minutes(60);

    const moved = await world.call('PATCH', `/${second}`, { body: { kickOffDate: later } });
    await world.call('POST', `/${first}/archive`);
    await turns.poll(second);
    await turns.look(second);

    expect(moved.status, moved.text).toBe(200);
    expect(await turns.waiting(second)).toMatchObject({ status: 'WAITING', waitReason: 'TIMER', due: 0 });
    const again = await world.call('PATCH', `/${second}`, { body: { kickOffDate: minutes(90) } });
    expect(again.status, again.text).toBe(200);
    const tasks = (await world.call('GET', `/${second}/tasks`)).body.items;
    const fork = tasks.find(({ type }: { type: string }) => type === 'FORK_BRANCH');
    expect(fork).toMatchObject({ status: 'PENDING', notBefore: again.body.kickOffDate, runAt: null });
  });

  it('of other types, other configs and without a limit wait for nobody', async () => {
    const { releaseConfigId, releases } = await queueUp(1);
    await turns.look(releases[0]?.id ?? '');

    const major = await world.create({
      type: 'MAJOR',
      releaseConfigId,
      kickOffDate: minutes(-1),
      platformTargets: [{ platform: 'WEB', target: 'WEB' }],
    });
    const free = await world.create({ kickOffDate: minutes(-1), type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB' }] });
    await turns.look(major.id);

    expect(await turns.waiting(major.id)).toMatchObject({ status: 'COMPLETED' });
    await expect(turns.waiting(free.id)).rejects.toThrow('waits for nobody');
  });
});
