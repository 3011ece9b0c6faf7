import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { windowSignals } from '../../src/services/windows/window-signals.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

/** When exposure may grow: what windows say, and what becomes of those that wait for them. */

let api: ApiHarness;
let tenant: ReleaseWorld;
let stranger: ReleaseWorld;
beforeAll(async () => {
  api = await startApi();
  [tenant, stranger] = await Promise.all([releaseWorld(api), releaseWorld(api, 'Stranger')]);
});
afterAll(() => api?.close());

const at = (method: string, path: string, body?: unknown, world = tenant) =>
  api.request(method, `/api/v1/tenants/${world.tenantId}/${path}`, { token: world.owner, ...(body === undefined ? {} : { body }) });
const decision = (query: string, world = tenant) => at('GET', `windows/decision?${query}`, undefined, world);
const made = async (path: string, body: object, world = tenant) => {
  const answer = await at('POST', path, body, world);
  expect(answer.status, answer.text).toBe(201);
  return answer.body as { id: string };
};

/** On two days of December at noon, UTC. */
const freeze = (over: object = {}) => ({
  ...{ name: 'Holidays', kind: 'deny', cron: '0 12 24 12 *', durationMinutes: 2880, zone: 'UTC' },
  ...over,
});
const christmas = 'at=2026-12-25T00:00:00Z';

describe('a decision', () => {
  it('names what forbids it and when that changes, for what the scope of a window contains', async () => {
    const environmentId = (await made('environments', { name: 'live', tier: 'production' })).id;
    const staging = (await made('environments', { name: 'next', tier: 'staging' })).id;
    const appId = (await made('apps', { name: 'shop' })).id;
    const serviceId = (await made('services', { appId, name: 'api', kind: 'backend' })).id;
    const [live, ofApp, store] = await Promise.all([
      made('windows', freeze({ scope: { tiers: ['production'] } })),
      made('windows', freeze({ name: 'The shop', scope: { appIds: [appId] }, onClose: 'abort' })),
      made('windows', freeze({ name: 'Play', scope: { targets: ['PLAY_STORE'], releaseConfigIds: [tenant.configId] } })),
    ]);
    const blocking = async (query: string) => {
      const { status, body, text } = await decision(`${query}&${christmas}`);
      expect(status, text).toBe(200);
      return body.blocking.map(({ id }: { id: string }) => id);
    };

    expect((await decision(`environmentId=${environmentId}&${christmas}`)).body).toEqual({
      ...{ at: '2026-12-25T00:00:00.000Z', allowed: false, nextChangeAt: '2026-12-26T12:00:00.000Z' },
      blocking: [{ id: live.id, name: 'Holidays', kind: 'deny', onClose: 'pause' }],
    });
    expect(await blocking(`environmentId=${environmentId}&serviceId=${serviceId}`)).toEqual([live.id, ofApp.id].sort());
    expect(await blocking(`environmentId=${staging}`)).toEqual([]);
    expect(await blocking(`releaseConfigId=${tenant.configId}&target=PLAY_STORE`)).toEqual([store.id]);
    expect(await blocking(`releaseConfigId=${tenant.configId}&target=APP_STORE`)).toEqual([]);
    expect((await decision(`environmentId=${environmentId}&at=2026-12-24T00:00:00Z`)).body).toMatchObject({
      ...{ allowed: true, blocking: [], nextChangeAt: '2026-12-24T12:00:00.000Z' },
    });
    expect((await decision(`environmentId=${environmentId}`)).status).toBe(200);
    expect((await decision(`environmentId=${environmentId}`, stranger)).status).toBe(404);
    expect((await decision(`serviceId=${serviceId}`, stranger)).status).toBe(404);
    expect((await decision(christmas, stranger)).body).toMatchObject({ allowed: true, blocking: [] });
  });

  it.each(['at=soon', 'environmentId=1', 'target=FRIDGE'])('refuses %s by name', async (query) => {
    const { status, body } = await decision(query);

    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain(query.split('=')[0]);
  });
});

/** A release one of whose tasks waits for a window, as its handler leaves it. */
async function waiting(world = tenant): Promise<{ id: string; taskId: string }> {
  const id = released.get(world) ?? (await world.kickedOff()).id;
  released.set(world, id);
  const [task] = await api.db.rows<{ id: string }>(
    'SELECT t.id FROM tasks t JOIN releases r ON r.run_id = t.run_id WHERE r.id = ? ORDER BY t.id LIMIT 1',
    [id],
  );
  const taskId = task?.id ?? '';
  await api.db.run(`UPDATE tasks SET status = 'WAITING', wait_reason = 'WINDOW', run_at = UTC_TIMESTAMP(3) + INTERVAL 1 DAY WHERE id = ?`, [
    taskId,
  ]);
  for (const { integrationId, key } of windowSignals(world.tenantId)) {
    await api.db.run('INSERT IGNORE INTO task_signals (integration_id, signal_key, task_id) VALUES (?)', [[integrationId, key, taskId]]);
  }
  return { id, taskId };
}
const released = new Map<ReleaseWorld, string>();
const isDue = async (taskId: string) =>
  (await api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM tasks WHERE id = ?', [taskId]))[0]?.due === 1;

describe('what waits for a window', () => {
  it('is let pass by an owner for a time, is due at once, and who did it stays', async () => {
    const { id, taskId } = await waiting();
    const others = await waiting(stranger);
    const manager = await tenant.person('release-manager');
    const body = { reason: 'A fix that cannot wait', expiresAt: minutes(60) };

    const path = `/${id}/window-overrides`;
    const refused = await tenant.call('POST', path, { body, token: manager.token });
    const past = await tenant.call('POST', path, { body: { ...body, expiresAt: minutes(-1) } });
    const foreign = await stranger.call('POST', path, { body });
    const before = await isDue(taskId);
    const written = await tenant.call('POST', path, { body });

    expect([refused.status, past.status, foreign.status, before]).toEqual([403, 422, 404, false]);
    expect(past.text).toContain('/expiresAt');
    expect(written).toMatchObject({ status: 201, body: { subject: { kind: 'release', id }, reason: body.reason } });
    expect(await isDue(taskId)).toBe(true);
    expect(api.rung.map((wake) => wake.id)).toContain(taskId);
    expect((await tenant.call('GET', path)).body.items).toEqual([written.body]);
    expect(await isDue(others.taskId)).toBe(false);
  });

  it.each([
    ['made', async () => void (await made('windows', freeze({ name: ulid() })))],
    ['changed', async (id: string) => void (await at('PUT', `windows/${id}`, freeze({ name: ulid(), isActive: false })))],
    ['deleted', async (id: string) => void (await at('DELETE', `windows/${id}`))],
  ])('is due when a window is %s, and not when one of another tenant is', async (_what, change) => {
    const own = await made('windows', freeze({ name: ulid() }));
    const { taskId } = await waiting();
    const others = await waiting(stranger);

    await change(own.id);

    expect(await isDue(taskId)).toBe(true);
    expect(await isDue(others.taskId)).toBe(false);
  });
});
