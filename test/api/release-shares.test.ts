import { randomBytes } from 'node:crypto';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callsOf, createSlackFake, type FakeFile, type SlackFake } from '../fakes/slack/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld, slackToken } from './messages-world.ts';
import { historyOf, nextVersion } from './repository-world.ts';
import { addKeptBuild, addNotes } from './shares-world.ts';

/** Files into chats: what a person asks for, what arrives, and what is told of it. */

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;
let second: string;
/** Several pieces of the artifact store. */
const bytes = randomBytes(700_000);
const complete = callsOf('files.completeUploadExternal');

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await messagesWorld(api, slack);
  second = world.workspace.addChannel({ name: 'second' }).id;
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  slack.clearFaults();
  world.workspace.files.clear();
  for (const channel of world.workspace.channels.values()) channel.isMember = true;
  await world.setChannels({ builds: [world.channelId], releases: [second] });
});

async function releaseWithBuild() {
  const { id } = await world.create(nextVersion().body);
  return { id, buildId: await addKeptBuild(api, world, id, { name: 'shop "größe".apk', bytes }) };
}
const share = (releaseId: string, body: unknown, options: { token?: string; headers?: Record<string, string> } = {}) =>
  world.call('POST', `/${releaseId}/share`, { body, ...options });
const shown = (): FakeFile[] => [...world.workspace.files.values()].filter((file) => file.shared !== null);
const read = async (id: string) => (await world.tenant('GET', `deliveries/${id}`)).body;

/** A shared build whose answer was lost in this way. */
async function shareLosing(mode: 'drop-before' | 'drop-after') {
  const { id, buildId } = await releaseWithBuild();
  const { body } = await share(id, { what: { buildId } });
  slack.failNext({ match: complete, mode });
  await world.send(body);
  return body as { id: string };
}

