import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { type Answer, type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld, slackToken } from './messages-world.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;
let second: string;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  slack.clearFaults();
  world = await messagesWorld(api, slack);
  second = world.workspace.addChannel({ name: 'second' }).id;
});

/** A release that was paused: RELEASE_PAUSED goes to the bucket `critical`. */
async function paused(version = '1.4.0'): Promise<{ id: string }> {
  const release = await world.create({ platformTargets: [{ platform: 'WEB', target: 'WEB', version }] });
  const answer = await world.call('POST', `/${release.id}/pause`, { body: { reason: 'Lunch' } });
  expect(answer.status).toBe(200);
  return release;
}
const channel = (id: string) => {
  const found = world.workspace.channels.get(id);
  if (found === undefined) throw new Error(`no channel ${id}`);
  return found;
};
const told = (id: string) => world.shown(id).filter(({ text }) => text.includes('paused by'));
const read = async (id: string) => (await world.tenant('GET', `deliveries/${id}`)).body;
const replay = (id: string, body?: object, token?: string) => world.tenant('POST', `deliveries/${id}/replay`, body ?? '', token);

describe('a delivery to several channels', () => {
  it('reaches those that take it when one does not, and is FAILED with the one that did not and what to do', async () => {
    await world.setChannels({ critical: [world.channelId, second] });
    channel(world.channelId).isMember = false;
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');

    await world.send({ id });

    expect(told(second)).toHaveLength(1);
    expect(told(world.channelId)).toHaveLength(0);
    const detail = await read(id);
    expect(detail).toMatchObject({ status: 'FAILED', nextAttemptAt: null, failure: { kind: 'forbidden' } });
    expect(detail.failure.message).toMatch(new RegExp(`^1 of 2 channels do not have it\\. ${world.channelId}: .*not_in_channel`));
    expect(detail.channels).toEqual([
      expect.objectContaining({ channelId: world.channelId, status: 'FAILED', messageId: null }),
      expect.objectContaining({ channelId: second, status: 'POSTED', url: expect.stringContaining(`archives/${second}/p`), failure: null }),
    ]);
    expect(detail.channels[0].failure.remedy).toMatch(/access to the channel, then replay/);
    expect(detail.attempts).toEqual([
      expect.objectContaining({ channels: [{ channelId: world.channelId, failure: expect.objectContaining({ kind: 'forbidden' }) }] }),
    ]);
  });

  it('goes to the missing channel alone once it is replayed', async () => {
    await world.setChannels({ critical: [world.channelId, second] });
    channel(world.channelId).isMember = false;
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });
    channel(world.channelId).isMember = true;

    const answer = await replay(id);
    await world.send({ id });

    expect(answer.status).toBe(202);
    expect([told(world.channelId).length, told(second).length]).toEqual([1, 1]);
    const detail = await read(id);
    expect(detail).toMatchObject({ status: 'DONE', failure: null });
    expect(detail.channels.map(({ status }: { status: string }) => status)).toEqual(['POSTED', 'POSTED']);
  });

  it('is tried again where it may heal, asks nobody twice who said no for good, and still tells of them', async () => {
    const third = world.workspace.addChannel({ name: 'third' }).id;
    await world.setChannels({ critical: [world.channelId, second, third] });
    channel(world.channelId).isMember = false;
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    slack.failNext({ match: ({ rawBody, path }) => rawBody.includes(second) && path.endsWith('chat.postMessage'), status: 503 });
    await world.send({ id });
    const between = await read(id);
    const asked = slack.calls.length;

    await world.send({ id });

    expect(between).toMatchObject({ status: 'PENDING', failure: { kind: 'unavailable' } });
    expect(between.failure.message).toContain('2 of 3');
    expect([told(second).length, told(third).length]).toEqual([1, 1]);
    const posts = slack.calls.slice(asked).filter(({ path }) => path.endsWith('chat.postMessage'));
    expect(posts).toHaveLength(1);
    expect(slack.calls.slice(asked).filter(({ body }) => JSON.stringify(body ?? '').includes(world.channelId))).toEqual([]);
    const detail = await read(id);
    expect(detail).toMatchObject({ status: 'FAILED', failure: { kind: 'forbidden' } });
    expect(detail.attempts).toHaveLength(2);
  });

  it('is posted once in each when the process dies between a post and the row that says so', async () => {
    await world.setChannels({ critical: [world.channelId, second] });
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });
    await api.db.run(`UPDATE deliveries SET status = 'PENDING', posted = NULL, outcomes = NULL, settled_at = NULL WHERE id = ?`, [id]);

    await world.send({ id });

    expect([told(world.channelId).length, told(second).length]).toEqual([1, 1]);
    expect((await world.row(release.id, 'RELEASE_PAUSED')).status).toBe('DONE');
  });
});

