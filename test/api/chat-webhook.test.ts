import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSlackFake, pressRequest, type SlackFake } from '../fakes/slack/index.ts';
import { type ChatPerson, type ChatWorld, chatWorld, signingSecret } from './chat-world.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** What Slack is answered when somebody presses: at once, and only if it was Slack who asked. */

let api: ApiHarness;
let slack: SlackFake;
let world: ChatWorld;
let rita: ChatPerson;
let gate: Awaited<ReturnType<ChatWorld['asked']>>;

beforeAll(async () => {
  [api, slack] = await Promise.all([startApi(), createSlackFake()]);
  world = await chatWorld(api, slack);
  rita = await world.bind(await world.person('release-manager', 'Rita'));
  gate = await world.asked();
});
afterAll(async () => {
  await Promise.all([api?.close(), slack?.close()]);
});

const requestOf = (now = new Date(), secret = signingSecret) =>
  pressRequest(world.workspace, {
    ...{ channelId: world.channelId, messageId: gate.message().ts, actionId: 'gate.approve', personId: rita.personId },
    ...{ signingSecret: secret, now },
  });
const send = ({ headers, rawBody }: ReturnType<typeof requestOf>) =>
  api.request('POST', `/api/v1/webhooks/slack/${world.chatId}`, { body: rawBody, headers });
const stored = async () => (await api.db.rows('SELECT id FROM webhook_events')).length;

it('is answered 200 and empty, and so is the same press sent again; it is stored once', async () => {
  const before = await stored();
  const request = requestOf();

  const [first, second] = [await send(request), await send(request)];

  expect([first.status, first.text, second.status, second.text]).toEqual([200, '', 200, '']);
  expect(await stored()).toBe(before + 1);
});

it('is answered while the release is locked and no worker runs: it waits for its own row and nothing else', async () => {
  const before = { stored: await stored(), calls: slack.calls.length };
  let answered: Awaited<ReturnType<typeof send>> | undefined;

  await api.db.transact(async (tx) => {
    await tx.rows('SELECT id FROM runs FOR UPDATE');
    await tx.rows('SELECT id FROM releases FOR UPDATE');
    await tx.rows('SELECT id FROM tasks FOR UPDATE');
    await tx.rows('SELECT id FROM chat_identities FOR UPDATE');
    answered = await send(requestOf(new Date(Date.now() - 1_000)));
  });

  expect(answered?.status).toBe(200);
  expect(await stored()).toBe(before.stored + 1);
  expect(slack.calls.length).toBe(before.calls);
});

function altered() {
  const request = requestOf();
  const last = request.rawBody.length - 1;
  request.rawBody[last] = (request.rawBody[last] ?? 0) ^ 1;
  return request;
}

function unsigned() {
  const { headers, rawBody } = requestOf();
  const { 'x-slack-signature': _gone, ...rest } = headers;
  return { headers: rest, rawBody };
}

it.each([
  ['altered by one byte', altered],
  ['signed with another secret', () => requestOf(new Date(), 'another-secret')],
  ['older than five minutes', () => requestOf(new Date(Date.now() - 301_000))],
  ['from the future', () => requestOf(new Date(Date.now() + 301_000))],
  ['without a signature', unsigned],
])('is answered 401 when it is %s, and nothing is stored', async (_what, make) => {
  const before = await stored();

  const answer = await send(make());

  expect(answer.status).toBe(401);
  expect(await stored()).toBe(before);
});