describe('a build that is shared', () => {
  it('arrives as it is where its bucket says, and the delivery tells where and what', async () => {
    const { id, buildId } = await releaseWithBuild();

    const answer = await share(id, { what: { buildId }, comment: 'For <!channel> & QA' });
    const before = world.workspace.files.size;
    await world.send(answer.body);

    expect([answer.status, before]).toEqual([202, 0]);
    const shared = { what: { buildId }, name: 'shop "größe".apk', channelIds: [world.channelId], comment: 'For <!channel> & QA' };
    expect(answer.body).toMatchObject({ type: 'FILE_SHARED', status: 'PENDING', releaseId: id, shared });
    const [file, ...more] = shown();
    expect(more).toEqual([]);
    expect(file?.bytes?.equals(bytes)).toBe(true);
    expect(file).toMatchObject({ name: 'shop "größe".apk', shared: { channelId: world.channelId, threadTs: null } });
    expect(file?.shared?.comment).toMatch(/^REL-\d+: shop "größe"\.apk shared by owner of a test\n\nFor &lt;!channel&gt; &amp; QA\n/);
    expect(file?.shared?.comment).toContain('(700.0 kB)');
    expect(await read(answer.body.id)).toMatchObject({
      ...{ status: 'DONE', shared },
      channels: [{ channelId: world.channelId, status: 'POSTED', messageId: file?.id, url: `https://acme.slack.com/files/${file?.id}` }],
    });
    const listed = (await world.call('GET', `/${id}/deliveries?type=FILE_SHARED`)).body.items;
    expect(listed).toEqual([expect.objectContaining({ id: answer.body.id, shared })]);
    expect((await historyOf(world, id, 'fileShared'))[0]).toMatchObject({
      why: 'For <!channel> & QA',
      items: [{ field: 'fileShared', before: null, after: 'shop "größe".apk', entityId: answer.body.id }],
    });
  });

  it('goes into the thread of its release where people want threads, and beside it where that is gone', async () => {
    await world.setChannels({ builds: [world.channelId], releases: [world.channelId] }, true);
    const { id, buildId } = await releaseWithBuild();
    await world.sendAll(id);
    const status = await world.row(id, 'RELEASE_STATUS');
    await world.send((await share(id, { what: { buildId } })).body);
    const message = world.shown().find(({ ts }) => ts === status.posted?.[world.channelId]);
    if (message === undefined) throw new Error('there is no status message');
    world.remove(message);

    const { body } = await share(id, { what: { buildId } });
    await world.send(body);

    expect(shown().map((file) => file.shared?.threadTs)).toEqual([message.ts, null]);
    expect(await read(body.id)).toMatchObject({ status: 'DONE' });
  });

  it('reaches the channels that take it, is told of each, and goes to the missing one alone when it is replayed', async () => {
    const { id, buildId } = await releaseWithBuild();
    const other = world.workspace.channels.get(second);
    if (other === undefined) throw new Error('there is no second channel');
    other.isMember = false;
    const { body } = await share(id, { what: { buildId }, channels: [second, world.channelId] });
    await world.send(body);
    const failed = await read(body.id);
    other.isMember = true;

    const replayed = await world.tenant('POST', `deliveries/${body.id}/replay`, '');
    await world.send(body);

    expect(failed).toMatchObject({ status: 'FAILED', failure: { kind: 'forbidden', message: expect.stringMatching(/^1 of 2/) } });
    expect(failed.channels.map(({ status }: { status: string }) => status)).toEqual(['POSTED', 'FAILED']);
    expect(replayed.status).toBe(202);
    expect(shown().map((file) => file.shared?.channelId)).toEqual([world.channelId, second]);
    expect((await read(body.id)).status).toBe('DONE');
  });

  it('is shared once more where that is forced', async () => {
    const { id, buildId } = await releaseWithBuild();
    const { body } = await share(id, { what: { buildId } });
    await world.send(body);

    await world.tenant('POST', `deliveries/${body.id}/replay`, { force: true });
    await world.send(body);

    expect(shown()).toHaveLength(2);
  });

  it('is shared once when the answer is lost, or the process dies before it has written it down', async () => {
    const lost = await shareLosing('drop-after');
    const between = await read(lost.id);
    await world.send(lost);
    const after = await read(lost.id);
    const [file] = shown();
    // As it stands when the process dies with the answer in its hands.
    const sharing = { fileId: file?.id, until: new Date(Date.now() + 60_000).toISOString() };
    await api.db.run(
      `UPDATE deliveries SET status = 'PENDING', fence = fence + 1, posted = NULL, outcomes = ?, settled_at = NULL WHERE id = ?`,
      [JSON.stringify({ [world.channelId]: { sharing } }), lost.id],
    );
    await world.send(lost);

    expect([between.status, after.status, (await read(lost.id)).status]).toEqual(['PENDING', 'DONE', 'DONE']);
    expect(shown()).toHaveLength(1);
    expect(after.channels).toMatchObject([{ status: 'POSTED', url: `https://acme.slack.com/files/${file?.id}`, failure: null }]);
  });

  it('is not shared again while the share before may still be carried out, and is once that has passed', async () => {
    const lost = await shareLosing('drop-before');
    await world.send(lost);
    const waiting = await read(lost.id);
    const uploads = world.workspace.files.size;
    await api.db.run(`UPDATE deliveries SET outcomes = JSON_SET(outcomes, '$.${world.channelId}.sharing.until', ?) WHERE id = ?`, [
      new Date(Date.now() - 1_000).toISOString(),
      lost.id,
    ]);

    await world.send(lost);

    expect(waiting).toMatchObject({
      status: 'PENDING',
      failure: { kind: 'unavailable', message: expect.stringContaining('may still be') },
    });
    expect(uploads).toBe(1);
    expect(shown()).toHaveLength(1);
    expect((await read(lost.id)).status).toBe('DONE');
  });

  it('fails in words when its artifact is gone by then', async () => {
    const { id, buildId } = await releaseWithBuild();
    const { body } = await share(id, { what: { buildId } });
    await api.db.run('UPDATE builds SET artifact_key = NULL WHERE id = ?', [buildId]);

    await world.send(body);

    expect(await read(body.id)).toMatchObject({ status: 'FAILED', failure: { message: 'shop "größe".apk is not kept any more.' } });
  });
});

it('notes are shared as Markdown, those of a cycle and the final ones, as they read when they are sent', async () => {
  const { id } = await releaseWithBuild();
  const { displayId } = (await world.call('GET', `/${id}`)).body;
  await addNotes(api, world, id, { cycle: 2, markdown: '## Fixes\n- größer' });
  await addNotes(api, world, id, { cycle: null, markdown: '## All' });

  const ofCycle = await share(id, { what: { notes: 2 } });
  const final = await share(id, { what: { notes: 'final' }, channels: [world.channelId] });
  await api.db.run(`UPDATE release_notes SET markdown = '## Everything' WHERE release_id = ? AND kind = 'final'`, [id]);
  await world.send(ofCycle.body);
  await world.send(final.body);

  expect([ofCycle.body.shared.what, final.body.shared.what]).toEqual([{ notes: 2 }, { notes: 'final' }]);
  expect(shown().map(({ name, bytes: sent, shared }) => [name, sent?.toString(), shared?.channelId])).toEqual([
    [`${displayId}-notes-cycle-2.md`, '## Fixes\n- größer', second],
    [`${displayId}-notes.md`, '## Everything', world.channelId],
  ]);
});

