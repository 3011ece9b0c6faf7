import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/db/schema/columns.ts';
import { storeLock } from '../../src/services/releases/store-lock.ts';
import { openStores, PLAY_APP, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** Halting what everybody has, long after its task has ended: the request itself asks the store. */

let world: StoresWorld;
let tenant: StoresTenant;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
});
beforeEach(() => {
  world.play.clearFaults();
  world.apple.clearFaults();
});
afterAll(() => world.close());

const reason = { reason: 'Loses baskets' };
const post = (path: string, body?: unknown, token = tenant.owner) => tenant.call('POST', path, { body, token });
const onTrack = (version: string) => world.playApp.releases().find(({ name }) => name === version)?.status;

const stateOf = async (id: string) => {
  const [row] = await world.api.db.rows<{ status: string; pauseReason: string | null; wanted: string; fraction: number; version: number }>(
    'SELECT status, pause_reason AS pauseReason, wanted, fraction, version FROM rollouts WHERE id = ?',
    [id],
  );
  return row;
};
const historyOf = (entityId: string) =>
  world.api.db.rows<{ why: string | null; by: string; field: string; before: string | null; after: string }>(
    `SELECT h.why, h.account_id AS \`by\`, i.field, i.value_before AS \`before\`, i.value_after AS \`after\`
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id WHERE h.entity_id = ? ORDER BY h.sequence, i.ordinal`,
    [entityId],
  );
const toldOf = async (releaseId: string) => {
  const rows = await world.api.db.rows<{ type: string; data: unknown }>(
    `SELECT type, data FROM deliveries WHERE subject_id = ? AND type LIKE 'ROLLOUT%' ORDER BY id`,
    [releaseId],
  );
  return rows.map(({ type, data }) => ({ type, ...(parseJson(data) as object) }));
};

/** Everybody has it, its task has ended, and the release has, too, unless the test says otherwise. */
async function live({
  target = 'PLAY_STORE',
  run = 'COMPLETED',
  rollout: over = {},
}: {
  target?: string;
  run?: string;
  rollout?: Row;
} = {}) {
  const release = await tenant.toStores();
  const { version } = (await tenant.call('GET', release.path)).body.platforms[0];
  world.playApp.releases().splice(0);
  world.playApp.publish({ name: '0.9.0', versionCodes: ['90'], status: 'completed' });
  world.playApp.publish({ name: version, versionCodes: ['140'], status: 'completed' });
  await release.submission({ target, status: 'APPROVED' });
  const rollout = await release.rollout({ target, status: 'COMPLETED', step: 3, fraction: 1, ...over });
  await world.api.db.run(`UPDATE tasks SET status = 'COMPLETED', wait_reason = NULL, run_at = NULL WHERE id = ?`, [rollout.taskId]);
  await world.api.db.run('UPDATE runs SET status = ? WHERE subject_id = ?', [run, release.id]);
  return { release, version: version as string, ...rollout, path: `${release.path}/rollouts/${rollout.id}` };
}
type Row = Record<string, string | number | null>;

