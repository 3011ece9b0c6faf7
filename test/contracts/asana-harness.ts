import type { AsanaConnection, AsanaSettings } from '../../src/integrations/providers/asana/identity.ts';
import { asana } from '../../src/integrations/providers/asana/index.ts';
import { asanaIssueTracker } from '../../src/integrations/providers/asana/issue-tracker.ts';
import { externalId } from '../../src/integrations/providers/asana/ticket.ts';
import { type AsanaAccount, type AsanaFake, type AsanaNamed, type AsanaProject, createAsanaFake } from '../fakes/asana/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import type { IssueTrackerHarness, IssueTrackerWorld } from './issue-tracker-world.ts';

export const TOKEN = '2/1200000000000/1200000000001:secret-of-the-bot';

export function connectionTo(baseUrl: string, settings: AsanaSettings = {}, token = TOKEN): AsanaConnection {
  const credentials = asana.credentials.parse({ kind: 'token', token }) as AsanaConnection['credentials'];
  return { id: 'con-1', baseUrl, credentials, settings };
}

export function depsOf(options: Parameters<typeof guardedDeps>[2] = {}) {
  return guardedDeps('asana', [], options);
}

export interface AsanaSetup {
  fake: AsanaFake;
  workspace: AsanaNamed;
  bot: AsanaAccount;
  app: AsanaProject;
  web: AsanaProject;
}

export async function asanaSetup(options: Parameters<typeof createAsanaFake>[0] = {}): Promise<AsanaSetup> {
  const fake = await createAsanaFake(options);
  const { world } = fake;
  const workspace = world.addWorkspace('Acme');
  const bot = world.addAccount({ token: TOKEN, name: 'Release Bot', workspaces: [workspace] });
  const sections = ['To do', 'In progress', 'Done', 'Parked'];
  const app = world.addProject({ workspace, name: 'Mobile apps', sections, priorities: ['High', 'Low'] });
  const web = world.addProject({ workspace, name: 'Web shop' });
  return { fake, workspace, bot, app, web };
}

export async function asanaHarness(): Promise<IssueTrackerHarness> {
  const setup = await asanaSetup();
  const { fake, app, web } = setup;
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      asanaIssueTracker(connectionTo(fake.baseUrl, {}, wrongCredentials ? `${TOKEN}-revoked` : TOKEN), depsOf(options)),
    project: app.gid,
    otherProject: web.gid,
    unknown: { ticket: '404404404404', project: '505505505505' },
    type: 'Task',
    statuses: { open: 'To do', inProgress: 'In progress', done: 'Done', withoutCategory: 'Parked', unreachable: 'Archived' },
    world: worldOf(setup),
    server: fake,
    requests: {
      read: { method: 'GET', path: /\/tasks\/\d+$/ },
      search: { method: 'GET', path: /\/tasks\/external(:|%3A)/ },
      create: { method: 'POST', path: /\/tasks$/ },
      move: { method: 'POST', path: /\/addTask$/ },
      comment: { method: 'POST', path: /\/stories$/ },
      link: { method: 'POST', path: /\/attachments$/ },
    },
    pageSizes: { comments: 100, ticketsOfVersion: 100, projects: 100, users: 100 },
    errorBody: (words) => ({ errors: [{ message: words, help: 'https://developers.asana.com/docs/errors' }] }),
    secrets: [TOKEN],
    close: () => fake.close(),
  };
}

function worldOf({ fake: { world }, workspace, app }: AsanaSetup): IssueTrackerWorld {
  return {
    // Asana knows no more of "done" than the box, which people tick when they move a task there.
    setStatus: (key, name) => world.moveTask(key, name, name === 'Done'),
    ticketsWith: (marker) => world.tasks.filter(({ external }) => external?.gid === externalId(app.gid, marker)).map(({ gid }) => gid),
    title: (key) => world.task(key).name,
    delaySearch: () => world.delayLookups(),
    catchUp: () => world.catchUp(),
    answerOnPage: () => undefined,
    comments: (key) =>
      world
        .task(key)
        .stories.filter(({ subtype }) => subtype === 'comment_added')
        .map(({ text }) => text),
    addComment: (key, text) => world.addComment(key, text),
    links: (key) => world.task(key).attachments.map(({ url, name }) => ({ url, title: name })),
    addLink: (key, { url, title }) => world.addAttachment(key, { url, name: title }),
    addTicketOfVersion: ({ project, version, title }) => world.addTask({ project, name: title, tags: [version] }).gid,
    projects: () => world.projects.map(({ gid, name }) => ({ id: gid, name })),
    types: () => [
      { id: 'default_task', name: 'Task' },
      { id: 'milestone', name: 'Milestone' },
      { id: 'approval', name: 'Approval' },
    ],
    statuses: () => [
      { name: 'To do', category: 'open' },
      { name: 'In progress', category: 'in-progress' },
      { name: 'Done', category: 'done' },
      { name: 'Parked', category: 'unknown' },
      { name: 'Completed', category: 'done' },
    ],
    users: () => world.accounts.map(({ gid, name }) => ({ id: gid, name })),
    addProjects(count) {
      for (let index = 0; index < count; index += 1) world.addProject({ workspace, name: `Project ${index}` });
    },
    addUsers(count) {
      for (let index = 0; index < count; index += 1) {
        world.addAccount({ token: `token-of-${index}`, name: `Person ${index}`, workspaces: [workspace] });
      }
    },
  };
}
