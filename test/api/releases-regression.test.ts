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
const read = async (id: string) => (await world.call('GET', `/${id}`)).body;
const isDue = async (id: string) => {
  const [run] = await api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM runs WHERE subject_id = ?', [id]);
  return run?.due === 1;
};
const tagged = (id: string) => api.db.run(`UPDATE releases SET release_tag = 'v1' WHERE id = ?`, [id]);
const slotStates = (release: { slots: { status: string }[] }) => release.slots.map(({ status }) => status);

describe('triggering regression', () => {
  it('brings the next slot forward; the planner opens its cycle, and the wish is used up', async () => {
    const { id } = await world.kickedOff(next());
    const before = await read(id);

    const { status, body } = await world.call('POST', `/${id}/trigger-regression`, { body: { reason: 'Fix is in' } });

    expect(status).toBe(200);
    expect(body.id).toBe(before.slots[0].id);
    expect(Date.parse(body.date)).toBeLessThan(Date.parse(before.slots[0].date));
    expect(await isDue(id)).toBe(true);
    await world.advance(id);
    const after = await read(id);
    expect(slotStates(after)).toEqual(['USED', 'PLANNED']);
    expect(after).toMatchObject({ regressionRequestedAt: null, slots: [{ cycle: { number: 1, status: 'IN_PROGRESS' } }, {}] });
  });

  it('adds a slot when none is left, and supersedes a gate that waits', async () => {
    const { id, gateId } = await world.atGate(next());

    const { body } = await world.call('POST', `/${id}/trigger-regression`);
    await world.advance(id);

    expect(body.status).toBe('PLANNED');
    expect(await read(id)).toMatchObject({ slots: [{ status: 'USED' }, { id: body.id, status: 'USED', cycle: { number: 2 } }] });
    expect((await world.call('GET', `/${id}/tasks/${gateId}`)).body.status).toBe('CANCELLED');
    const [delivery] = await api.db.rows<{ type: string }>(`SELECT type FROM deliveries WHERE subject_id = ? AND type = 'NEW_SLOT_ADDED'`, [
      id,
    ]);
    expect(delivery).toBeDefined();
  });

  it('is one wish however often it is asked, even at once, and waits for the cycle under way', async () => {
    const { id } = await world.kickedOff(next());
    await world.call('POST', `/${id}/trigger-regression`);
    await world.advance(id);

    const answers = await Promise.all([1, 2, 3].map(() => world.call('POST', `/${id}/trigger-regression`, { body: { reason: 'Again' } })));
    await world.advance(id);

    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const wishes = (await world.call('GET', `/${id}/history?limit=100`)).body.items.filter(
      (event: { why: string }) => event.why === 'Again',
    );
    expect(wishes).toHaveLength(1);
    expect(slotStates(await read(id))).toEqual(['USED', 'PLANNED']);
  });

  it('refuses before kickoff is done, after the final tag was written, and automation without a workflow', async () => {
    const early = await world.create(next());
    const { id, gateId } = await world.atGate(next());
    const automation = await world.call('POST', `/${id}/trigger-regression`, { body: { automation: true } });
    await world.call('POST', `/${id}/tasks/${gateId}/skip`, { body: { reason: 'x' } });
    await world.advance(id);
    await tagged(id);

    const answers = [await world.call('POST', `/${early.id}/trigger-regression`), await world.call('POST', `/${id}/trigger-regression`)];

    expect(answers.map(({ status }) => status)).toEqual([409, 409]);
    expect([automation.status, automation.body.errors?.[0]?.field]).toEqual([422, '/automation']);
    expect((await read(id)).slots).toHaveLength(1);
  });
});

