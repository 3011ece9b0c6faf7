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
const taskOf = async (releaseId: string, type: string) => {
  const { body } = await world.call('GET', `/${releaseId}/tasks`);
  return body.items.find((task: { type: string; status: string }) => task.type === type && task.status !== 'CANCELLED');
};
const runOf = async (releaseId: string) => {
  const [run] = await api.db.rows<{ status: string; runAt: Date | null; fence: number; now: Date }>(
    'SELECT status, run_at AS runAt, fence, UTC_TIMESTAMP(3) AS now FROM runs WHERE subject_id = ?',
    [releaseId],
  );
  if (run === undefined) throw new Error('no run');
  return run;
};
const deliveriesOf = (releaseId: string) =>
  api.db.rows<{ type: string; data: unknown }>(
    `SELECT type, data FROM deliveries WHERE subject_id = ? AND type <> 'RELEASE_STATUS' ORDER BY id`,
    [releaseId],
  );
const lastEvent = async (releaseId: string) => (await world.call('GET', `/${releaseId}/history?limit=1`)).body.items[0];
const fieldsOf = (body: { errors?: { field: string }[] }) => (body.errors ?? []).map(({ field }) => field).sort();

describe('changing a release', () => {
  it('changes what is given, leaves what is absent, and records who changed what', async () => {
    const release = await fresh({ description: 'Old' });
    const pilot = await world.person('contributor');

    const { status, body } = await world.call('PATCH', `/${release.id}`, {
      body: { description: 'New', pilotAccountId: pilot.accountId, baseBranch: 'develop' },
    });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      description: 'New',
      baseBranch: 'develop',
      pilot: { accountId: pilot.accountId },
      kickOffDate: release.kickOffDate,
    });
    expect(await lastEvent(release.id)).toMatchObject({
      by: { accountId: release.createdBy.accountId },
      items: [
        { field: 'description', before: 'Old', after: 'New' },
        { field: 'pilot', before: null, after: pilot.accountId },
        { field: 'baseBranch', before: 'main', after: 'develop' },
      ],
    });
  });

  it('writes nothing when nothing changes', async () => {
    const release = await fresh({ description: 'Same' });
    const before = await lastEvent(release.id);

    const answer = await world.call('PATCH', `/${release.id}`, { body: { description: 'Same', kickOffDate: release.kickOffDate } });

    expect(answer.status).toBe(200);
    expect(await lastEvent(release.id)).toEqual(before);
  });

  it('moves the kickoff with its task and its run', async () => {
    const release = await fresh({ regressionSlots: [{ date: minutes(400) }] });
    const to = minutes(200);

    const answer = await world.call('PATCH', `/${release.id}`, { body: { kickOffDate: to } });

    expect(answer.body.kickOffDate).toBe(to);
    expect(await taskOf(release.id, 'FORK_BRANCH')).toMatchObject({ runAt: to, notBefore: to, status: 'READY' });
    expect((await runOf(release.id)).runAt?.toISOString()).toBe(to);
  });

  it('makes the release due and rings when the kickoff moves to now', async () => {
    const release = await fresh();
    api.rung.length = 0;

    await world.call('PATCH', `/${release.id}`, { body: { kickOffDate: minutes(-1) } });

    const run = await runOf(release.id);
    expect(run.runAt?.getTime()).toBeLessThanOrEqual(run.now.getTime());
    expect(api.rung.map(({ kind }) => kind).sort()).toEqual(['run', 'task']);
  });

  it('moves the one slot of a hotfix with its kickoff', async () => {
    const base = await fresh();
    await api.db.run(`UPDATE runs SET status = 'COMPLETED' WHERE subject_id = ?`, [base.id]);
    const hotfix = await world.create({
      type: 'HOTFIX',
      baseReleaseId: base.id,
      platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.1` }],
      regressionSlots: [],
    });
    const to = minutes(90);

    const answer = await world.call('PATCH', `/${hotfix.id}`, { body: { kickOffDate: to } });

    expect(answer.status).toBe(200);
    expect(answer.body.slots).toMatchObject([{ date: to }]);
  });

  it('adds, moves, removes and adds again the reminder task', async () => {
    const release = await fresh();
    const set = (kickOffReminderDate: string | null) => world.call('PATCH', `/${release.id}`, { body: { kickOffReminderDate } });
    const [early, late] = [minutes(20), minutes(30)];

    await set(early);
    const added = await taskOf(release.id, 'PRE_KICK_OFF_REMINDER');
    await set(late);
    const moved = await taskOf(release.id, 'PRE_KICK_OFF_REMINDER');
    await set(null);
    const removed = await taskOf(release.id, 'PRE_KICK_OFF_REMINDER');
    await set(early);
    const again = await taskOf(release.id, 'PRE_KICK_OFF_REMINDER');

    expect([added.runAt, moved.runAt, removed, again.runAt]).toEqual([early, late, undefined, early]);
    expect(again.id).not.toBe(added.id);
    const [stage] = await api.db.rows<{ open: number; tasks: number }>(
      `SELECT s.open_tasks AS open, (SELECT COUNT(*) FROM tasks t WHERE t.stage_id = s.id AND t.status <> 'CANCELLED') AS tasks
       FROM stages s JOIN runs r ON r.id = s.run_id WHERE r.subject_id = ? AND s.stage_key = 'KICKOFF'`,
      [release.id],
    );
    expect(stage?.open).toBe(stage?.tasks);
  });

  it('refuses to move a kickoff whose task has begun, and changes nothing', async () => {
    const release = await fresh();
    await api.db.run(
      `UPDATE tasks t JOIN runs r ON r.id = t.run_id SET t.status = 'IN_PROGRESS' WHERE r.subject_id = ? AND t.type = 'FORK_BRANCH'`,
      [release.id],
    );

    const answer = await world.call('PATCH', `/${release.id}`, { body: { kickOffDate: minutes(90), description: 'New' } });

    expect(answer.status).toBe(409);
    expect((await world.call('GET', `/${release.id}`)).body).toMatchObject({ kickOffDate: release.kickOffDate, description: null });
  });

  it('moves the target later only with a reason, which is kept and announced; earlier without', async () => {
    const release = await fresh();

    const without = await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: minutes(900) } });
    const later = await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: minutes(900), delayReason: 'Store review' } });
    const earlier = await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: minutes(500) } });

    expect(fieldsOf(without.body)).toEqual(['/delayReason']);
    expect(later.body.delayReason).toBe('Store review');
    expect(earlier.status).toBe(200);
    const events = (await world.call('GET', `/${release.id}/history?limit=2`)).body.items;
    expect(events[1]).toMatchObject({ why: 'Store review' });
    const deliveries = await deliveriesOf(release.id);
    expect(deliveries.map(({ type }) => type)).toEqual(['TARGET_DATE_CHANGED', 'TARGET_DATE_CHANGED']);
    const [first] = deliveries.map(({ data }) => (typeof data === 'string' ? JSON.parse(data) : data));
    expect(first).toMatchObject({ before: release.targetReleaseDate, after: later.body.targetReleaseDate, reason: 'Store review' });
  });

  it('asks the planner when the target of a running release moves', async () => {
    const release = await world.kickedOff(next());
    await api.db.run('UPDATE runs SET run_at = NULL WHERE subject_id = ?', [release.id]);

    await world.call('PATCH', `/${release.id}`, { body: { targetReleaseDate: minutes(900), delayReason: 'Later' } });

    const run = await runOf(release.id);
    expect(run.runAt?.getTime()).toBeLessThanOrEqual(run.now.getTime());
  });

  it('tells every problem at once', async () => {
    const release = await world.kickedOff(next());

    const answer = await world.call('PATCH', `/${release.id}`, {
      body: {
        kickOffDate: minutes(50),
        targetReleaseDate: minutes(60),
        baseBranch: 'other',
        baseReleaseId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
        pilotAccountId: '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z',
      },
    });

    expect(answer.status).toBe(422);
    expect(fieldsOf(answer.body)).toEqual(['/baseBranch', '/baseReleaseId', '/kickOffDate', '/pilotAccountId', '/targetReleaseDate']);
  });

  it.each([{}, { status: 'COMPLETED' }, { releaseTag: 'v1' }, { description: 5 }, { baseBranch: 'a..b' }, { kickOffDate: null }])(
    'refuses %j',
    async (body) => {
      const release = await fresh();

      expect((await world.call('PATCH', `/${release.id}`, { body })).status).toBe(422);
    },
  );

  it.each([
    ['COMPLETED', 'COMPLETED'],
    ['CANCELLED', 'ARCHIVED'],
  ])('refuses once the run is %s', async (runStatus, status) => {
    const release = await fresh();
    await api.db.run('UPDATE runs SET status = ? WHERE subject_id = ?', [runStatus, release.id]);

    const answers = await Promise.all([
      world.call('PATCH', `/${release.id}`, { body: { description: 'x' } }),
      world.call('POST', `/${release.id}/pause`),
      world.call('POST', `/${release.id}/resume`),
      world.call('POST', `/${release.id}/trigger-regression`),
      world.call('POST', `/${release.id}/trigger-pre-release`),
      world.call('POST', `/${release.id}/trigger-distribution`),
      world.call('POST', `/${release.id}/approvals`, { body: { decision: 'APPROVED' } }),
      world.call('POST', `/${release.id}/regression-slots`, { body: { date: minutes(300) } }),
    ]);

    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(409));
    expect(answers[0]?.body.detail).toContain(status);
  });
});