describe('a replay', () => {
  it('that comes twice at once counts once', async () => {
    channel(world.channelId).isMember = false;
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });
    channel(world.channelId).isMember = true;

    const answers = await Promise.all([replay(id), replay(id), replay(id)]);
    await world.send({ id });

    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    expect(told(world.channelId)).toHaveLength(1);
  });

  it('of what every channel has needs `force`, which posts another', async () => {
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });

    const plain = await replay(id);
    const forced = await replay(id, { force: true });
    await world.send({ id });

    expect([plain.status, forced.status]).toEqual([409, 202]);
    expect(plain.body.detail).toContain('force');
    expect(told(world.channelId)).toHaveLength(2);
    expect(new Set(told(world.channelId).map(({ blocks }) => blocks?.at(-1)?.block_id)).size).toBe(2);
  });

  it('that was forced posts one more and no two, when its own first attempt loses the answer', async () => {
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });
    await replay(id, { force: true });
    slack.failNext({ match: (request) => request.path.endsWith('chat.postMessage'), mode: 'drop-after' });
    await world.send({ id });
    expect((await world.row(release.id, 'RELEASE_PAUSED')).status).toBe('PENDING');

    await world.send({ id });

    expect(told(world.channelId)).toHaveLength(2);
    expect((await world.row(release.id, 'RELEASE_PAUSED')).status).toBe('DONE');
  });

  it('is refused while the message is still to be sent, and recorded with who asked', async () => {
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');

    const early = await replay(id);
    await world.send({ id });
    await replay(id, { force: true });

    expect(early.status).toBe(409);
    const { items } = (await world.call('GET', `/${release.id}/history`)).body;
    expect(items[0]).toMatchObject({
      why: 'message sent again on purpose',
      by: { displayName: expect.any(String) },
      items: [{ field: 'delivery:RELEASE_PAUSED', before: 'DONE', after: 'PENDING' }],
    });
  });

  it('needs the right to change releases, and finds nothing of another tenant or another release', async () => {
    const release = await paused();
    const other = await paused('1.5.0');
    const stranger = await messagesWorld(api, slack);
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });
    const { token } = await world.person('viewer');

    expect((await replay(id, { force: true }, token)).status).toBe(403);
    expect((await stranger.tenant('POST', `deliveries/${id}/replay`, { force: true })).status).toBe(404);
    expect((await stranger.tenant('GET', `deliveries/${id}`)).status).toBe(404);
    expect((await world.call('POST', `/${other.id}/deliveries/${id}/replay`, { body: { force: true } })).status).toBe(404);
    expect((await world.call('GET', `/${other.id}/deliveries/${id}`)).status).toBe(404);
    expect((await world.call('GET', `/${release.id}/deliveries/${id}`)).status).toBe(200);
    expect((await world.call('POST', `/${release.id}/deliveries/${id}/replay`, { body: { force: true } })).status).toBe(202);
  });
});

describe('the list of deliveries', () => {
  it('goes through all of a tenant or of a release, newest first, page by page, by status and type', async () => {
    const [first, other] = [await paused(), await paused('1.5.0')];
    await world.send(await world.row(first.id, 'RELEASE_PAUSED'));
    const types = async (path: string) => {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page: Answer['body'] = (await world.tenant('GET', `deliveries?limit=1${path}${cursor === '' ? '' : `&cursor=${cursor}`}`))
          .body;
        seen.push(...page.items.map((item: { type: string; releaseId: string }) => `${item.type} ${item.releaseId === first.id ? 1 : 2}`));
        cursor = page.nextCursor;
      }
      return seen;
    };

    expect(await types('')).toEqual(['RELEASE_PAUSED 2', 'RELEASE_STATUS 2', 'RELEASE_PAUSED 1', 'RELEASE_STATUS 1']);
    expect(await types('&status=DONE')).toEqual(['RELEASE_PAUSED 1']);
    expect(await types('&type=RELEASE_STATUS')).toEqual(['RELEASE_STATUS 2', 'RELEASE_STATUS 1']);
    expect(await types('&type=RELEASE_STATUS&status=DONE')).toEqual([]);
    const { items } = (await world.call('GET', `/${other.id}/deliveries?type=RELEASE_PAUSED`)).body;
    expect(items.map((item: { releaseId: string }) => item.releaseId)).toEqual([other.id]);
  });

  it('refuses a type and a status that do not exist, and knows no release of another tenant', async () => {
    const release = await world.create();
    const stranger = await messagesWorld(api, slack);

    expect((await world.tenant('GET', 'deliveries?status=LOST')).status).toBe(422);
    expect((await world.tenant('GET', 'deliveries?type=GOSSIP')).status).toBe(422);
    expect((await stranger.call('GET', `/${release.id}/deliveries`)).status).toBe(404);
  });

  it('says why a message goes nowhere', async () => {
    await world.setChannels({ releases: [world.channelId] });
    const release = await paused();
    await world.send(await world.row(release.id, 'RELEASE_PAUSED'));

    const { items } = (await world.call('GET', `/${release.id}/deliveries?status=SKIPPED`)).body;

    expect(items).toEqual([
      expect.objectContaining({
        type: 'RELEASE_PAUSED',
        skippedBecause: 'the channel config names no channel for critical',
        failure: null,
      }),
    ]);
  });

  it('holds no secret, not even of a connection that does not work', async () => {
    world.workspace.tokenTrouble = 'token_revoked';
    const release = await paused();
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });

    const texts = [await world.tenant('GET', `deliveries/${id}`), await world.tenant('GET', 'deliveries')].map(({ text }) => text);
    const stored = await api.db.rows('SELECT * FROM deliveries WHERE id = ?', [id]);

    expect(texts[0]).toContain('unauthorized');
    expect(texts[0]).toContain('renew the credentials of the connection');
    expect([...texts, JSON.stringify(stored), api.logged()].filter((text) => text.includes(slackToken))).toEqual([]);
  });
});