describe('triggering post-regression and distribution', () => {
  it('skips the slots that are left, with a reason, and comes to the gate', async () => {
    const { id } = await world.kickedOff({ ...next(), regressionSlots: [{ date: minutes(100) }, { date: minutes(200) }] });
    await world.cycle(id);

    const answer = await world.call('POST', `/${id}/trigger-pre-release`, { body: { reason: 'Good enough' } });
    await world.advance(id);

    expect(answer.status).toBe(200);
    expect(answer.body.preReleaseRequestedAt).not.toBeNull();
    const after = await read(id);
    expect(after.slots[1]).toMatchObject({ status: 'SKIPPED', reason: expect.stringContaining('early') });
    expect(after.gate).toMatchObject({ status: 'READY' });
  });

  it('is taken back by whoever adds a slot afterwards, so that the slot is not skipped', async () => {
    const { id } = await world.kickedOff({ ...next(), regressionSlots: [{ date: minutes(100) }, { date: minutes(200) }] });
    await world.cycle(id);
    await world.call('POST', `/${id}/trigger-pre-release`);

    const added = await world.call('POST', `/${id}/regression-slots`, { body: { date: minutes(150) } });
    await world.advance(id);

    expect(added.status).toBe(201);
    const after = await read(id);
    expect(after.preReleaseRequestedAt).toBeNull();
    expect(after.slots.slice(1).map((slot: { status: string }) => slot.status)).toEqual(['PLANNED', 'PLANNED']);
    const { body: history } = await world.call('GET', `/${id}/history`);
    expect(history.items).toContainEqual(
      expect.objectContaining({
        entityType: 'release',
        why: 'a regression slot was added',
        items: [expect.objectContaining({ field: 'preReleaseRequestedAt', before: expect.any(String), after: null })],
      }),
    );
  });

  it('approves when the gate waits already, for those who may', async () => {
    const { id } = await world.atGate(next());
    const { token } = await world.person('release-manager');
    const narrow = await api.token(world.tenantId, 'release-manager', { scopes: ['release:update', 'release:read'] });

    const refused = await world.call('POST', `/${id}/trigger-pre-release`, { token: narrow });
    const creator = await world.call('POST', `/${id}/trigger-pre-release`);
    const done = await world.call('POST', `/${id}/trigger-pre-release`, { token });

    expect([refused.status, creator.status, done.status]).toEqual([403, 403, 200]);
    expect(done.body.gate.approvals).toMatchObject([{ decision: 'APPROVED' }]);
    expect(done.body.preReleaseRequestedAt).toBeNull();
  });

  it('refuses while there is no candidate', async () => {
    const { id } = await world.kickedOff(next());

    expect((await world.call('POST', `/${id}/trigger-pre-release`)).status).toBe(409);
    expect((await read(id)).preReleaseRequestedAt).toBeNull();
  });

  it('has no distribution where the config names no store; looks at the stages of the run itself', async () => {
    const { id } = await world.kickedOff(next());
    const without = await world.call('POST', `/${id}/trigger-distribution`);
    await api.db.run(
      `INSERT INTO stages (id, tenant_id, run_id, stage_key, ordinal, queue, status)
       SELECT REVERSE(id), tenant_id, id, 'DISTRIBUTION', 3, 'distribution', 'PENDING' FROM runs WHERE subject_id = ?`,
      [id],
    );
    const early = await world.call('POST', `/${id}/trigger-distribution`);
    await api.db.run(
      `UPDATE stages s JOIN runs r ON r.id = s.run_id SET s.status = 'COMPLETED' WHERE r.subject_id = ? AND s.stage_key = 'POST_REGRESSION'`,
      [id],
    );
    const asked = await world.call('POST', `/${id}/trigger-distribution`);

    expect(without.status).toBe(409);
    expect(without.body.detail).toContain('names no store');
    expect([early.status, asked.status]).toEqual([409, 200]);
    expect(await isDue(id)).toBe(true);
  });
});

