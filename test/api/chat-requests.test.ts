import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ChatPerson, type ChatWorld, chatWorld, labels } from './chat-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: ChatWorld;
let rita: ChatPerson;
let sam: ChatPerson;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await chatWorld(api, slack);
  rita = await world.bind(await world.person('release-manager', 'Rita'));
  sam = await world.bind(await world.person('release-manager', 'Sam'));
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

const REQUEST = 'REGRESSION_STAGE_APPROVAL_REQUEST';
const refresh = async (releaseId: string) => world.send(await world.row(releaseId, REQUEST));
const endGate = (gateId: string, status: string) =>
  api.db.run(`UPDATE tasks SET status = ?, wait_reason = NULL, run_at = NULL, fence = fence + 1 WHERE id = ?`, [status, gateId]);

describe('a request for approval', () => {
  it('has buttons to approve and to reject, the latter asked for twice', async () => {
    const { message } = await world.asked();

    expect(labels(message())).toEqual(['Approve', 'Reject']);
    expect(JSON.stringify(message().blocks)).toContain('Reject v1.4.0-rc.1?');
    expect(readable(message())).toContain('2 approvals are needed');
  });

  it('has none where nobody would hear a press', async () => {
    const path = `integrations/communication/${world.chatId}`;
    await world.tenant('PATCH', path, { webhookEnabled: false });
    const deaf = await world.asked();
    await world.tenant('PATCH', path, { webhookEnabled: true, settings: { approvals: false } });
    const unwanted = await world.asked();
    await world.tenant('PATCH', path, { settings: { approvals: true } });

    expect([labels(deaf.message()), labels(unwanted.message())]).toEqual([[], []]);
    expect(readable(deaf.message())).toContain('waits for approval');
  });

  it('has none while something else is missing, says so, and has them again afterwards', async () => {
    const { id, gateId, message } = await world.asked();
    await api.db.run(`UPDATE tasks SET wait_reason = 'CALLBACK' WHERE id = ?`, [gateId]);
    await world.call('POST', `/${id}/approvals`, { token: rita.token, body: { decision: 'APPROVED' } });
    await api.db.run(
      `UPDATE deliveries SET status = 'PENDING', run_at = UTC_TIMESTAMP(3), fence = fence + 1 WHERE subject_id = ? AND type = ?`,
      [id, REQUEST],
    );
    await refresh(id);
    const closed = [labels(message()), readable(message())];
    await api.db.run(`UPDATE tasks SET wait_reason = 'APPROVAL' WHERE id = ?`, [gateId]);
    await world.call('POST', `/${id}/approvals`, { token: rita.token, body: { decision: 'APPROVED' } });

    await refresh(id);

    expect(closed).toEqual([[], expect.stringContaining('not open at the moment')]);
    expect(labels(message())).toEqual(['Approve', 'Reject']);
  });

  it('is one message, edited in place: who said what, wherever they said it, and no buttons once it is decided', async () => {
    const { id, gateId, message } = await world.asked();
    const before = world.shown().length;
    await world.press(rita, 'gate.approve', message());
    await refresh(id);
    const after = readable(message());
    await world.call('POST', `/${id}/approvals`, { token: sam.token, body: { decision: 'REJECTED', comment: 'crashes' } });
    await refresh(id);
    const disputed = readable(message());
    await world.call('POST', `/${id}/approvals`, { token: sam.token, body: { decision: 'APPROVED' } });
    await endGate(gateId, 'COMPLETED');

    await refresh(id);

    expect(after).toContain('Approved by Rita (1 of 2)');
    expect(disputed).toMatch(/Approved by Rita \(1 of 2\)\nRejected by Sam$/m);
    expect(readable(message())).toContain('Approved by Sam (2 of 2)');
    expect(readable(message())).toContain('v1.4.0-rc.1 is approved');
    expect(readable(message())).not.toContain('needed to go on');
    expect(labels(message())).toEqual([]);
    expect(world.shown()).toHaveLength(before);
  });

  it.each([
    [
      'skipped',
      (id: string, gateId: string) => world.call('POST', `/${id}/tasks/${gateId}/skip`, { body: { reason: 'r' } }),
      'goes on without approval',
    ],
    ['archived', (id: string) => world.call('DELETE', `/${id}`), 'is not asked about any more'],
  ])('loses its buttons when the release is %s', async (_what, end, said) => {
    const { id, gateId, message } = await world.asked();
    await end(id, gateId);

    await refresh(id);

    expect(labels(message())).toEqual([]);
    expect(readable(message())).toContain(said);
  });

  it('keeps its answers in the words of a tenant', async () => {
    const template = `notification-templates/${REQUEST}`;
    const put = await world.tenant('PUT', template, { headline: 'Please look at {{rcTag}}', body: 'Try it on your own phone.' });
    const { id, message } = await world.asked();
    await world.press(rita, 'gate.approve', message());
    await refresh(id);
    await world.tenant('DELETE', template);

    expect(put.status, put.text).toBeLessThan(300);
    expect(readable(message())).toContain('Try it on your own phone.');
    expect(readable(message())).toContain('Approved by Rita (1 of 2)');
  });
});
