import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let major = 0;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const next = () => {
  major += 1;
  return { type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }] };
};
const fresh = (over: Record<string, unknown> = {}) => world.create({ ...next(), ...over });
const runOf = async (releaseId: string) => {
  const [run] = await api.db.rows<{ status: string; runAt: Date | null; fence: number; now: Date }>(
    'SELECT status, run_at AS runAt, fence, UTC_TIMESTAMP(3) AS now FROM runs WHERE subject_id = ?',
    [releaseId],
  );
  if (run === undefined) throw new Error('no run');
  return run;
};
const deliveriesOf = (releaseId: string) =>
  api.db.rows<{ type: string; data: unknown }>('SELECT type, data FROM deliveries WHERE subject_id = ? ORDER BY id', [releaseId]);
const lastEvent = async (releaseId: string) => (await world.call('GET', `/${releaseId}/history?limit=1`)).body.items[0];

describe('archiving', () => {
  it('cancels everything open, deletes nothing, and names what stays outside', async () => {
    const release = await world.kickedOff({ ...next(), regressionSlots: [{ date: minutes(100) }, { date: minutes(200) }] });
    await world.cycle(release.id);
    await api.db.run(`UPDATE releases SET fork_commit = 'abc' WHERE id = ?`, [release.id]);
    await api.db.run(`UPDATE regression_cycles SET rc_tag = 'v9-rc.1' WHERE release_id = ?`, [release.id]);
    await api.db.run(`UPDATE platform_releases SET ticket_key = 'T-1', test_run_id = '5' WHERE release_id = ?`, [release.id]);

    const { status, body } = await world.call('POST', `/${release.id}/archive`, { body: { reason: 'Not needed' } });

    expect(status).toBe(200);
    expect(body.release.status).toBe('ARCHIVED');
    expect(body.release.archivedAt).not.toBeNull();
    expect(body.leftBehind).toEqual({
      branch: release.branch,
      tags: ['v9-rc.1'],
      tickets: [{ key: 'T-1', url: null }],
      testRuns: [{ id: '5', url: null }],
      builds: [],
      artifacts: [],
      stores: [],
    });
    expect((await world.call('GET', `/${release.id}`)).body.leftBehind).toEqual(body.leftBehind);
    expect(body.release.slots.map((slot: { status: string }) => slot.status)).toEqual(['USED', 'SKIPPED']);
    const open = await api.db.rows(
      `SELECT t.id FROM tasks t JOIN runs r ON r.id = t.run_id WHERE r.subject_id = ? AND t.status NOT IN ('COMPLETED', 'CANCELLED', 'SKIPPED')`,
      [release.id],
    );
    expect(open).toEqual([]);
    expect((await runOf(release.id)).runAt).toBeNull();
    expect((await deliveriesOf(release.id)).at(-1)?.type).toBe('RELEASE_ARCHIVED');
  });

  it('abandons the cycle under way', async () => {
    const release = await world.kickedOff(next());
    await api.db.run(`UPDATE regression_slots SET date = UTC_TIMESTAMP(3) WHERE release_id = ? ORDER BY date LIMIT 1`, [release.id]);
    await world.advance(release.id);

    const { body } = await world.call('DELETE', `/${release.id}?reason=Broken`);

    expect(body.release.slots[0].cycle.status).toBe('ABANDONED');
    expect(
      (await world.call('GET', `/${release.id}/history?limit=100`)).body.items.some((event: { why: string }) => event.why === 'Broken'),
    ).toBe(true);
  });

  it('archives once: asking again answers the same and writes nothing', async () => {
    const release = await fresh();
    await world.call('DELETE', `/${release.id}`);
    const before = await lastEvent(release.id);

    const again = await world.call('POST', `/${release.id}/archive`);

    expect([again.status, again.body.release.status]).toEqual([200, 'ARCHIVED']);
    expect(await lastEvent(release.id)).toEqual(before);
  });

  it('refuses a completed release', async () => {
    const release = await fresh();
    await api.db.run(`UPDATE runs SET status = 'COMPLETED' WHERE subject_id = ?`, [release.id]);

    expect((await world.call('DELETE', `/${release.id}`)).status).toBe(409);
  });
});

describe('pause and resume', () => {
  it('pauses with a reason, once however often it is asked, and announces it once', async () => {
    const release = await world.kickedOff(next());

    const first = await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Holiday' } });
    const second = await world.call('POST', `/${release.id}/pause`);

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body).toMatchObject({ status: 'PAUSED', pauseReasons: ['USER_REQUESTED'], holds: [{ note: 'Holiday' }] });
    expect((await deliveriesOf(release.id)).filter(({ type }) => type === 'RELEASE_PAUSED')).toHaveLength(1);
  });

  it('resumes: the hold is gone, the run is due and rung', async () => {
    const release = await world.kickedOff(next());
    await world.call('POST', `/${release.id}/pause`);
    api.rung.length = 0;

    const { body } = await world.call('POST', `/${release.id}/resume`, { body: { reason: 'Back' } });

    expect(body).toMatchObject({ lifted: true, stillHeldBy: [], release: { status: 'IN_PROGRESS', pauseReasons: [] } });
    expect(api.rung.map(({ kind }) => kind)).toContain('run');
    expect((await deliveriesOf(release.id)).at(-1)?.type).toBe('RELEASE_RESUMED');
  });

  it("lifts only the person's own reason and says which still stand", async () => {
    const release = await world.kickedOff(next());
    await world.call('POST', `/${release.id}/pause`);
    const [run] = await api.db.rows<{ id: string }>('SELECT id FROM runs WHERE subject_id = ?', [release.id]);
    await api.db.run('INSERT INTO run_holds (run_id, reason, subject, tenant_id) VALUES (?)', [
      [run?.id ?? '', 'TASK_FAILURE', 'some-task', world.tenantId],
    ]);
    await api.db.run('UPDATE runs SET run_at = NULL WHERE id = ?', [run?.id ?? '']);

    const { body } = await world.call('POST', `/${release.id}/resume`);

    expect(body).toMatchObject({
      lifted: true,
      stillHeldBy: [{ reason: 'TASK_FAILURE', subject: 'some-task' }],
      release: { status: 'PAUSED', pauseReasons: ['TASK_FAILURE(some-task)'] },
    });
    const after = await runOf(release.id);
    expect(after.runAt?.getTime()).toBeLessThanOrEqual(after.now.getTime());
  });

  it('answers a resume of what nobody paused without changing anything', async () => {
    const release = await fresh();
    const before = await lastEvent(release.id);

    const { status, body } = await world.call('POST', `/${release.id}/resume`);

    expect([status, body.lifted]).toEqual([200, false]);
    expect(await lastEvent(release.id)).toEqual(before);
  });

  it.each([
    ['text/plain', 'x', 415],
    ['application/json', '{"why":"x"}', 422],
    ['application/json', '{', 400],
    ['application/json', `{"reason":"${'x'.repeat(1001)}"}`, 422],
  ])('refuses a body of %s %s', async (type, body, status) => {
    const release = await fresh();

    const answer = await world.call('POST', `/${release.id}/pause`, { body, headers: { 'content-type': type } });

    expect(answer.status).toBe(status);
    expect((await world.call('GET', `/${release.id}`)).body.pauseReasons).toEqual([]);
  });
});
