import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { label, type MondayFake, type MondayItem } from '../../test/fakes/monday/index.ts';
import { UnansweredAddress } from '../unanswered-address.ts';
import type { WebhookTarget } from '../webhooks.ts';
import { olderTickets, type TrackerHost, type TrackerTeam } from './tracker.ts';

const states = { open: 'To do', started: 'Working on it', done: 'Done' };
/** monday's own numbers; an item that nobody has touched shows the label with number 5. */
const UNTOUCHED = 5;
const labels = [label(0, states.started), label(1, states.done, { is_done: true }), label(2, 'Stuck'), label(UNTOUCHED, states.open)];

const QUESTION_TIMEOUT_MS = 10_000;
const TOKEN_SECONDS = 300;

/** A board that only the team sees. monday signs the webhooks of apps alone, which people set up: Signalbox cannot. */
export function addMondayBoard(fake: MondayFake, { name, owner, webhooks }: TrackerTeam): TrackerHost {
  const { world } = fake;
  const apiToken = `monday-sandbox-${owner}`;
  const bot = world.addUser({ name: `${name} release bot`, token: apiToken });
  const board = world.addBoard({
    name: `${name} shop`,
    kind: 'private',
    subscribers: [bot],
    groups: [{ id: 'topics', title: 'Releases' }],
    columns: [
      { id: 'name', title: 'Name', type: 'name' },
      { id: 'status', title: 'Status', type: 'status', labels },
      { id: 'tags', title: 'Tags', type: 'tags' },
      { id: 'long_text', title: 'Description', type: 'long_text' },
    ],
  });
  for (const { title, state } of olderTickets) {
    world.setStatus(world.addItem({ board, name: title }).id, 'status', states[state]);
  }
  let hooks: readonly (WebhookTarget & { subscriptionId: number })[] = [];
  return {
    access: {
      ...{ origin: fake.origin, provider: 'monday', displayName: 'Sandbox monday', baseUrl: fake.origin },
      credentials: { apiToken },
      settings: { boardId: board.id },
      place: { project: board.id, issueType: 'Releases', completedStatus: states.done },
    },
    states,
    all: () =>
      board.items.map((item) => ({
        ...{ key: item.id, title: item.name, status: labelOf(item).label, labels: tagsOf(item) },
        mark: textOf(item, 'signalbox_marker'),
      })),
    point: async (targets) => {
      await Promise.all(targets.map(({ url }) => demandAnswer(url)));
      hooks = targets.map((target, index) => ({ ...target, subscriptionId: 1 + index }));
    },
    move(key, to) {
      const item = world.item(key);
      const previousValue = { label: labelOf(item) };
      world.setStatus(key, 'status', to);
      const { id: index, label: text } = labelOf(item);
      for (const { url, secret, subscriptionId } of hooks) {
        const deliveryId = randomUUID();
        const event = {
          ...{ userId: Number(bot.id), boardId: Number(board.id), pulseId: Number(key), pulseName: item.name, groupId: item.groupId },
          ...{ columnId: 'status', columnType: 'color', columnTitle: 'Status', value: { label: { index, text } }, previousValue },
          ...{ app: 'monday', type: 'update_column_value', changedAt: Date.now() / 1000, triggerTime: new Date().toISOString() },
          ...{ subscriptionId, triggerUuid: deliveryId.replaceAll('-', '') },
        };
        const headers = { 'content-type': 'application/json', authorization: tokenFor(url, secret) };
        webhooks.send(url, { provider: 'monday', event: event.type, deliveryId }, headers, { event });
      }
    },
  };

  function tagsOf(item: MondayItem): string[] {
    const ids = item.values.get('tags');
    return board.tags.filter(({ id }) => Array.isArray(ids) && ids.includes(Number(id))).map((tag) => tag.name);
  }
}

function labelOf(item: MondayItem): { id: number; label: string } {
  const value = item.values.get('status') ?? UNTOUCHED;
  const found = labels.find(({ id }) => id === value);
  if (found === undefined) throw new Error(`item ${item.id} has the unknown label ${String(value)}`);
  return { id: found.id, label: found.label };
}

function textOf(item: MondayItem, column: string): string | null {
  const value = item.values.get(column);
  return typeof value === 'string' ? value : null;
}

/** What monday asks before it makes a webhook. */
async function demandAnswer(url: string): Promise<void> {
  const challenge = randomBytes(16).toString('base64url');
  const answer = await fetch(url, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ challenge }) },
    signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS),
  });
  const said = z.object({ challenge: z.string() }).safeParse(await answer.json().catch(() => null)).data;
  if (answer.ok && said?.challenge === challenge) return;
  throw new UnansweredAddress(`the address did not answer monday's challenge, but with ${answer.status}`);
}

/** A token under the app's signing secret: who sends, to whom, until when. */
function tokenFor(url: string, secret: string): string {
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { accountId: 12_345, userId: 1, aud: url, iat: now, exp: now + TOKEN_SECONDS };
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
