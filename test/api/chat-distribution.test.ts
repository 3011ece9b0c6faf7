import { ulid } from 'ulid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { approveDistribution } from '../../src/workers/tasks/approve-distribution.ts';
import { createSlackFake, type FakeMessage, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ChatWorld, chatWorld, labels } from './chat-world.ts';
import { gateLooker } from './gate-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** The gate before the stores, asked and answered in a chat. */

let api: ApiHarness;
let slack: SlackFake;
let world: ChatWorld;
let releaseConfigId: string;
let buildNumber = '42';
let major = 0;
let look: (gateId: string) => Promise<string>;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await chatWorld(api, slack);
  look = gateLooker(api, approveDistribution, {
    storeBuilds: { find: async () => ({ id: 'b', version: '1.0.0', buildNumber, uploadedAt: null, state: { kind: 'ready' } }) },
  });
  const [integrationId, storeConfigId] = [ulid(), ulid()];
  await api.db.run(
    `INSERT INTO tenant_store_integrations (id, tenant_id, provider, display_name, base_url, settings, credentials, verification_status,
       created_by_account_id) VALUES (?)`,
    [[integrationId, world.tenantId, 'google-play', 'Play', 'https://provider.example', '{}', 'sealed', 'VALID', ulid()]],
  );
  await api.db.run('INSERT INTO store_configs (id, tenant_id, integration_id, name, target, app_id, track, upload_by) VALUES (?)', [
    [storeConfigId, world.tenantId, integrationId, 'Shop', 'PLAY_STORE', 'com.example.shop', 'production', 'CI'],
  ]);
  releaseConfigId = await world.config({
    stores: [{ target: 'PLAY_STORE', storeConfigId, rolloutPlan: { kind: 'immediate' } }],
    gates: {
      ...{ preReleaseApproval: 'manual', quorum: 1, allowSelfApproval: false, distributionApproval: 'manual' },
      ...{ preRelease: plainRules, distribution: plainRules },
    },
  });
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});

type Task = { id: string; type: string; status: string; possible: string[] };
const tasksOf = async (id: string): Promise<Task[]> => (await world.call('GET', `/${id}/tasks`)).body.items;

/** Does by hand whatever comes before the gate before the stores. */
async function untilDistribution(): Promise<{ id: string; gateId: string }> {
  major += 1;
  const { id } = await world.atGate({
    ...{ releaseConfigId, platformTargets: [{ platform: 'ANDROID', target: 'PLAY_STORE', version: `${major}.0.0` }], type: 'MAJOR' },
  });
  await api.db.run('UPDATE regression_cycles SET rc_tag = ?, rc_commit = ? WHERE release_id = ?', [`v${major}.0.0-rc.1`, 'c0ffee', id]);
  for (;;) {
    const task = (await tasksOf(id)).find(({ type, possible }) => type !== 'APPROVE_DISTRIBUTION' && possible.includes('complete'));
    if (task === undefined) break;
    await world.call('POST', `/${id}/tasks/${task.id}/complete`, { body: { reason: 'done by the test', force: true } });
    await world.advance(id);
  }
  const gate = (await tasksOf(id)).find(({ type }) => type === 'APPROVE_DISTRIBUTION');
  if (gate === undefined) throw new Error('there is no gate before the stores');
  return { id, gateId: gate.id };
}

async function shown(id: string): Promise<FakeMessage> {
  const row = await world.row(id, 'PRE_RELEASE_STAGE_APPROVAL_REQUEST');
  await world.send(row);
  const { posted } = await world.row(id, 'PRE_RELEASE_STAGE_APPROVAL_REQUEST');
  const message = world.shown().find(({ ts }) => ts === posted?.[world.channelId]);
  if (message === undefined) throw new Error('nobody was asked');
  return message;
}

it('is opened by a press, and the message says who pressed and loses its buttons', async () => {
  const rita = await world.bind(await world.person('release-manager', 'Rita'));
  const { id, gateId } = await untilDistribution();
  expect(await look(gateId)).toBe('APPROVAL');
  const asked = await shown(id);
  expect(labels(asked)).toEqual(['Approve', 'Reject']);

  await world.press(rita, 'gate.approve', asked);

  expect(await look(gateId)).toBe('COMPLETED');
  expect(world.told(rita)).toEqual(['You approved it: 1 of 1.']);
  const gate = (await world.call('GET', `/${id}/gates/distribution`)).body;
  expect(gate).toMatchObject({
    ...{ state: 'OPENED', subject: { commit: 'c0ffee', builds: [{ name: 'PLAY_STORE', identity: '42' }] } },
    approvals: [{ by: { accountId: rita.accountId }, counts: true }],
  });
  const answered = await shown(id);
  expect(labels(answered)).toEqual([]);
  expect(readable(answered)).toContain('Approved by Rita (1 of 1)');
  await world.advance(id);
  expect((await world.call('GET', `/${id}`)).body.stages.at(-1)).toMatchObject({ key: 'DISTRIBUTION', status: 'IN_PROGRESS' });
});

it('refuses a press about a build that is another one by now, and asks anew with buttons about that', async () => {
  const sam = await world.bind(await world.person('release-manager', 'Sam'));
  const { id, gateId } = await untilDistribution();
  await look(gateId);
  const old = structuredClone(await shown(id));
  buildNumber = '43';
  const looks = [await look(gateId), await look(gateId)];

  const stale = world.workspace.add(world.channelId, { user: world.workspace.botUserId, text: 'x', blocks: old.blocks ?? [] });
  await world.press(sam, 'gate.approve', stale);
  const refused = world.told(sam);
  await world.press(sam, 'gate.approve', await shown(id));

  expect(looks).toEqual(['CALLBACK', 'APPROVAL']);
  expect(refused).toEqual([expect.stringContaining('waits for approval of other builds by now')]);
  expect(await look(gateId)).toBe('COMPLETED');
});
