import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getRelease } from '../../src/services/releases/get-release.ts';
import { whyRelease } from '../../src/services/releases/why/why.ts';
import { windowSignals } from '../../src/services/windows/window-signals.ts';
import { countingDatabase } from './counting-database.ts';
import { APPLE_APP, openStores, PLAY_APP, type StoresRelease, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** How far a release has come in its stores, and what people do about it. */

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

const reason = { reason: 'Crashes' };
const post = (path: string, body?: unknown, token = tenant.owner) => tenant.call('POST', path, { body, token });

interface RolloutState {
  wanted: string;
  version: number;
  advance: Date | null;
}

const stateOf = async (id: string): Promise<RolloutState | undefined> =>
  (await world.api.db.rows<RolloutState>('SELECT wanted, version, advance_requested_at AS advance FROM rollouts WHERE id = ?', [id]))[0];
const isDue = async (taskId: string) =>
  (await world.api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM tasks WHERE id = ?', [taskId]))[0]?.due === 1;
const historyOf = (entityId: string) =>
  world.api.db.rows<{ why: string | null; by: string; field: string; before: string | null; after: string }>(
    `SELECT h.why, h.account_id AS \`by\`, i.field, i.value_before AS \`before\`, i.value_after AS \`after\`
     FROM state_history h JOIN state_history_items i ON i.history_id = h.id WHERE h.entity_id = ? ORDER BY h.sequence`,
    [entityId],
  );

async function rolling(over: Parameters<StoresRelease['rollout']>[0] = {}) {
  const release = await tenant.toStores();
  const rollout = await release.rollout(over);
  return { release, ...rollout, path: `${release.path}/rollouts/${rollout.id}` };
}

describe('a rollout', () => {
  it('is listed with its plan, its step, when the next one is due, and what carries it out', async () => {
    const { release, id, taskId } = await rolling();
    await release.rollout({
      target: 'APP_STORE',
      plan: '{"kind":"phased"}',
      status: 'PENDING',
      step: 0,
      step_reached_at: null,
      fraction: 0,
    });

    const { status, body } = await tenant.call('GET', `${release.path}/rollouts`);

    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      { platform: 'IOS', target: 'APP_STORE', status: 'PENDING', nextStepAt: null, plan: { kind: 'phased' } },
      {
        ...{ id, platform: 'ANDROID', target: 'PLAY_STORE', status: 'PROGRESSING', wanted: 'RUN', step: 1, fraction: 0.01 },
        ...{ stepReachedAt: '2026-11-21T11:00:00.000Z', nextStepAt: '2026-11-21T12:00:00.000Z', advanceRequestedAt: null },
        plan: { kind: 'staged', steps: [{ percent: 1, waitMinutes: 60 }, {}, {}] },
        task: { id: taskId, status: 'WAITING' },
      },
    ]);
  });

  it.each([
    ['halted', { wanted: 'HALT' }],
    ['waiting for a person', { status: 'PAUSED', pause_reason: 'step' }],
    ['on its last step', { step: 3 }],
    ['on no step yet', { step_reached_at: null }],
  ])('that is %s has no next step of its own', async (_what, over) => {
    const { release } = await rolling(over);

    expect((await tenant.call('GET', `${release.path}/rollouts`)).body.items[0].nextStepAt).toBeNull();
  });

  it.each([
    ['halt', {}, reason, 'HALT'],
    ['complete', {}, reason, 'COMPLETE'],
    ['resume', { status: 'PAUSED', pause_reason: 'outside', wanted: 'HALT' }, undefined, 'RUN'],
  ])('%s: the wish is written with who and why, and its task is due at once', async (command, over, body, wanted) => {
    const { id, taskId, path } = await rolling({ ...over, advance_requested_at: '2026-11-21 11:00:00.000' });
    const manager = await tenant.person('release-manager');
    world.api.rung.length = 0;

    const answer = await post(`${path}/${command}`, body, manager.token);

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ id, wanted, advanceRequestedAt: null });
    expect(await stateOf(id)).toEqual({ wanted, version: 1, advance: null });
    expect(await historyOf(id)).toEqual([
      { why: body?.reason ?? null, by: manager.accountId, field: 'wanted', before: 'wanted' in over ? over.wanted : 'RUN', after: wanted },
    ]);
    expect(await isDue(taskId)).toBe(true);
    expect(world.api.rung.map((wake) => wake.id)).toContain(taskId);
  });

  it('advances once, however often that is asked for before it has', async () => {
    const { id, taskId, path } = await rolling();

    const first = await post(`${path}/advance`, { reason: 'Looks good' });
    const second = await post(`${path}/advance`);

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(first.body.advanceRequestedAt).toMatch(/Z$/);
    expect(second.body).toEqual(first.body);
    expect(await historyOf(id)).toMatchObject([
      { field: 'advanceRequestedAt', before: null, after: first.body.advanceRequestedAt, why: 'Looks good' },
    ]);
    expect(await isDue(taskId)).toBe(true);
  });

  it('is halted once by two people at the same time', async () => {
    const { id, path } = await rolling();

    const answers = await Promise.all([1, 2, 3, 4].map(() => post(`${path}/halt`, reason)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await historyOf(id)).toHaveLength(1);
    expect(await stateOf(id)).toMatchObject({ wanted: 'HALT', version: 1 });
  });

  it.each([
    ['resume', {}, undefined, 'nothing to resume'],
    ['advance', { wanted: 'HALT' }, undefined, 'resume it first'],
    ['advance', { plan: '{"kind":"phased"}' }, undefined, 'phased'],
    ['complete', { status: 'PAUSED', pause_reason: 'manual', wanted: 'HALT' }, reason, 'resume it first'],
    ['advance', { status: 'COMPLETED' }, undefined, 'everybody has it'],
    ['halt', { status: 'ABORTED' }, reason, 'aborted'],
  ])('does not %s when it is %j, and says why', async (command, over, body, words) => {
    const { id, taskId, path, release } = await rolling(over);

    const answer = await post(`${path}/${command}`, body);

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toMatch(/^The rollout of \d+\.0\.0 to PLAY_STORE /);
    expect(answer.body.detail).toContain(words);
    expect([await historyOf(id), (await stateOf(id))?.version, await isDue(taskId)]).toEqual([[], 0, false]);
    expect(release.id).not.toBe('');
  });

  it('of a release that has ended is let be', async () => {
    const { release, path, id } = await rolling();
    await world.api.db.run(`UPDATE rollouts SET status = 'PENDING' WHERE id = ?`, [id]);
    await tenant.call('POST', `${release.path}/archive`, { body: reason });

    expect((await post(`${path}/halt`, reason)).status).toBe(409);
    expect((await stateOf(id))?.wanted).toBe('RUN');
  });

  it.each(['halt', 'complete'])('needs a reason to %s', async (command) => {
    const { path } = await rolling();

    for (const body of [{}, { reason: ' ' }, { reason: 'x', more: 1 }]) expect((await post(`${path}/${command}`, body)).status).toBe(422);
  });

  it('is halted and resumed by those who may pause releases, moved on by those who may change them', async () => {
    const { path } = await rolling();
    const scoped = (scope: 'release:pause' | 'release:update') => world.api.token(tenant.tenantId, 'owner', { scopes: [scope] });
    const [pauses, updates, viewer] = [await scoped('release:pause'), await scoped('release:update'), await tenant.person('contributor')];
    const statuses = async (token: string) => {
      const commands = [post(`${path}/advance`, undefined, token), post(`${path}/complete`, reason, token)];
      const moved = await Promise.all(commands);
      const held = [await post(`${path}/halt`, reason, token), await post(`${path}/resume`, undefined, token)];
      return [...moved, ...held].map(({ status }) => status);
    };

    expect(await statuses(viewer.token)).toEqual([403, 403, 403, 403]);
    expect(await statuses(pauses)).toEqual([403, 403, 200, 200]);
    expect((await statuses(updates)).slice(2)).toEqual([403, 403]);
  });

  it('of another tenant, of another release, or of no release at all is not there', async () => {
    const { id } = await rolling();
    const [other, own] = [await world.tenant(), await tenant.toStores()];

    for (const command of ['halt', 'resume', 'advance', 'complete']) {
      const body = { body: reason };
      expect((await tenant.call('POST', `${own.path}/rollouts/${id}/${command}`, body)).status).toBe(404);
      expect((await other.call('POST', `${own.path}/rollouts/${id}/${command}`, body)).status).toBe(404);
      expect((await tenant.call('POST', `${own.path}/rollouts/nonsense/${command}`, body)).status).toBe(404);
    }
    expect((await other.call('GET', `${own.path}/rollouts`)).status).toBe(404);
  });
});

