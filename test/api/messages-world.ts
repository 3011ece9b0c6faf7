import { ulid } from 'ulid';
import { parseJson } from '../../src/db/schema/columns.ts';
import { createOutbox } from '../../src/engine/outbox.ts';
import { createDeliver } from '../../src/services/deliveries/deliver.ts';
import type { ChannelOutcome } from '../../src/services/deliveries/delivery-row.ts';
import { createLivingMessages } from '../../src/services/deliveries/living-message.ts';
import { createFileShares } from '../../src/services/deliveries/share-file.ts';
import { createNotificationService } from '../../src/services/execution/notification-service.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import { type FakeMessage, type FakeWorkspace, readable, type SlackFake } from '../fakes/slack/index.ts';
import type { Answer, ApiHarness } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';

export const leaseMs = 60_000;
export const slackToken = 'xoxb-0123456789-messages';

export interface DeliveryRow {
  id: string;
  type: string;
  status: string;
  fence: number;
  revision: number;
  failure: { kind: string; message: string } | null;
  posted: Record<string, string> | null;
  outcomes: Record<string, ChannelOutcome> | null;
}

/** A tenant whose messages go to a Slack, and whoever delivers them when the test says so. */
export interface MessagesWorld extends ReleaseWorld {
  workspace: FakeWorkspace;
  /** Of the bucket `releases`. */
  channelId: string;
  /** A tenant's path. */
  tenant(method: string, path: string, body?: unknown, token?: string): Promise<Answer>;
  /** Replaces who reads which bucket. */
  setChannels(channels: Record<string, string[]>, threads?: boolean): Promise<void>;
  rows(releaseId: string): Promise<DeliveryRow[]>;
  /** @throws Error when there is none */
  row(releaseId: string, type: string): Promise<DeliveryRow>;
  /** Makes one due and sends it, as a worker would. */
  send(row: Pick<DeliveryRow, 'id'>): Promise<void>;
  /** Sends everything of a release that is still to be sent, once. */
  sendAll(releaseId: string): Promise<void>;
  /** What the app posted there and is there now, oldest first. */
  shown(channelId?: string): FakeMessage[];
  /** The status message as people read it. */
  status(channelId?: string): string;
  remove(message: FakeMessage): void;
}

export async function messagesWorld(api: ApiHarness, slack: SlackFake): Promise<MessagesWorld> {
  const world = await releaseWorld(api);
  const token = `${slackToken}-${ulid()}`;
  const workspace = slack.addWorkspace({ token });
  const channelId = workspace.addChannel({ name: 'releases' }).id;
  const { db, deps } = api;
  const tenant: MessagesWorld['tenant'] = (method, path, body, as = world.owner) =>
    api.request(method, `/api/v1/tenants/${world.tenantId}/${path}`, { token: as, body });
  const connected = await tenant('POST', 'integrations/communication?verify=false', {
    ...{ provider: 'slack', displayName: 'Chat', baseUrl: slack.baseUrl },
    credentials: { botToken: token },
  });
  if (connected.status !== 201) throw new Error(connected.text);
  const setChannels: MessagesWorld['setChannels'] = async (channels, threads = false) => {
    const body = { name: 'Channels', integrationId: connected.body.id, channels, threads };
    const answer = await tenant('PUT', `communication-channels/${world.ids.comms}`, body);
    if (answer.status !== 200) throw new Error(answer.text);
  };
  await setChannels({ releases: [channelId], critical: [channelId], regression: [channelId], builds: [channelId] });

  const stop = new AbortController();
  const deliver = createDeliver({
    db,
    outbox: createOutbox({ db, table: 'deliveries', owner: 'worker', leaseMs, backoff: { baseMs: 1000, maxMs: 8000 }, maxAttempts: 3 }),
    notifications: createNotificationService(db, deps.connector),
    living: createLivingMessages(db, deps.connector),
    shares: createFileShares(deps),
    releases: createReleaseSource(db),
    metrics: deps.metrics,
    leaseMs,
    signal: stop.signal,
  });
  const all = workspace.channels;
  const shown = (id = channelId) => all.get(id)?.messages.filter(({ botId }) => botId !== undefined) ?? [];
  const rows = async (releaseId: string) => {
    const found = await db.rows<DeliveryRow>(
      `SELECT id, type, status, fence, revision, failure, posted, outcomes FROM deliveries WHERE tenant_id = ? AND subject_id = ? ORDER BY id`,
      [world.tenantId, releaseId],
    );
    return found.map((row) => ({
      ...row,
      failure: parseJson(row.failure) as DeliveryRow['failure'],
      posted: parseJson(row.posted) as DeliveryRow['posted'],
      outcomes: parseJson(row.outcomes) as DeliveryRow['outcomes'],
    }));
  };
  const send: MessagesWorld['send'] = async ({ id }) => {
    await db.run(`UPDATE deliveries SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ? AND status = 'PENDING'`, [id]);
    const [row] = await db.rows<{ fence: number }>('SELECT fence FROM deliveries WHERE id = ?', [id]);
    await deliver({ id, fence: row?.fence ?? -1 });
  };
  return {
    ...world,
    ...{ workspace, channelId, tenant, setChannels, rows, send, shown },
    async row(releaseId, type) {
      const row = (await rows(releaseId)).find((candidate) => candidate.type === type);
      if (row === undefined) throw new Error(`there is no ${type}`);
      return row;
    },
    async sendAll(releaseId) {
      for (const row of await rows(releaseId)) if (row.status === 'PENDING') await send(row);
    },
    status(id) {
      const [message, ...more] = shown(id).filter(({ text }) => /^REL-\d+: [A-Z_]+(, [A-Z_]+)?$/.test(text));
      if (message === undefined || more.length > 0) throw new Error(`there are ${more.length + 1} status messages`);
      return readable(message);
    },
    remove(message) {
      for (const channel of all.values()) channel.messages = channel.messages.filter((candidate) => candidate !== message);
    },
  };
}
