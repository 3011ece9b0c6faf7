import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutbox } from '../../src/engine/outbox.ts';
import { sweepLapsedOutbox } from '../../src/engine/sweep.ts';
import { createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { leaseMs, type MessagesWorld, messagesWorld } from './messages-world.ts';

let api: ApiHarness;
let slack: SlackFake;
let world: MessagesWorld;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});
beforeEach(async () => {
  slack.clearFaults();
  world = await messagesWorld(api, slack);
});

const STATUS = 'RELEASE_STATUS';
const status = (releaseId: string) => world.row(releaseId, STATUS);
const sendStatus = async (releaseId: string) => world.send(await status(releaseId));
const writes = (from: number) =>
  slack.calls.slice(from).flatMap(({ path }) => (/chat\.(postMessage|update)$/.test(path) ? [path.split('.').at(-1)] : []));
const command = async (releaseId: string, name: string, body: object = {}) => {
  const answer = await world.call('POST', `/${releaseId}/${name}`, { body });
  expect(answer.status, answer.text).toBe(200);
};
/** What was doubtful has come to light, or never will. */
const passDoubt = (releaseId: string) =>
  api.db.run(`UPDATE deliveries SET outcomes = JSON_SET(outcomes, ?, '2020-01-01T00:00:00.000Z') WHERE subject_id = ? AND type = ?`, [
    `$.${world.channelId}.doubt.until`,
    releaseId,
    STATUS,
  ]);

describe('what the status message says last is what is true last', () => {
  const editing = { match: ({ path }: { path: string }) => path.endsWith('chat.update') };
  const posting = { match: ({ path }: { path: string }) => path.endsWith('chat.postMessage') };

  it('though a change comes between reading the state and settling', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    await command(release.id, 'pause', { reason: 'the old one' });
    slack.failNext({ ...editing, mode: 'pass', delayMs: 400 });
    const { id } = await status(release.id);
    const sending = world.send({ id });
    await waitFor(async () => (await status(release.id)).outcomes?.[world.channelId]?.doubt !== undefined, {
      what: 'the edit to be under way',
    });
    await command(release.id, 'resume');

    await sending;

    expect(world.status()).toContain('the old one');
    expect((await status(release.id)).status).toBe('PENDING');
    await sendStatus(release.id);
    expect(world.status()).not.toContain('the old one');
    expect((await status(release.id)).status).toBe('DONE');
  });

  it('though several workers are rung at once: one sends', async () => {
    const release = await world.create();
    const row = await status(release.id);
    const from = slack.calls.length;

    await Promise.all(Array.from({ length: 5 }, () => world.send(row)));

    expect(writes(from)).toEqual(['postMessage']);
    expect(world.status()).toContain('PENDING');
  });

  it('though an edit whose answer was lost may still be carried out: nothing else is said before that is over', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    await command(release.id, 'pause', { reason: 'the old one' });
    slack.failNext({ ...editing, mode: 'drop-before' });
    await sendStatus(release.id);
    await command(release.id, 'resume');
    const from = slack.calls.length;

    await sendStatus(release.id);

    const waiting = await status(release.id);
    expect(writes(from)).toEqual([]);
    expect(waiting).toMatchObject({
      status: 'PENDING',
      failure: { kind: 'unavailable', message: expect.stringContaining('may still be carried out') },
    });
    // The lost one comes late.
    const [message] = world.shown();
    if (message !== undefined) message.text = 'the old one';
    await passDoubt(release.id);
    await sendStatus(release.id);
    expect(world.status()).not.toContain('the old one');
    expect(writes(from)).toEqual(['update']);
  });

  it('though the same was said again in the meantime: an older doubt outlives the newer answer', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    await command(release.id, 'pause', { reason: 'the old one' });
    slack.failNext({ ...editing, mode: 'drop-before' });
    await sendStatus(release.id);
    await sendStatus(release.id);
    expect(world.status()).toContain('the old one');
    await command(release.id, 'resume');
    const from = slack.calls.length;

    await sendStatus(release.id);

    expect(writes(from)).toEqual([]);
    await passDoubt(release.id);
    await sendStatus(release.id);
    expect(world.status()).not.toContain('the old one');
  });

  it('though the process died between the edit and its row: it is edited again, never taken for said', async () => {
    const release = await world.create();
    await sendStatus(release.id);
    const before = await status(release.id);
    await command(release.id, 'pause', { reason: 'told' });
    slack.failNext({ ...editing, mode: 'drop-after' });
    await sendStatus(release.id);
    const from = slack.calls.length;

    await sendStatus(release.id);

    expect(before.outcomes?.[world.channelId]?.digest).toBeDefined();
    expect(writes(from)).toEqual(['update']);
    expect(world.status()).toContain('told');
  });

  it('though the answer to its first post was lost: it is found, and none is posted twice', async () => {
    const release = await world.create();
    slack.failNext({ ...posting, mode: 'drop-after' });
    await sendStatus(release.id);
    expect((await status(release.id)).posted).not.toHaveProperty(world.channelId);
    await command(release.id, 'pause', { reason: 'later' });
    await passDoubt(release.id);

    await sendStatus(release.id);

    expect(world.status()).toContain('later');
    expect((await status(release.id)).status).toBe('DONE');
  });

  it('though its first post may still come: it is not posted again before that is over', async () => {
    const release = await world.create();
    slack.failNext({ ...posting, mode: 'drop-before' });
    await sendStatus(release.id);
    const from = slack.calls.length;

    await sendStatus(release.id);

    expect(writes(from)).toEqual([]);
    await passDoubt(release.id);
    await sendStatus(release.id);
    expect(writes(from)).toEqual(['postMessage']);
    expect(world.status()).toContain('PENDING');
  });

  it('though a worker lost its lease: whoever has the row then writes, the other does not', async () => {
    const release = await world.create();
    const row = await status(release.id);
    const options = { db: api.db, table: 'deliveries' as const, leaseMs, backoff: { baseMs: 1, maxMs: 1 }, maxAttempts: 3 };
    const slow = await createOutbox({ ...options, owner: 'slow' }).claim(row);
    await command(release.id, 'pause', { reason: 'new' });
    await api.db.run('UPDATE deliveries SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [row.id]);
    await sweepLapsedOutbox(api.db);
    await sendStatus(release.id);

    const late = slow === null ? null : await createOutbox({ ...options, owner: 'slow' }).settle(slow, { status: 'DONE' }, row.revision);

    expect(late).toBe('fenced-out');
    expect(world.status()).toContain('new');
    expect((await status(release.id)).status).toBe('DONE');
  });
});

