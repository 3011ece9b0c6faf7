import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ChatPerson, type ChatWorld, chatWorld, labels } from './chat-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: ChatWorld;
let rita: ChatPerson;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await chatWorld(api, slack);
  rita = await world.bind(await world.person('release-manager', 'Rita'));
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(() => {
  slack.clearFaults();
  for (const channel of world.workspace.channels.values()) {
    channel.whispers = [];
    channel.absent.clear();
  }
});

const words = async (releaseId: string) =>
  (
    (await world.call('GET', `/${releaseId}/approvals`)).body.items as { decision: string; commit: string; by: { displayName: string } }[]
  ).map(({ decision, commit, by }) => `${by.displayName} ${decision} ${commit}`);
const approvalEvents = async (releaseId: string) =>
  (await world.call('GET', `/${releaseId}/history?limit=100`)).body.items.filter(
    (event: { entityType: string }) => event.entityType === 'approval',
  );
const endGate = (gateId: string, status: string) =>
  api.db.run(`UPDATE tasks SET status = ?, wait_reason = NULL, run_at = NULL, fence = fence + 1 WHERE id = ?`, [status, gateId]);

describe('a press that is read again', () => {
  const events = () =>
    api.db.rows<{ id: string; status: string; fence: number; failure: unknown }>(
      'SELECT id, status, fence, failure FROM webhook_events WHERE tenant_id = ? ORDER BY id DESC LIMIT 1',
      [world.tenantId],
    );
  const again = async (change = '') => {
    const [event] = await events();
    await api.db.run(
      `UPDATE webhook_events SET status = 'PENDING', run_at = UTC_TIMESTAMP(3), fence = fence + 1, settled_at = NULL ${change} WHERE id = ?`,
      [event?.id ?? ''],
    );
    await world.read();
  };

  it('since its worker died before the answer, is answered and not carried out again', async () => {
    const { id, gateId, message } = await world.asked();
    slack.failNext({ match: { path: '/api/chat.postEphemeral' }, status: 503 });
    await world.press(rita, 'gate.approve', message());
    const [failed] = await events();
    // By now somebody else's word, and the gate, have moved on.
    await endGate(gateId, 'COMPLETED');

    await again();

    expect(failed?.status).toBe('PENDING');
    expect((await events())[0]?.status).toBe('DONE');
    expect(await approvalEvents(id)).toHaveLength(1);
    expect(world.told(rita)).toHaveLength(1);
    expect(world.told(rita)[0]).not.toContain('COMPLETED');
  });

  it('after it was refused stays refused, whatever is possible by now', async () => {
    const { id, gateId, message } = await world.asked();
    await api.db.run(`UPDATE tasks SET wait_reason = 'CALLBACK' WHERE id = ?`, [gateId]);
    slack.failNext({ match: { path: '/api/chat.postEphemeral' }, status: 503 });
    await world.press(rita, 'gate.approve', message());
    await api.db.run(`UPDATE tasks SET wait_reason = 'APPROVAL' WHERE id = ?`, [gateId]);

    await again();

    expect(await words(id)).toEqual([]);
    expect(world.told(rita)).toEqual([expect.stringContaining('CALLBACK')]);
  });

  it('after a quarter of an hour is not carried out, and says so', async () => {
    const { id, message } = await world.asked();
    await world.deliver(rita, 'gate.approve', message());

    await again(', created_at = created_at - INTERVAL 15 MINUTE');

    expect(await words(id)).toEqual([]);
    expect(world.told(rita)).toEqual([expect.stringContaining('too late')]);
  });

  it('while another worker carries it out, waits for that', async () => {
    const { id, message } = await world.asked();
    await world.deliver(rita, 'gate.approve', message());
    const [event] = await events();
    await api.db.run('INSERT INTO idempotency_keys (tenant_id, account_id, idempotency_key, request_hash) SELECT ?, ?, ?, SHA2(?, 256)', [
      ...[world.tenantId, rita.accountId, `press/${event?.id}`],
      `gate.approve ${JSON.stringify(message().blocks).match(/[0-9A-Z]{26}:[0-9A-Z]{26}:c0ffee/)?.[0]}`,
    ]);

    await world.read();

    expect(await words(id)).toEqual([]);
    expect((await events())[0]).toMatchObject({ status: 'PENDING' });
  });
});

describe('the answer', () => {
  it('reaches somebody alone who is not in the channel', async () => {
    const { message } = await world.asked();
    world.workspace.channels.get(world.channelId)?.absent.add(rita.personId);

    await world.press(rita, 'gate.approve', message());

    expect(readable(world.question(rita))).toBe('You approved it: 1 of 2.');
  });

  it('that cannot be given leaves the word standing, and the event says why', async () => {
    const { id, message } = await world.asked();
    world.workspace.scopes = world.workspace.scopes.filter((scope) => scope !== 'chat:write');

    await world.press(rita, 'gate.approve', message());

    world.workspace.scopes = [...world.workspace.scopes, 'chat:write'];
    expect(await words(id)).toEqual(['Rita APPROVED c0ffee']);
    const { items } = (await world.tenant('GET', 'webhook-events?limit=1')).body;
    expect(items[0]).toMatchObject({ status: 'FAILED', failure: { message: expect.stringContaining('chat:write') } });
  });
});

describe('a failed task', () => {
  it('can be told to run again, by those who may', async () => {
    const release = await world.kickedOff(world.next());
    const [task] = (await world.call('GET', `/${release.id}/tasks`)).body.items;
    await api.db.run(`UPDATE tasks SET status = 'FAILED', failure = '{"kind":"internal","message":"x"}' WHERE id = ?`, [task.id]);
    await api.db.run(
      `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
       VALUES (?, ?, ?, 'TASK_FAILED', ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
      [
        `01JD8Z2M6Y6Q6S7T8V9W0X1Y3${Math.floor(Math.random() * 9)}`,
        ...[world.tenantId, release.id],
        JSON.stringify({ taskId: task.id, taskType: task.type, attempt: 1, failure: { kind: 'internal', message: 'x' } }),
        `TASK_FAILED/${task.id}/1`,
      ],
    );
    await world.send(await world.row(release.id, 'TASK_FAILED'));
    const message = world.shown().at(-1);
    if (message === undefined) throw new Error('nobody was told');
    const vic = await world.bind(await world.person('viewer', 'Vera'));
    const status = async () => (await world.call('GET', `/${release.id}/tasks/${task.id}`)).body.status;

    await world.press(vic, 'task.retry', message);
    const refused = await status();
    await world.press(rita, 'task.retry', message);

    expect(labels(message)).toEqual(['Retry']);
    expect(refused).toBe('FAILED');
    expect(world.told(vic)).toEqual([expect.stringContaining('task:retry')]);
    expect(await status()).toBe('READY');
    expect(world.told(rita)).toEqual(['The task runs again.']);
  });
});