describe('what everybody has', () => {
  it('is halted and resumed at the store, with who and why, though its release is COMPLETED and stays so', async () => {
    const { release, id, path, version } = await live();
    const manager = await tenant.person('release-manager');

    const halted = await post(`${path}/halt`, reason, manager.token);
    const whileHalted = onTrack(version);
    const resumed = await post(`${path}/resume`, { reason: 'Fixed on the server' }, manager.token);

    expect([halted.status, resumed.status], halted.text + resumed.text).toEqual([200, 200]);
    expect(halted.body).toMatchObject({ id, status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT', fraction: 1 });
    expect(halted.body.observedAt).toMatch(/Z$/);
    expect(resumed.body).toMatchObject({ id, status: 'COMPLETED', pauseReason: null, wanted: 'RUN', fraction: 1 });
    expect([whileHalted, onTrack(version)]).toEqual(['halted', 'completed']);
    const by = { by: manager.accountId };
    expect(await historyOf(id)).toEqual([
      { ...by, why: reason.reason, field: 'status', before: 'COMPLETED', after: 'PAUSED' },
      { ...by, why: reason.reason, field: 'pauseReason', before: null, after: 'manual' },
      { ...by, why: reason.reason, field: 'wanted', before: 'RUN', after: 'HALT' },
      { ...by, why: 'Fixed on the server', field: 'status', before: 'PAUSED', after: 'COMPLETED' },
      { ...by, why: 'Fixed on the server', field: 'pauseReason', before: 'manual', after: null },
      { ...by, why: 'Fixed on the server', field: 'wanted', before: 'HALT', after: 'RUN' },
    ]);
    expect(await toldOf(release.id)).toMatchObject([
      { type: 'ROLLOUT_HALTED', version, outside: false, buildNumber: '140', fraction: 1, by: expect.any(String), reason: reason.reason },
      { type: 'ROLLOUT_RESUMED', version, outside: false, reason: 'Fixed on the server' },
    ]);
    const shown = (await tenant.call('GET', release.path)).body;
    expect([shown.status, shown.platforms[0].rollout.status]).toEqual(['COMPLETED', 'COMPLETED']);
  });

  it('is halted once by several people at the same time, and halting it again is no other halt', async () => {
    const { release, id, path } = await live();

    const answers = await Promise.all([1, 2, 3].map(() => post(`${path}/halt`, reason)));
    const again = await post(`${path}/halt`, reason);

    expect([...answers, again].map(({ status, body }) => [status, body.status])).toEqual(Array(4).fill([200, 'PAUSED']));
    expect(await stateOf(id)).toMatchObject({ version: 1 });
    expect(await toldOf(release.id)).toHaveLength(1);
  });

  it('is halted whatever windows say, and resumed when they let it reach more users', async () => {
    const { path, version, release } = await live();
    const freeze = { name: 'Holidays', kind: 'deny', cron: '* * * * *', durationMinutes: 60, zone: 'UTC' };
    const window = await tenant.at('POST', 'windows', { ...freeze, scope: { targets: ['PLAY_STORE'] } });

    const halted = await post(`${path}/halt`, reason);
    const refused = await post(`${path}/resume`);
    const whileClosed = onTrack(version);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const passed = await post(`${release.path}/window-overrides`, { reason: 'Everybody misses it', expiresAt });
    const resumed = await post(`${path}/resume`);
    await tenant.at('DELETE', `windows/${window.body.id}`);

    expect([halted.status, refused.status, passed.status, resumed.status], refused.text).toEqual([200, 409, 201, 200]);
    expect(refused.body.detail).toContain('"Holidays" forbids');
    expect([whileClosed, onTrack(version)]).toEqual(['halted', 'completed']);
  });

  it('is adopted when somebody halted it in the console before', async () => {
    const { path, version, id } = await live();
    const [own] = world.playApp.releases().filter(({ name }) => name === version);
    Object.assign(own ?? {}, { status: 'halted' });

    const answer = await post(`${path}/halt`, reason);

    expect(answer.body).toMatchObject({ status: 'PAUSED', fraction: 1 });
    expect(await stateOf(id)).toMatchObject({ status: 'PAUSED', wanted: 'HALT' });
  });

  it('whose halt got no answer may be halted again: what was done is found', async () => {
    const { release, path, id, version } = await live();
    world.play.failNext({ mode: 'drop-after', match: { method: 'POST', path: /:commit$/ } });

    const lost = await post(`${path}/halt`, reason);
    const between = await stateOf(id);
    const again = await post(`${path}/halt`, reason);

    expect([lost.status, again.status], lost.text).toEqual([503, 200]);
    expect(lost.body.detail).toContain('ask again');
    expect([between?.status, (await stateOf(id))?.status, onTrack(version)]).toEqual(['COMPLETED', 'PAUSED', 'halted']);
    expect(await toldOf(release.id)).toHaveLength(1);
  });

  it('is not halted by a store that cannot, which is said and asks it nothing', async () => {
    const { id, path } = await live({ target: 'APP_STORE', rollout: { plan: '{"kind":"phased"}' } });
    const calls = world.apple.calls.length;

    const answer = await post(`${path}/halt`, reason);

    expect([answer.status, world.apple.calls.length]).toEqual([409, calls]);
    expect(answer.body.detail).toMatch(/to APP_STORE is complete: everybody has it, and App Store Connect cannot halt/);
    expect([await historyOf(id), (await stateOf(id))?.status]).toEqual([[], 'COMPLETED']);
  });

  it('that a later version has replaced is not halted: the store says why', async () => {
    const { id, path } = await live();
    world.playApp.releases().splice(0);
    world.playApp.publish({ name: '99.0.0', versionCodes: ['9900'], status: 'completed' });

    const answer = await post(`${path}/halt`, reason);

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('a later version took its place');
    expect([await historyOf(id), (await stateOf(id))?.status]).toEqual([[], 'COMPLETED']);
  });

  it('is halted while its release goes on, and not resumed while people have paused that', async () => {
    const { release, id, path, version } = await live({ run: 'IN_PROGRESS' });
    const halted = await post(`${path}/halt`, reason);
    await tenant.call('POST', `${release.path}/pause`, { body: reason });

    const whilePaused = await post(`${path}/resume`);
    await tenant.call('POST', `${release.path}/resume`, {});
    const resumed = await post(`${path}/resume`);

    expect([halted.status, whilePaused.status, resumed.status], resumed.text).toEqual([200, 409, 200]);
    expect(whilePaused.body.detail).toMatch(/^REL-\d+ is paused/);
    expect([(await stateOf(id))?.status, onTrack(version)]).toEqual(['COMPLETED', 'completed']);
  });

  it('waits for whoever is at the app, of whatever tenant', async () => {
    const { release, path, version } = await live();
    const lock = storeLock({ provider: 'google-play', appId: PLAY_APP });
    const calls = world.play.calls.length;
    let answer: ReturnType<typeof post> | undefined;

    const before = await world.api.deps.locks.withLock(lock, { ttlMs: 30_000, waitMs: 0 }, async () => {
      answer = post(`${path}/halt`, reason);
      // By then it would have been done, several times over.
      for (let n = 0; n < 20; n += 1) await tenant.call('GET', release.path);
      return [onTrack(version), world.play.calls.length - calls];
    });
    const halted = await answer;

    expect(before).toEqual(['completed', 0]);
    expect([halted?.status, onTrack(version)]).toEqual([200, 'halted']);
  });

  it('that somebody else has changed meanwhile is told so, and asking again finds it done', async () => {
    const { path, id, version } = await live();
    let changed: Promise<unknown> | undefined;
    const match = ({ path: called }: { path: string }) => {
      if (called.includes('/tracks/')) changed ??= world.api.db.run('UPDATE rollouts SET version = version + 1 WHERE id = ?', [id]);
      return called.endsWith(':commit');
    };
    world.play.failNext({ mode: 'pass', delayMs: 50, match });

    const answer = await post(`${path}/halt`, reason);
    await changed;
    const between = await stateOf(id);
    const again = await post(`${path}/halt`, reason);

    expect([answer.status, again.status], answer.text).toEqual([409, 200]);
    expect(answer.body.detail).toContain('try again');
    expect([between?.status, onTrack(version), (await stateOf(id))?.status]).toEqual(['COMPLETED', 'halted', 'PAUSED']);
  });

  it('of a release that was called off is let be', async () => {
    const { release, path, id } = await live({ run: 'IN_PROGRESS' });
    await tenant.call('POST', `${release.path}/archive`, { body: reason });

    expect((await post(`${path}/halt`, reason)).status).toBe(409);
    expect((await stateOf(id))?.status).toBe('COMPLETED');
  });

  it('needs a reason, the permission to pause, the tenant and the release', async () => {
    const { id, path } = await live();
    const [contributor, other, own] = [await tenant.person('contributor'), await world.tenant(), await tenant.toStores()];

    expect((await post(`${path}/halt`, {})).status).toBe(422);
    expect((await post(`${path}/halt`, reason, contributor.token)).status).toBe(403);
    expect((await post(`${own.path}/rollouts/${id}/halt`, reason)).status).toBe(404);
    expect((await other.call('POST', `${path}/halt`, { body: reason })).status).toBe(404);
    expect((await stateOf(id))?.status).toBe('COMPLETED');
  });
});

describe('what is on its way and has no task any more', () => {
  it('is halted at the store and goes on from there', async () => {
    const { path, version } = await live({ run: 'IN_PROGRESS', rollout: { status: 'PROGRESSING', step: 2, fraction: 0.1 } });
    const [own] = world.playApp.releases().filter(({ name }) => name === version);
    Object.assign(own ?? {}, { status: 'inProgress', userFraction: 0.1 });

    const halted = await post(`${path}/halt`, reason);
    const resumed = await post(`${path}/resume`);

    expect(halted.body, halted.text).toMatchObject({ status: 'PAUSED', wanted: 'HALT', fraction: 0.1 });
    expect(resumed.body).toMatchObject({ status: 'PROGRESSING', wanted: 'RUN', fraction: 0.1, nextStepAt: null });
    expect(world.playApp.releases().find(({ name }) => name === version)).toMatchObject({ status: 'inProgress', userFraction: 0.1 });
  });
});
