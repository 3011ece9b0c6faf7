import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSlackFake, readable, type SlackFake } from '../fakes/slack/index.ts';
import { type ChatPerson, type ChatWorld, chatWorld } from './chat-world.ts';
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

describe('a press', () => {
  it('counts as the word of the bound account on the candidate shown, and the history says where it was said', async () => {
    const { id, message } = await world.asked();

    await world.press(rita, 'gate.approve', message());

    expect(await words(id)).toEqual(['Rita APPROVED c0ffee']);
    expect(await approvalEvents(id)).toMatchObject([
      {
        by: { accountId: rita.accountId },
        items: expect.arrayContaining([
          { entityId: null, field: 'decision', before: null, after: 'APPROVED' },
          { entityId: null, field: 'via', before: null, after: 'slack' },
        ]),
      },
    ]);
    expect(world.told(rita)).toEqual(['You approved it: 1 of 2.']);
    expect(world.told(sam)).toEqual([]);
  });

  it('twice counts once, and leaves the comment given before', async () => {
    const { id, message } = await world.asked();
    await world.call('POST', `/${id}/approvals`, { token: rita.token, body: { decision: 'APPROVED', comment: 'Tried it.' } });

    await world.press(rita, 'gate.approve', message());
    await world.press(rita, 'gate.approve', message());

    expect(await words(id)).toEqual(['Rita APPROVED c0ffee']);
    expect(await approvalEvents(id)).toHaveLength(1);
    expect((await world.call('GET', `/${id}/approvals`)).body.items[0].comment).toBe('Tried it.');
  });

  it('rejects, and takes back what was said before', async () => {
    const { id, message } = await world.asked();
    await world.press(rita, 'gate.approve', message());

    await world.press(rita, 'gate.reject', message());

    expect(await words(id)).toEqual(['Rita REJECTED c0ffee']);
  });

  it('of a stranger changes nothing, reveals nothing, and is told how to be bound', async () => {
    const { id, message } = await world.asked();
    const eve = await world.person('release-manager', 'Eve');
    const before = readable(message());

    await world.press(eve, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
    const [told = '', ...more] = world.told(eve);
    expect(more).toEqual([]);
    expect(told).toContain(`/api/v1/tenants/${world.tenantId}/me/chat-identities`);
    expect(told).not.toMatch(/REL-|v1\.4\.0|c0ffee/);
    expect(readable(message())).toBe(before);
  });

  it('of somebody whose binding waits to be confirmed is a stranger’s', async () => {
    const { id, message } = await world.asked();
    const eve = await world.person('release-manager', 'Eve');
    await world.ask(eve);

    await world.press(eve, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
  });

  it('of the creator is refused with words, where nobody may approve their own release', async () => {
    const olga = await world.bind(await world.person('owner', 'Olga'));
    const { id, message } = await world.asked();
    await api.db.run('UPDATE releases SET created_by_account_id = ? WHERE id = ?', [olga.accountId, id]);

    await world.press(olga, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
    expect(world.told(olga)).toEqual(['Whoever created the release may not approve it.']);
  });

  it('of somebody whose role may not is refused, at the very next press after the role was changed', async () => {
    const { id, message } = await world.asked();
    const vic = await world.bind(await world.person('release-manager', 'Vic'));
    await world.press(vic, 'gate.approve', message());
    await world.tenant('PATCH', `members/${vic.accountId}`, { role: 'viewer' });

    await world.press(vic, 'gate.reject', message());

    expect(await words(id)).toEqual(['Vic APPROVED c0ffee']);
    expect(world.told(vic).at(-1)).toContain('gate:approve');
  });

  it('of a former member is refused, even where the binding outlived the membership', async () => {
    const { id, message } = await world.asked();
    const vic = await world.bind(await world.person('release-manager', 'Val'));
    await api.db.run('DELETE FROM members WHERE account_id = ?', [vic.accountId]);

    await world.press(vic, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
    expect(world.told(vic)).toEqual([expect.stringContaining('no member')]);
  });

  it('on an older candidate is refused with words, and approves nothing', async () => {
    const { id, gateId, message } = await world.asked();
    await api.db.run(`UPDATE tasks SET output = JSON_SET(output, '$.rcCommit', 'beefbeef') WHERE id = ?`, [gateId]);

    await world.press(rita, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
    expect(world.told(rita)).toEqual([expect.stringContaining('a newer candidate, beefbeef')]);
  });

  it('on another gate of the same commit is refused: each asks for itself', async () => {
    const { id, gateId, message } = await world.asked();
    await api.db.run(`UPDATE tasks SET id = ? WHERE id = ?`, [`${gateId.slice(0, -1)}${gateId.endsWith('Z') ? 'Y' : 'Z'}`, gateId]);

    await world.press(rita, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
    expect(world.told(rita)).toEqual([expect.stringContaining('another gate')]);
  });

  it('on a gate that is decided is refused with its state', async () => {
    const { id, gateId, message } = await world.asked();
    await endGate(gateId, 'COMPLETED');

    await world.press(rita, 'gate.approve', message());

    expect(await words(id)).toEqual([]);
    expect(world.told(rita)).toEqual([expect.stringContaining('COMPLETED')]);
  });

  it('about a release of another tenant is about none', async () => {
    const elsewhere = await chatWorld(api, slack);
    const { id, message } = await elsewhere.asked();
    const copy = world.workspace.add(world.channelId, {
      user: world.workspace.botUserId,
      text: 'x',
      blocks: structuredClone(message().blocks ?? []),
    });

    await world.press(rita, 'gate.approve', copy);

    expect((await elsewhere.call('GET', `/${id}/approvals`)).body.items).toEqual([]);
    expect(world.told(rita)).toEqual(['The release does not exist']);
  });

  it('of a button nobody knows changes nothing', async () => {
    const element = { type: 'button' as const, action_id: 'release.delete', value: 'x', text: { type: 'plain_text', text: 'x' } };
    const message = world.workspace.add(world.channelId, {
      ...{ user: world.workspace.botUserId, text: 'x' },
      blocks: [{ type: 'actions', elements: [element] }],
    });

    await world.press(rita, 'release.delete', message);

    expect(world.told(rita)).toEqual([expect.stringContaining('not known')]);
  });
});