describe('a request to share', () => {
  it('counts once per Idempotency-Key', async () => {
    const { id, buildId } = await releaseWithBuild();
    const headers = { 'idempotency-key': ulid() };

    const answers = [await share(id, { what: { buildId } }, { headers }), await share(id, { what: { buildId } }, { headers })];

    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    expect(answers[1]?.body).toEqual(answers[0]?.body);
    expect((await world.rows(id)).filter(({ type }) => type === 'FILE_SHARED')).toHaveLength(1);
    expect(api.rung.filter((wake) => wake.id === answers[0]?.body.id)).toHaveLength(1);
  });

  it('is refused, field by field, for what is not the release’s or makes no sense', async () => {
    const [{ id, buildId }, other] = [await releaseWithBuild(), await releaseWithBuild()];
    const problems = async (body: unknown) => {
      const { status, body: answer } = await share(id, body);
      return [status, answer.errors?.map(({ field, message }: { field: string; message: string }) => `${field} ${message}`)];
    };

    expect(await problems({ what: { buildId }, channels: [world.channelId, 'C0NOWHERE000'] })).toEqual([
      422,
      ['/channels/1 is no channel of the channel config of the release'],
    ]);
    expect(await problems({ what: { buildId: other.buildId } })).toEqual([422, ['/what/buildId is no build of the release']]);
    expect(await problems({})).toEqual([422, ['/what is required']]);
    expect((await problems({ what: { buildId, notes: 1 } }))[0]).toBe(422);
    expect((await problems({ what: { notes: 0 } }))[0]).toBe(422);
    expect((await problems({ what: { buildId }, channels: 'everybody' }))[0]).toBe(422);
    expect((await problems({ what: { buildId }, channels: [] }))[0]).toBe(422);
    expect((await world.rows(id)).filter(({ type }) => type === 'FILE_SHARED')).toEqual([]);
  });

  it('is refused where there is no file, nobody to read it, or the release is archived', async () => {
    const { id, buildId } = await releaseWithBuild();
    const bare = await addKeptBuild(api, world, id, { name: 'app.apk', bytes: null });
    const details = [
      await share(id, { what: { buildId: bare } }),
      await share(id, { what: { notes: 3 } }),
      await share(id, { what: { notes: 'final' } }),
      await share(id, { what: { buildId }, channels: 'critical' }),
    ];
    const silent = await world.create({ ...nextVersion().body, releaseConfigId: await world.config({ commsConfigId: null }) });
    details.push(await share(silent.id, { what: { notes: 'final' } }));
    await world.call('POST', `/${id}/archive`);
    details.push(await share(id, { what: { buildId } }));

    expect(details.map(({ status, body }) => `${status} ${body.detail}`)).toEqual([
      '409 No artifact of the WEB build is kept here.',
      expect.stringMatching(/^409 REL-\d+ has no notes of cycle 3 yet\.$/),
      expect.stringMatching(/^409 REL-\d+ has no final notes yet\.$/),
      expect.stringMatching(/^409 The channel config of REL-\d+ names no channel for critical\.$/),
      expect.stringMatching(/^409 REL-\d+ has no channels\.$/),
      expect.stringMatching(/^409 REL-\d+ is archived/),
    ]);
  });

  it('needs the right to change releases, and finds no release of another tenant', async () => {
    const { id, buildId } = await releaseWithBuild();
    const [viewer, stranger] = [await world.person('viewer'), await api.tenant('Globex')];

    expect((await share(id, { what: { buildId } }, { token: viewer.token })).status).toBe(403);
    expect((await share(id, { what: { buildId } }, { token: stranger.token })).status).toBe(404);
    const theirs = await api.request('POST', `/api/v1/release-management/tenants/${stranger.tenantId}/releases/${id}/share`, {
      ...{ token: stranger.token, body: { what: { buildId } } },
    });
    expect(theirs.status).toBe(404);
  });
});

it('nothing secret stands in the rows or the log, not even when Slack refuses the app', async () => {
  const { id, buildId } = await releaseWithBuild();
  world.workspace.scopes = world.workspace.scopes.filter((scope) => scope !== 'files:write');
  const { body } = await share(id, { what: { buildId } });
  await world.send(body);
  world.workspace.scopes = [...world.workspace.scopes, 'files:write'];

  const rows = await api.db.rows('SELECT * FROM deliveries WHERE id = ?', [body.id]);
  const detail = await read(body.id);

  expect(detail.failure.message).toContain('the scope files:write');
  expect([JSON.stringify(rows), JSON.stringify(detail), api.logged()].filter((text) => text.includes(slackToken))).toEqual([]);
});
