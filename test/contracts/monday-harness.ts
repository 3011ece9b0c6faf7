import { type MondayConnection, type MondaySettings, settingsSchema } from '../../src/integrations/providers/monday/identity.ts';
import { mondayIssueTracker } from '../../src/integrations/providers/monday/issue-tracker.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { FakeRequest } from '../fakes/fake-server.ts';
import { createMondayFake, label, type MondayBoard, type MondayFake, type MondayItem, operationOf } from '../fakes/monday/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import type { IssueTrackerHarness } from './issue-tracker.contract.ts';

export const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.secret-token-of-monday.0123456789';
const MARKER = 'signalbox_marker';

export function connectionTo(baseUrl: string, settings: MondaySettings = {}, token = TOKEN): MondayConnection {
  return { id: 'con-1', baseUrl, credentials: { apiToken: new Secret(token) }, settings: settingsSchema.parse(settings) };
}

export const depsOf = (options: { signal?: AbortSignal; timeoutMs?: number } = {}) => guardedDeps('monday', [], options);

export const operation = (name: string) => (request: Pick<FakeRequest, 'body'>) => operationOf(request).name === name;

/** An account with a bot and a board that has every column Signalbox knows a use for. */
export async function seeded() {
  const fake = await createMondayFake();
  const bot = fake.world.addUser({ name: 'Release Bot', token: TOKEN });
  const board = fake.world.addBoard({
    name: 'Releases',
    subscribers: [bot],
    groups: [
      { id: 'topics', title: 'Releases' },
      { id: 'group_hotfixes', title: 'Hotfixes' },
    ],
    columns: [
      { id: 'name', title: 'Name', type: 'name' },
      { id: 'people', title: 'Owner', type: 'people' },
      { id: 'priority', title: 'Priority', type: 'status', labels: [label(0, 'High'), label(1, 'Low')] },
      {
        id: 'status',
        title: 'Status',
        type: 'status',
        labels: [
          label(0, 'Working on it'),
          label(1, 'Done', { is_done: true }),
          label(2, 'Stuck'),
          label(3, 'Archived', { is_deactivated: true }),
          label(4, ''),
          label(5, 'To do'),
        ],
      },
      { id: 'tags', title: 'Tags', type: 'tags' },
      { id: 'long_text', title: 'Description', type: 'long_text' },
      { id: 'dropdown', title: 'Areas', type: 'dropdown' },
    ],
  });
  return { fake, bot, board, somebody: fake.world.addUser({ name: 'Somebody' }) };
}

export const markedWith = (fake: MondayFake, marker: string): string[] =>
  itemsOf(fake)
    .filter((item) => item.values.get(MARKER) === marker)
    .map(({ id }) => id);

export const itemsOf = (fake: MondayFake): MondayItem[] => fake.world.boards().flatMap((board) => board.items);

export function addItemOfVersion(fake: MondayFake, board: MondayBoard, ticket: { version: string; title: string }): string {
  const tag = fake.world.tagNamed(ticket.version, board);
  return fake.world.addItem({ board, name: ticket.title, values: new Map([['tags', [Number(tag.id)]]]) }).id;
}

/** As people read it. */
export const textOf = (body: string): string =>
  body
    .replace(/<br>|<\/p>/g, '\n')
    .replace(/<[^>]+>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');

const ANCHOR = /^<p><a href="([^"]*)"[^>]*>([^<]*)<\/a><\/p>$/;

export async function mondayHarness(): Promise<IssueTrackerHarness> {
  const { fake, bot, board, somebody } = await seeded();
  const otherBoard = fake.world.addBoard({ name: 'Website', columns: [{ id: 'tags', title: 'Tags', type: 'tags' }] });
  fake.world.addBoard({ name: 'Subitems of Releases', type: 'sub_items_board' });
  fake.world.addUser({ name: 'Guest', kind: 'GUEST' });
  const { world } = fake;
  const updates = (key: string) => world.item(key).updates.map(({ body }) => body);
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      mondayIssueTracker(connectionTo(fake.origin, {}, wrongCredentials ? `${TOKEN}-revoked` : TOKEN), depsOf(options)),
    project: board.id,
    otherProject: otherBoard.id,
    type: 'Releases',
    statuses: { open: 'To do', inProgress: 'Working on it', done: 'Done', withoutCategory: 'Stuck', unreachable: 'Archived' },
    unknown: { ticket: '999999999', project: '888888888' },
    world: {
      setStatus: (key, name) => world.setStatus(key, 'status', name),
      ticketsWith: (marker) => markedWith(fake, marker),
      title: (key) => world.item(key).name,
      delaySearch: world.delaySearch,
      catchUp: world.catchUp,
      answerOnPage: (page) => world.setEmptySearchPages(page - 1),
      comments: (key) => updates(key).flatMap((body) => (ANCHOR.test(body) ? [] : [textOf(body)])),
      addComment: (key, text) => void world.addUpdate(world.item(key), somebody, `<p>${text}</p>`),
      links: (key) =>
        updates(key).flatMap((body) => {
          const match = ANCHOR.exec(body);
          return match ? [{ url: textOf(match[1] ?? ''), title: textOf(match[2] ?? '') }] : [];
        }),
      addLink: (key, { url, title }) =>
        void world.addUpdate(world.item(key), somebody, `<p><a href="${url.replaceAll('&', '&amp;')}">${title}</a></p>`),
      addTicketOfVersion: ({ project, ...ticket }) => addItemOfVersion(fake, project === board.id ? board : otherBoard, ticket),
      projects: () =>
        world
          .boards()
          .filter(({ type }) => type === 'board')
          .map(({ id, name }) => ({ id, name })),
      types: () => board.groups.map(({ id, title }) => ({ id, name: title })),
      statuses: () => [
        { name: 'To do', category: 'open' },
        { name: 'Working on it', category: 'in-progress' },
        { name: 'Done', category: 'done' },
        { name: 'Stuck', category: 'unknown' },
      ],
      users: () => [bot, somebody, ...world.users().filter(({ name }) => name.startsWith('User '))].map(({ id, name }) => ({ id, name })),
      addProjects: (count) => void Array.from({ length: count }, (_, index) => world.addBoard({ name: `Board ${index}` })),
      addUsers: (count) => void Array.from({ length: count }, (_, index) => world.addUser({ name: `User ${index}` })),
    },
    server: fake,
    requests: {
      read: operation('Item'),
      search: operation('FindItems'),
      create: operation('CreateItem'),
      move: operation('ChangeValue'),
      comment: operation('CreateUpdate'),
      link: operation('CreateUpdate'),
    },
    pageSizes: { comments: 100, ticketsOfVersion: 100, projects: 100, users: 100 },
    errorBody: (words) => ({ errors: [{ message: words }] }),
    secrets: [TOKEN],
    close: fake.close,
  };
}
