import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutbox } from '../../src/engine/outbox.ts';
import { sweepLapsedOutbox } from '../../src/engine/sweep.ts';
import type { ArtifactStore } from '../../src/platform/artifact-store.ts';
import { createDeliver } from '../../src/services/deliveries/deliver.ts';
import { createLivingMessages } from '../../src/services/deliveries/living-message.ts';
import { createFileShares } from '../../src/services/deliveries/share-file.ts';
import { createNotificationService } from '../../src/services/execution/notification-service.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import { createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { certificate, createMailFake, MAIL_HOST, type MailFake } from '../fakes/smtp/index.ts';
import { createReceiverFake, type ReceiverFake } from '../fakes/webhook/index.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { type MessagesWorld, messagesWorld } from './messages-world.ts';
import { nextVersion } from './repository-world.ts';
import { addKeptBuild, addNotes } from './shares-world.ts';

/** Files for those whose provider takes none, and files that take longer than a lease. */

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
const user = { name: 'releases@example.test', password: 'pa55-hunter2-0123' };
const team = 'team@example.test';
const bytes = randomBytes(1_000);
let api: ApiHarness;
let slack: SlackFake;
let receiver: ReceiverFake;
let mail: MailFake;
let world: MessagesWorld;

beforeAll(async () => {
  [api, slack, receiver, mail] = await Promise.all([
    startApi(),
    createSlackFake(),
    createReceiverFake({ secret }),
    createMailFake({ user }),
  ]);
  world = await messagesWorld(api, slack);
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close(), receiver?.close(), mail?.close()]);
});

/** A release whose messages go to another provider than Slack. */
async function releaseWith(connection: object, channelId: string) {
  const connected = await world.tenant('POST', 'integrations/communication?verify=false', {
    ...{ displayName: 'Elsewhere', allowMultiple: true, ...connection },
  });
  expect(connected.status).toBe(201);
  const channels = {
    name: 'Channels',
    integrationId: connected.body.id,
    channels: { builds: [channelId], releases: [channelId] },
    threads: false,
  };
  expect((await world.tenant('PUT', `communication-channels/${world.ids.comms}`, channels)).status).toBe(200);
  const { id } = await world.create(nextVersion().body);
  return { id, buildId: await addKeptBuild(api, world, id, { name: 'app.apk', bytes }) };
}

async function shared(releaseId: string, body: object): Promise<{ id: string }> {
  const answer = await world.call('POST', `/${releaseId}/share`, { body });
  expect(answer.status).toBe(202);
  await world.send(answer.body);
  return answer.body;
}

const follow = async (url: string) => {
  const response = await api.app.request(new URL(url).pathname);
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()), named: response.headers.get('content-disposition') };
};

/** What could open the file for whoever reads it. */
async function traces(id: string, url: string): Promise<string[]> {
  const token = new URL(url).pathname.split('/').at(-1) ?? '';
  const texts = [
    JSON.stringify(await api.db.rows('SELECT * FROM deliveries WHERE id = ?', [id])),
    (await world.tenant('GET', `deliveries/${id}`)).text,
    api.logged(),
  ];
  return texts.filter((text) => text.includes(token));
}

it('a webhook is told of the build with a link that opens it until the instant it names, and nothing else keeps the link', async () => {
  const connection = { provider: 'webhook', baseUrl: receiver.baseUrl, credentials: { signingSecret: secret } };
  const release = await releaseWith(connection, 'default');

  const delivery = await shared(release.id, { what: { buildId: release.buildId }, comment: 'For QA' });

  const [message, ...more] = receiver.messages;
  expect(more).toEqual([]);
  expect(message).toMatchObject({
    channel: 'default',
    key: delivery.id,
    summary: expect.stringContaining('app.apk shared by owner of a test'),
  });
  const fields = message?.sections.flatMap((section) => section.fields) ?? [];
  const url = fields.find(({ label }) => label === 'File')?.url ?? '';
  expect(fields.find(({ label }) => label === 'The link opens it until')?.value).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  const opened = await follow(url);
  expect([opened.status, opened.body.equals(bytes)]).toEqual([200, true]);
  expect(await traces(delivery.id, url)).toEqual([]);
  expect((await world.tenant('GET', `deliveries/${delivery.id}`)).body).toMatchObject({
    ...{ status: 'DONE', shared: { name: 'app.apk' }, channels: [{ channelId: 'default', status: 'POSTED' }] },
  });
});