describe('regression slots', () => {
  it('adds one to a running release: planned, announced, the planner asked; a waiting gate is superseded', async () => {
    const { id, gateId } = await world.atGate(next());
    const date = minutes(300);

    const { status, body } = await world.call('POST', `/${id}/regression-slots`, { body: { date } });

    expect(status).toBe(201);
    expect(body).toMatchObject({ date, status: 'PLANNED', automation: false, cycle: null });
    expect(await isDue(id)).toBe(true);
    await world.advance(id);
    expect((await world.call('GET', `/${id}/tasks/${gateId}`)).body.status).toBe('CANCELLED');
    expect((await world.call('GET', `/${id}/regression-slots`)).body.items).toHaveLength(2);
  });

  it('moves and removes a planned one, and records what it was', async () => {
    const release = await world.create(next());
    const [first, second] = release.slots;
    const date = minutes(130);

    const moved = await world.call('PATCH', `/${release.id}/regression-slots/${first.id}`, { body: { date } });
    const removed = await world.call('DELETE', `/${release.id}/regression-slots/${second.id}`);

    expect([moved.status, moved.body.date, removed.status]).toEqual([200, date, 204]);
    const events = (await world.call('GET', `/${release.id}/history?limit=2`)).body.items;
    expect(events).toMatchObject([
      { action: 'REMOVE', entityId: second.id, items: [{ field: 'date', before: second.date, after: null }, {}] },
      { action: 'UPDATE', entityId: first.id, items: [{ field: 'date', before: first.date, after: date }] },
    ]);
  });

  it('keeps the only slot as long as no cycle has begun', async () => {
    const release = await world.create({ ...next(), regressionSlots: [{ date: minutes(120) }] });

    const answer = await world.call('DELETE', `/${release.id}/regression-slots/${release.slots[0].id}`);

    expect(answer.status).toBe(409);
    expect((await read(release.id)).slots).toHaveLength(1);
  });

  it('withdraws the wish for a cycle with the slot it was for', async () => {
    const { id } = await world.kickedOff({ ...next(), regressionSlots: [{ date: minutes(100) }, { date: minutes(200) }] });
    await world.cycle(id);
    const { body: slot } = await world.call('POST', `/${id}/trigger-regression`);

    await world.call('DELETE', `/${id}/regression-slots/${slot.id}`);

    expect((await read(id)).regressionRequestedAt).toBeNull();
  });

  it('refuses to touch one that was used, and any once the final tag was written', async () => {
    const { id, gateId } = await world.atGate(next());
    const [used] = (await read(id)).slots;
    const path = `/${id}/regression-slots`;

    const onUsed = [
      await world.call('PATCH', `${path}/${used.id}`, { body: { date: minutes(300) } }),
      await world.call('DELETE', `${path}/${used.id}`),
    ];
    await world.call('POST', `/${id}/tasks/${gateId}/skip`, { body: { reason: 'x' } });
    await world.advance(id);
    await tagged(id);
    const late = await world.call('POST', path, { body: { date: minutes(300) } });

    expect([...onUsed, late].map(({ status }) => status)).toEqual([409, 409, 409]);
    expect((await read(id)).slots).toHaveLength(1);
  });

  it.each([
    ['in the past', () => minutes(-60)],
    ['after the target', () => minutes(700)],
    ['before the kickoff', () => minutes(30)],
  ])('refuses a date %s', async (_name, date) => {
    const release = await world.create(next());

    const added = await world.call('POST', `/${release.id}/regression-slots`, { body: { date: date() } });
    const moved = await world.call('PATCH', `/${release.id}/regression-slots/${release.slots[0].id}`, { body: { date: date() } });

    for (const answer of [added, moved]) {
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map(({ field }: { field: string }) => field)).toContain('/date');
    }
    expect(slotStates(await read(release.id))).toEqual(['PLANNED', 'PLANNED']);
  });

  it('refuses the date of another slot, unknown fields and automation that nothing can run', async () => {
    const release = await world.create(next());
    const path = `/${release.id}/regression-slots`;

    const answers = await Promise.all(
      [{ date: release.slots[0].date }, { date: minutes(300), status: 'USED' }, { date: minutes(300), automation: true }, {}].map((body) =>
        world.call('POST', path, { body }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
    expect((await world.call('PATCH', `${path}/${release.slots[0].id}`, { body: {} })).status).toBe(422);
    expect((await world.call('DELETE', `${path}/01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z`)).status).toBe(404);
  });
});