describe('messages of a release whose channels want threads', () => {
  it('hang below its status message; without one they stand alone', async () => {
    await world.setChannels({ releases: [world.channelId], critical: [world.channelId] }, true);
    const release = await world.create();
    await command(release.id, 'pause');
    await world.send(await world.row(release.id, 'RELEASE_PAUSED'));
    await sendStatus(release.id);
    await command(release.id, 'resume');
    await world.send(await world.row(release.id, 'RELEASE_RESUMED'));

    const [alone, head, reply] = world.shown();

    expect(alone).toMatchObject({ text: expect.stringContaining('paused') });
    expect(alone?.threadTs).toBeUndefined();
    expect(reply).toMatchObject({ text: expect.stringContaining('resumed'), threadTs: head?.ts });
  });

  it('are found in the thread when the answer to their post was lost', async () => {
    await world.setChannels({ releases: [world.channelId], critical: [world.channelId] }, true);
    const release = await world.create();
    await sendStatus(release.id);
    await command(release.id, 'pause');
    slack.failNext({ match: ({ path }) => path.endsWith('chat.postMessage'), mode: 'drop-after' });
    const { id } = await world.row(release.id, 'RELEASE_PAUSED');
    await world.send({ id });

    await world.send({ id });

    expect(world.shown().filter(({ text }) => text.includes('paused by'))).toHaveLength(1);
    expect((await world.row(release.id, 'RELEASE_PAUSED')).status).toBe('DONE');
  });
});