describe('a release', () => {
  it('shows of each platform its store, the latest submission and its rollout', async () => {
    const release = await tenant.toStores();
    const before = await tenant.call('GET', release.path);
    await release.submission({ status: 'REJECTED' });
    const submission = await release.submission({ ordinal: 2, status: 'APPROVED' });
    const rollout = await release.rollout();
    await world.api.db.run("UPDATE releases SET submitted_at = '2026-11-21 11:00:00.000' WHERE id = ?", [release.id]);

    const { body } = await tenant.call('GET', release.path);

    expect(before.body.platforms).toMatchObject([
      {
        platform: 'ANDROID',
        store: { storeConfigId: tenant.stores.playConfig, provider: 'google-play', appId: PLAY_APP },
        submission: null,
        rollout: null,
      },
      { platform: 'IOS', store: { provider: 'app-store-connect', appId: APPLE_APP, track: 'production', uploadBy: 'CI' } },
    ]);
    expect(before.body.submittedAt).toBeNull();
    expect(body.submittedAt).toBe('2026-11-21T11:00:00.000Z');
    expect(body.platforms).toHaveLength(2);
    expect(body.platforms[0]).toMatchObject({
      submission: { id: submission.id, ordinal: 2, buildNumber: '140', status: 'APPROVED', submittedAt: '2026-11-21T11:00:00.000Z' },
      rollout: { id: rollout.id, status: 'PROGRESSING', pauseReason: null, wanted: 'RUN', step: 1, fraction: 0.01 },
    });
    expect(body.platforms[1]).toMatchObject({ submission: null, rollout: null });
  });

  it('without a store shows none', async () => {
    const plain = await tenant.create();

    expect((await tenant.call('GET', `/${plain.id}`)).body.platforms).toMatchObject([{ store: null, submission: null, rollout: null }]);
  });

  it('is read in as many queries with submissions and rollouts as without, and so is why it waits', async () => {
    const [bare, full] = [await tenant.toStores(), await tenant.toStores()];
    for (const target of ['PLAY_STORE', 'APP_STORE']) {
      await full.submission({ target, status: 'REJECTED' });
      await full.submission({ target, ordinal: 2 });
      await full.rollout({ target });
    }
    const read = async ({ id }: StoresRelease) => {
      const { db, statements } = countingDatabase(world.api.db);
      const caller = { tenantId: tenant.tenantId, accountId: '', permissions: new Set(['release:read'] as const) };
      await getRelease({ db }, caller, id);
      const detail = statements();
      await whyRelease({ db }, caller, id);
      return [detail, statements() - detail];
    };

    expect([await read(bare), await read(full)]).toEqual([
      [7, 1],
      [7, 1],
    ]);
  });

  it('waits for its store by name, and for releases before it, though it hears of windows, too', async () => {
    const release = await tenant.toStores();
    const rollout = await release.rollout({ target: 'APP_STORE', plan: '{"kind":"phased"}' });
    const submission = await release.submission();
    const hears = [
      [tenant.stores.apple, 'app'] as const,
      ...windowSignals(tenant.tenantId).map(({ integrationId, key }) => [integrationId, key]),
    ];
    for (const [integrationId, key] of hears) {
      await world.api.db.run('INSERT INTO task_signals (integration_id, signal_key, task_id) VALUES (?)', [
        [integrationId, key, rollout.taskId],
      ]);
    }
    await world.api.db.run(`UPDATE tasks SET wait_reason = 'TURN', output = ? WHERE id = ?`, [
      JSON.stringify({ blockedBy: [{ id: release.id, displayId: 'REL-77' }] }),
      submission.taskId,
    ]);

    const { items } = (await tenant.call('GET', `${release.path}/why`)).body;
    const itemOf = (id: string) => items.find((item: { id: string }) => item.id === id);

    expect(itemOf(rollout.taskId)).toMatchObject({ on: 'provider', owner: { provider: 'app-store-connect' } });
    expect(itemOf(submission.taskId).sentence).toContain("waits for REL-77 to leave the store's review");
  });

  it('waits for its stores in words: the review, the step, and who halted it and why', async () => {
    const release = await tenant.toStores();
    await release.submission({ target: 'APP_STORE' });
    const rollout = await release.rollout();
    const sentences = async () =>
      (await tenant.call('GET', `${release.path}/why`)).body.items.map((item: { sentence: string }) => item.sentence).join('\n');

    const going = await sentences();
    await post(`${release.path}/rollouts/${rollout.id}/halt`, reason);
    await world.api.db.run(`UPDATE rollouts SET status = 'PAUSED', pause_reason = 'manual' WHERE id = ?`, [rollout.id]);
    await world.api.db.run(`UPDATE tasks SET wait_reason = 'HALTED' WHERE id = ?`, [rollout.taskId]);
    const halted = await sentences();
    const first = (await tenant.call('GET', `${release.path}/why`)).body.items[0];

    expect(going).toMatch(/waits for the review of \d+\.0\.0 by APP_STORE, in review since 2026-11-21T11:00:00.000Z/);
    expect(going).toContain('is on step 1 of 3 at 1 % of the users until 2026-11-21T12:00:00.000Z.');
    expect(halted).toContain('is halted at 1 % of the users by owner of a test: Crashes.');
    expect(first).toMatchObject({ what: 'ROLL_OUT', on: 'person', remedy: expect.stringContaining('Resume the rollout') });
  });
});
