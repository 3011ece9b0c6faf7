import { type ClickupConnection, credentialsSchema } from '../../src/integrations/providers/clickup/identity.ts';
import { clickupIssueTracker } from '../../src/integrations/providers/clickup/issue-tracker.ts';
import { markerTag } from '../../src/integrations/providers/clickup/tags.ts';
import {
  type ClickupFake,
  type ClickupList,
  type ClickupSpace,
  type ClickupTeam,
  type ClickupUser,
  createClickupFake,
} from '../fakes/clickup/index.ts';
import type { FakeRequest } from '../fakes/fake-server.ts';
import { type ConnectOptions, guardedDeps } from './adapter-harness.ts';
import type { IssueTrackerHarness, IssueTrackerWorld } from './issue-tracker-world.ts';

export const TOKEN = 'pk_183_VERYSECRETTOKENOFTHEBOT';

export interface ClickupSetup {
  fake: ClickupFake;
  bot: ClickupUser;
  team: ClickupTeam;
  space: ClickupSpace;
  list: ClickupList;
  otherList: ClickupList;
  connection: ClickupConnection;
  deps: (options?: ConnectOptions) => ReturnType<typeof guardedDeps>;
}

export function connectionTo(origin: string, settings: ClickupConnection['settings'] = {}, token = TOKEN): ClickupConnection {
  return { id: 'con-1', baseUrl: `${origin}/api/v2`, credentials: credentialsSchema.parse({ token }), settings };
}

export async function clickupSetup(): Promise<ClickupSetup> {
  const fake = await createClickupFake({ pageSizes: { tasks: 5, comments: 5 } });
  const { world } = fake;
  const bot = world.addUser({ username: 'Release Bot', token: TOKEN });
  const team = world.addTeam('Acme', [[bot, 3]]);
  team.taskTypes = [{ id: 1300, name: 'Release' }];
  const space = world.addSpace(team, 'Mobile');
  const list = world.addList(space, 'Releases', [
    { status: 'to do', type: 'open' },
    { status: 'in progress', type: 'custom' },
    { status: 'shipped', type: 'done' },
    { status: 'parked', type: 'a group of tomorrow' },
    { status: 'complete', type: 'closed' },
  ]);
  const otherList = world.addList(world.addFolder(space, 'Web'), 'Releases');
  return {
    fake,
    bot,
    team,
    space,
    list,
    otherList,
    connection: connectionTo(fake.origin),
    deps: (options) => guardedDeps('clickup', [], options),
  };
}

export async function clickupHarness(): Promise<IssueTrackerHarness> {
  const setup = await clickupSetup();
  const { fake, list, otherList, deps } = setup;
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      clickupIssueTracker(connectionTo(fake.origin, {}, wrongCredentials ? `${TOKEN}-revoked` : TOKEN), deps(options)),
    project: list.id,
    otherProject: otherList.id,
    unknown: { ticket: '86nosuchtask', project: '90120999999' },
    type: 'Task',
    statuses: { open: 'to do', inProgress: 'in progress', done: 'complete', withoutCategory: 'parked', unreachable: 'archived' },
    world: worldOf(setup),
    server: fake,
    requests: {
      read: { method: 'GET', path: /\/task\/[^/]+$/ },
      search: { method: 'GET', path: /\/list\/\d+\/task$/ },
      create: { method: 'POST', path: /\/list\/\d+\/task$/ },
      move: { method: 'PUT', path: /\/task\/[^/]+$/ },
      comment: (request) => isComment(request) && !endsInAddress(textOf(request)),
      link: (request) => isComment(request) && endsInAddress(textOf(request)),
    },
    pageSizes: { comments: 5, ticketsOfVersion: 5, projects: null, users: null },
    errorBody: (words) => ({ err: words }),
    secrets: [TOKEN],
    close: () => fake.close(),
  };
}

type Sent = Pick<FakeRequest, 'method' | 'path' | 'body'>;
const isComment = ({ method, path }: Sent) => method === 'POST' && path.endsWith('/comment');
const textOf = ({ body }: Sent) => (body as { comment_text: string }).comment_text;
const endsInAddress = (text: string) => /(^|\n)https?:\/\/\S+$/.test(text);

const categories: Readonly<Record<string, 'open' | 'in-progress' | 'done'>> = {
  open: 'open',
  custom: 'in-progress',
  done: 'done',
  closed: 'done',
};

function worldOf({ fake: { world }, team, space, list }: ClickupSetup): IssueTrackerWorld {
  const textsOf = (key: string) => world.task(key).comments.map(({ text }) => text);
  return {
    setStatus: (key, name) => {
      world.task(key).status = name;
    },
    ticketsWith: (marker) => [...world.tasks.values()].filter(({ tags }) => tags.includes(markerTag(marker))).map(({ id }) => id),
    title: (key) => world.task(key).name,
    delaySearch: () => {
      world.index.isLate = true;
    },
    catchUp: () => world.catchUp(),
    answerOnPage: (page) => {
      world.index.emptyPages = page - 1;
    },
    comments: (key) => textsOf(key).filter((text) => !endsInAddress(text)),
    addComment: (key, text) => void world.addComment(world.task(key), text),
    links: (key) =>
      textsOf(key)
        .filter(endsInAddress)
        .map((text) => ({ title: text.split('\n')[0] ?? '', url: text.split('\n').at(-1) ?? '' })),
    addLink: (key, { url, title }) => void world.addComment(world.task(key), `${title}\n${url}`),
    addTicketOfVersion: ({ project, version, title }) => {
      const place = world.lists.get(project);
      if (!place) throw new Error(`no list ${project}`);
      return world.addTask(place, { name: title, tags: [version] }).id;
    },
    projects: () =>
      [...world.lists.values()].map(({ id, name, folder, space: of }) => ({
        id,
        name: [of.name, folder?.name, name].filter(Boolean).join(' / '),
      })),
    types: () => ['Task', 'Milestone', ...team.taskTypes.map(({ name }) => name)].map((name) => ({ id: name, name })),
    statuses: () => list.statuses.map(({ status, type }) => ({ name: status, category: categories[type] ?? 'unknown' })),
    users: () =>
      [...team.members]
        .filter(([id, role]) => role !== 4 || list.members.has(id))
        .map(([id]) => ({ id: String(id), name: world.users.get(id)?.username ?? `user-${id}@example.com` })),
    addProjects(count) {
      for (let index = 0; index < count; index += 1) world.addList(space, `List ${index}`);
    },
    addUsers(count) {
      for (let index = 0; index < count; index += 1) {
        team.members.set(world.addUser({ username: index % 2 === 0 ? `Person ${index}` : null }).id, 3);
        // Of the guests one in two was let into the List.
        const guest = world.addUser({ username: `Guest ${index}` });
        team.members.set(guest.id, 4);
        if (index % 2 === 0) list.members.add(guest.id);
      }
    },
  };
}