it('a mail has a link to the notes, as they read by then', async () => {
  const connection = {
    ...{ provider: 'smtp', baseUrl: `smtp://${MAIL_HOST}:${mail.port}`, credentials: { user: user.name, password: user.password } },
    settings: { from: user.name, certificate },
  };
  const release = await releaseWith(connection, team);
  await addNotes(api, world, release.id, { cycle: 1, markdown: '## Fixes' });

  const delivery = await shared(release.id, { what: { notes: 1 } });

  const [letter] = mail.inbox(team);
  const url = [...(letter?.html ?? '').matchAll(/<a href="([^"]*\/artifacts\/[^"]*)">/g)][0]?.[1] ?? '';
  await api.db.run(`UPDATE release_notes SET markdown = '## größer' WHERE release_id = ?`, [release.id]);
  const opened = await follow(url);
  expect([opened.status, opened.body.toString(), opened.named]).toEqual([200, '## größer', expect.stringContaining('-notes-cycle-1.md"')]);
  expect(await traces(delivery.id, url)).toEqual([]);
});

it('a file that takes longer than the lease of its delivery arrives once, and nobody takes the delivery over', async () => {
  await world.setChannels({ builds: [world.channelId] });
  const { id } = await world.create(nextVersion().body);
  const buildId = await addKeptBuild(api, world, id, { name: 'slow.apk', bytes });
  const { body: delivery } = await world.call('POST', `/${id}/share`, { body: { what: { buildId } } });
  const leaseMs = 2_000;
  const outbox = createOutbox({ db: api.db, table: 'deliveries', owner: 'w', leaseMs, backoff: { baseMs: 1, maxMs: 1 }, maxAttempts: 3 });
  const takenBack: number[] = [];
  /** Nothing arrives until the lease that the claim gave is over. */
  async function* slowly(): AsyncGenerator<Uint8Array> {
    const [claimed] = await api.db.rows<{ until: Date }>('SELECT run_at AS until FROM deliveries WHERE id = ?', [delivery.id]);
    for (let isOver = false; !isOver; ) {
      yield new Uint8Array(0);
      const [row] = await api.db.rows<{ passed: number }>('SELECT UTC_TIMESTAMP(3) > ? AS passed', [claimed?.until ?? new Date(0)]);
      isOver = row?.passed === 1;
    }
    takenBack.push(await sweepLapsedOutbox(api.db));
    yield bytes;
  }
  const artifacts: ArtifactStore = {
    ...api.deps.artifacts,
    open: async () => ({ body: ReadableStream.from(slowly()) as ReadableStream<Uint8Array>, sizeBytes: bytes.length }),
  };
  const deliver = createDeliver({
    ...{ db: api.db, outbox, metrics: api.deps.metrics, leaseMs, signal: new AbortController().signal },
    notifications: createNotificationService(api.db, api.deps.connector),
    living: createLivingMessages(api.db, api.deps.connector),
    shares: createFileShares({ ...api.deps, artifacts }),
    releases: createReleaseSource(api.db),
  });

  await deliver({ id: delivery.id, fence: 0 });

  expect(takenBack).toEqual([0]);
  expect((await world.tenant('GET', `deliveries/${delivery.id}`)).body.status).toBe('DONE');
  expect([...world.workspace.files.values()].map((file) => file.bytes?.equals(bytes))).toEqual([true]);
});
