import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { FrozenConfig, StoreChoice } from '../../src/domain/release/config.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let storeConfigId: string;
let releaseConfigId: string;
let major = 0;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
  const integrationId = ulid();
  storeConfigId = ulid();
  await api.db.run(
    `INSERT INTO tenant_store_integrations (id, tenant_id, provider, display_name, base_url, settings, credentials, verification_status,
       created_by_account_id) VALUES (?)`,
    [[integrationId, world.tenantId, 'google-play', 'Play', 'https://provider.example', '{}', 'sealed', 'VALID', ulid()]],
  );
  await api.db.run(
    'INSERT INTO store_configs (id, tenant_id, integration_id, name, target, app_id, track, upload_by, update_priority) VALUES (?)',
    [[storeConfigId, world.tenantId, integrationId, 'Shop', 'PLAY_STORE', 'com.example.shop', 'production', 'CI', 3]],
  );
  releaseConfigId = await world.config({ stores: [store('PLAY_STORE')] });
});
afterAll(() => api.close());

const store = (target: StoreChoice['target']): StoreChoice => ({ target, storeConfigId, rolloutPlan: { kind: 'immediate' } });

/** One for Play by default, whose builds the test world has workflows for. */
const body = (targets: { platform: string; target: string }[] = [{ platform: 'ANDROID', target: 'PLAY_STORE' }]) => {
  major += 1;
  return { releaseConfigId, type: 'MAJOR', platformTargets: targets.map((target) => ({ ...target, version: `${major}.0.0` })) };
};
const read = async (id: string) => (await world.call('GET', `/${id}`)).body;
const tasksOf = async (id: string): Promise<{ id: string; key: string; type: string; status: string; possible: string[] }[]> =>
  (await world.call('GET', `/${id}/tasks`)).body.items;

async function complete(id: string, isOurs: (type: string) => boolean): Promise<void> {
  for (;;) {
    const task = (await tasksOf(id)).find(({ type, possible }) => isOurs(type) && possible.includes('complete'));
    if (task === undefined) return world.advance(id);
    const done = await world.call('POST', `/${id}/tasks/${task.id}/complete`, { body: { reason: 'done by the test', force: true } });
    if (done.status !== 200) throw new Error(`${task.type} was not completed: ${done.text}`);
  }
}

describe('a release that goes to stores', () => {
  it('keeps a copy of what its store config says, and has the stage', async () => {
    const { id } = await world.create(body());

    const [row] = await api.db.rows<{ config: unknown }>('SELECT config FROM releases WHERE id = ?', [id]);
    const { stores } = parseJson(row?.config) as FrozenConfig;
    expect(stores).toEqual([
      {
        ...{ target: 'PLAY_STORE', storeConfigId, integrationId: expect.any(String), provider: 'google-play', appId: 'com.example.shop' },
        ...{ track: 'production', uploadBy: 'CI', updatePriority: 3, rolloutPlan: { kind: 'immediate' } },
      },
    ]);
    expect((await read(id)).stages.map(({ key }: { key: string }) => key)).toEqual([
      'KICKOFF',
      'REGRESSION',
      'POST_REGRESSION',
      'DISTRIBUTION',
    ]);
  });

  it('has neither store nor stage for targets it does not go out on', async () => {
    const { id } = await world.create(body([{ platform: 'WEB', target: 'WEB' }]));

    expect((await read(id)).stages).toHaveLength(3);
  });

  it('is not created with a store config that is gone, and says which', async () => {
    const gone = await world.config({ stores: [{ ...store('PLAY_STORE'), storeConfigId: ulid() }] });

    const answer = await world.call('POST', '', { body: world.body({ ...body(), releaseConfigId: gone }) });

    expect(answer.status).toBe(422);
    expect(answer.text).toContain('names a store config for PLAY_STORE');
  });

  it('comes to its stores through a gate of its own: asking for distribution approves it, for those who may', async () => {
    const { id } = await world.atGate(body());
    const isWork = (type: string) => type !== 'APPROVE_DISTRIBUTION';
    const early = await world.call('POST', `/${id}/trigger-distribution`);
    await complete(id, (type) => type === 'APPROVE_REGRESSION');
    await complete(id, isWork);
    const gate = (await tasksOf(id)).find(({ type }) => type === 'APPROVE_DISTRIBUTION');
    await api.db.run(
      `UPDATE tasks SET status = 'WAITING', wait_reason = 'APPROVAL', output = '{"rcCommit":"c0ffee"}', run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR
       WHERE id = ?`,
      [gate?.id ?? ''],
    );
    const { token } = await world.person('release-manager');
    const narrow = await api.token(world.tenantId, 'release-manager', { scopes: ['release:update', 'release:read'] });

    const refused = await world.call('POST', `/${id}/trigger-distribution`, { token: narrow });
    const regression = await world.call('POST', `/${id}/trigger-regression`);
    const asked = await world.call('POST', `/${id}/trigger-distribution`, { token, body: { reason: 'Go' } });

    expect([early.status, refused.status, regression.status, asked.status]).toEqual([409, 403, 409, 200]);
    expect(asked.body.gate).toMatchObject({
      ...{ taskId: gate?.id, type: 'APPROVE_DISTRIBUTION' },
      approvals: [{ decision: 'APPROVED', commit: 'c0ffee', comment: 'Go' }],
    });
  });

  it('opens distribution when its gate is passed; then there is nothing left to ask for', async () => {
    const { id } = await world.atGate(body());
    await complete(id, (type) => type === 'APPROVE_REGRESSION');
    await complete(id, (type) => !type.startsWith('SUBMIT'));

    const opened = await read(id);
    const again = await world.call('POST', `/${id}/trigger-distribution`);

    expect(opened.stages.at(-1)).toMatchObject({ key: 'DISTRIBUTION', status: 'IN_PROGRESS' });
    expect((await tasksOf(id)).map(({ key }) => key)).toEqual(
      expect.arrayContaining(['SUBMIT_TO_PLAY_STORE/PLAY_STORE', 'ROLL_OUT/PLAY_STORE', 'COMPLETE_RELEASE']),
    );
    expect(again.status).toBe(409);
  });
});
