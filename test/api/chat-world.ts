import { ulid } from 'ulid';
import type { Role } from '../../src/domain/access/permissions.ts';
import { createOutbox } from '../../src/engine/outbox.ts';
import { handleInteraction } from '../../src/services/chat/handle-interaction.ts';
import { createPassOnWebhook } from '../../src/services/webhooks/pass-on.ts';
import { buttons, type FakeMessage, pressRequest, readable, type SlackFake } from '../fakes/slack/index.ts';
import type { Answer, ApiHarness } from './harness.ts';
import { leaseMs, type MessagesWorld, messagesWorld } from './messages-world.ts';

export const signingSecret = 'signing-secret-of-the-app-0123456789';

/** Somebody who has an account here and a person in the workspace, bound to each other or not. */
export interface ChatPerson {
  accountId: string;
  token: string;
  email: string;
  displayName: string;
  personId: string;
}

/** A tenant whose people answer with buttons, and whoever reads what they press when the test says so. */
export interface ChatWorld extends Omit<MessagesWorld, 'person'> {
  /** Of the connection. */
  chatId: string;
  person(role: Role, name: string): Promise<ChatPerson>;
  /** Asks to be bound, as the API's user. */
  ask(person: ChatPerson): Promise<Answer>;
  /** The last message that was sent to the person alone. */
  question(person: Pick<ChatPerson, 'personId'>): FakeMessage;
  /** Binds: asks, and presses. */
  bind(person: ChatPerson): Promise<ChatPerson>;
  /** Sends a press to the API, as Slack does. */
  deliver(by: { personId: string }, actionId: string, message: FakeMessage, now?: Date): Promise<Answer>;
  /** Reads every webhook that came in and was not read yet, as a worker would. */
  read(): Promise<void>;
  /** Delivers and reads. */
  press(by: { personId: string }, actionId: string, message: FakeMessage, now?: Date): Promise<void>;
  /** What the person alone was shown in a channel, oldest first. */
  told(person: { personId: string }, channelId?: string): string[];
  /** The next version: several releases of one config only grow. */
  next(): Record<string, unknown>;
  /** A release whose gate asks, and the message that asks. */
  asked(over?: Record<string, unknown>, rcCommit?: string): Promise<{ id: string; gateId: string; message: () => FakeMessage }>;
}

export async function chatWorld(api: ApiHarness, slack: SlackFake): Promise<ChatWorld> {
  const world = await messagesWorld(api, slack);
  const { db, deps } = api;
  const { workspace, tenantId } = world;
  const chats: { id: string; displayName: string }[] = (await world.tenant('GET', 'integrations/communication')).body.items;
  const chatId = chats.find(({ displayName }) => displayName === 'Chat')?.id ?? '';
  const change = { settings: { approvals: true }, webhookSecret: signingSecret };
  const changed = await world.tenant('PATCH', `integrations/communication/${chatId}`, change);
  if (changed.status !== 200) throw new Error(changed.text);

  const passOn = createPassOnWebhook({
    ...{ db, ring: deps.ring, signal: new AbortController().signal },
    outbox: createOutbox({
      ...{ db, table: 'webhook_events', owner: 'worker', leaseMs, backoff: { baseMs: 1000, maxMs: 8000 }, maxAttempts: 3 },
    }),
    onPress: (press, within) => handleInteraction(deps, press, within),
  });
  let clock = Date.now();
  let minor = 3;
  const channel = (personId: string) => workspace.directChannel(personId);

  const chat: ChatWorld = {
    ...world,
    chatId,
    async person(role, name) {
      const email = `${name.toLowerCase()}-${ulid().toLowerCase()}@example.com`;
      const added = await world.tenant('POST', 'members', { email, displayName: name, role });
      const { accountId } = added.body;
      const token = await api.token(tenantId, role, { accountId });
      return { accountId, token, email, displayName: name, personId: workspace.addPerson({ email, name }).id };
    },
    ask: ({ token }) => world.tenant('POST', 'me/chat-identities', { integrationId: chatId }, token),
    question({ personId }) {
      const message = channel(personId).messages.at(-1);
      if (message === undefined) throw new Error(`nobody wrote to ${personId}`);
      return message;
    },
    async bind(person) {
      const answer = await chat.ask(person);
      if (answer.status !== 201) throw new Error(answer.text);
      await chat.press(person, 'identity.confirm', chat.question(person));
      return person;
    },
    deliver({ personId }, actionId, message, now) {
      const holder = [...workspace.channels.values()].find(({ messages }) => messages.includes(message));
      if (holder === undefined) throw new Error('the message is gone');
      // Two presses are never of the same instant.
      clock = Math.max(clock + 1, Date.now());
      const press = { channelId: holder.id, messageId: message.ts, actionId, personId, signingSecret, now: now ?? new Date(clock) };
      const { headers, rawBody } = pressRequest(workspace, press);
      return api.request('POST', `/api/v1/webhooks/slack/${chatId}`, { body: rawBody, headers });
    },
    async read() {
      const events = await db.rows<{ id: string; fence: number }>(
        `SELECT id, fence FROM webhook_events WHERE tenant_id = ? AND status = 'PENDING' AND run_at <= UTC_TIMESTAMP(3) ORDER BY id`,
        [tenantId],
      );
      for (const event of events) await passOn(event);
    },
    async press(by, actionId, message, now) {
      const answer = await chat.deliver(by, actionId, message, now);
      if (answer.status !== 200) throw new Error(answer.text);
      await chat.read();
    },
    told: ({ personId }, channelId = world.channelId) =>
      (workspace.channels.get(channelId)?.whispers ?? []).filter((each) => each.personId === personId).map(readable),
    next() {
      minor += 1;
      return { platformTargets: [{ platform: 'WEB', target: 'WEB', version: `1.${minor}.0` }] };
    },
    async asked(over = {}, rcCommit = 'c0ffee') {
      const { id, gateId } = await world.atGate({ ...chat.next(), ...over }, rcCommit);
      await db.run(
        `INSERT INTO deliveries (id, tenant_id, subject_id, type, data, dedupe_key, status, run_at)
         VALUES (?, ?, ?, 'REGRESSION_STAGE_APPROVAL_REQUEST', ?, ?, 'PENDING', UTC_TIMESTAMP(3))`,
        [ulid(), tenantId, id, JSON.stringify({ taskId: gateId, cycle: 1 }), `REGRESSION_STAGE_APPROVAL_REQUEST/${gateId}`],
      );
      await world.send(await world.row(id, 'REGRESSION_STAGE_APPROVAL_REQUEST'));
      const posted = await world.row(id, 'REGRESSION_STAGE_APPROVAL_REQUEST');
      const ts = posted.posted?.[world.channelId];
      return {
        ...{ id, gateId },
        message() {
          const message = world.shown().find((each) => each.ts === ts);
          if (message === undefined) throw new Error('nobody was asked');
          return message;
        },
      };
    },
  };
  return chat;
}

export const labels = (message: FakeMessage) => buttons(message).map(({ text }) => text.text);
