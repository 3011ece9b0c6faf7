import type { Choice, TicketStatus } from '../../src/integrations/capabilities/issue-tracker.ts';
import { entityId } from '../../src/integrations/providers/linear/entity-id.ts';
import { credentialsSchema, type LinearConnection } from '../../src/integrations/providers/linear/identity.ts';
import { linearIssueTracker } from '../../src/integrations/providers/linear/issue-tracker.ts';
import { PAGE_SIZE } from '../../src/integrations/providers/linear/pages.ts';
import { createLinearFake, type LinearFake, type LinearTeam, type LinearUser, type LinearWorkspace } from '../fakes/linear/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import type { IssueTrackerHarness, IssueTrackerWorld, RequestMatch } from './issue-tracker-world.ts';

export const API_KEY = 'lin_api_9sX2mQ0pLwZ7vT4yB8nC1kJ6hG3fD5aR';

export function connectionTo(
  baseUrl: string,
  form: { apiKey: string } | { kind: 'oauth'; accessToken: string } = { apiKey: API_KEY },
  settings: LinearConnection['settings'] = {},
): LinearConnection {
  return { id: 'con-1', baseUrl, credentials: credentialsSchema.parse(form), settings };
}

export interface LinearSetup {
  fake: LinearFake;
  workspace: LinearWorkspace;
  bot: LinearUser;
  team: LinearTeam;
  otherTeam: LinearTeam;
}

export async function linearSetup(): Promise<LinearSetup> {
  const fake = await createLinearFake();
  const { world } = fake;
  const workspace = world.addWorkspace('Acme');
  const bot = world.addUser(workspace, { name: 'Release Bot', admin: true, token: { kind: 'api-key', value: API_KEY } });
  const team = world.addTeam(workspace, { key: 'APP', name: 'Mobile app', members: [bot] });
  const otherTeam = world.addTeam(workspace, { key: 'WEB', name: 'Website', members: [bot] });
  world.addLabel(workspace, { name: 'Bug' });
  world.addLabel(workspace, { name: 'Release task', team });
  world.addLabel(workspace, { name: 'Of another team', team: otherTeam });
  world.addLabel(workspace, { name: 'Platforms', isGroup: true });
  return { fake, workspace, bot, team, otherTeam };
}

/** Everything has one path: what a request asks for is the name of its operation. */
export function operation(name: string): (request: { body: unknown }) => boolean {
  return ({ body }) => new RegExp(`^\\s*(query|mutation) ${name}\\b`).test(String((body as { query?: unknown } | undefined)?.query));
}

export async function linearHarness(): Promise<IssueTrackerHarness> {
  const setup = await linearSetup();
  const { fake } = setup;
  const requests: Record<keyof IssueTrackerHarness['requests'], RequestMatch> = {
    read: operation('Issue'),
    search: operation('FindTeam'),
    create: operation('CreateIssue'),
    move: operation('UpdateIssue'),
    comment: operation('CreateComment'),
    link: operation('CreateAttachment'),
  };
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      linearIssueTracker(
        connectionTo(fake.origin, { apiKey: wrongCredentials ? `${API_KEY}-revoked` : API_KEY }),
        guardedDeps('linear', [], options),
      ),
    project: 'APP',
    otherProject: 'WEB',
    type: 'Issue',
    statuses: { open: 'Todo', inProgress: 'In Progress', done: 'Done', withoutCategory: 'Canceled', unreachable: 'Archived' },
    unknown: { ticket: 'APP-404404', project: 'NOPE' },
    world: { ...ticketWorld(setup), ...formWorld(setup) },
    server: fake,
    requests,
    pageSizes: { comments: null, ticketsOfVersion: PAGE_SIZE, projects: PAGE_SIZE, users: PAGE_SIZE },
    errorBody: (words) => ({ errors: [{ message: words }], data: null }),
    secrets: [API_KEY],
    close: () => fake.close(),
  };
}

type FormMembers = 'projects' | 'types' | 'statuses' | 'users' | 'addProjects' | 'addUsers';

function ticketWorld({ fake, workspace, team, otherTeam }: LinearSetup): Omit<IssueTrackerWorld, FormMembers> {
  const { world } = fake;
  const noSearch = () => {
    throw new Error('Linear is never searched for a marker');
  };
  return {
    setStatus: (key, name) => world.setState(key, name),
    ticketsWith: (marker) =>
      world.issues.filter(({ id, team: of }) => id === entityId('issue', of.id, marker)).map(({ identifier }) => identifier),
    title: (key) => world.issue(key).title,
    delaySearch: noSearch,
    catchUp: noSearch,
    answerOnPage: noSearch,
    comments: (key) => world.issue(key).comments.map(({ body }) => shown(body)),
    addComment: (key, body) => void world.issue(key).comments.push({ id: crypto.randomUUID(), body }),
    links: (key) => world.issue(key).attachments.map(({ url, title }) => ({ url, title })),
    addLink: (key, link) => void world.issue(key).attachments.push({ id: crypto.randomUUID(), ...link }),
    addTicketOfVersion({ project, version, title }) {
      const of = project === 'APP' ? team : otherTeam;
      const label = world.labels.find(({ name }) => name === version) ?? world.addLabel(workspace, { name: version });
      return world.addIssue(of, { title, labels: [label] }).identifier;
    },
  };
}

function formWorld({ fake, workspace, bot, team }: LinearSetup): Pick<IssueTrackerWorld, FormMembers> {
  const { world } = fake;
  const people: Choice[] = [{ id: bot.id, name: 'Release Bot' }];
  return {
    projects: () => world.teams.map(({ key, name }) => ({ id: key, name })),
    types: () => ['Issue', 'Bug', 'Release task'].map((name) => ({ id: name, name })),
    statuses: (): TicketStatus[] => [
      { name: 'Backlog', category: 'open' },
      { name: 'Todo', category: 'open' },
      { name: 'In Progress', category: 'in-progress' },
      { name: 'In Review', category: 'in-progress' },
      { name: 'Done', category: 'done' },
      { name: 'Canceled', category: 'unknown' },
      { name: 'Duplicate', category: 'unknown' },
    ],
    users: () => people,
    addProjects(count) {
      for (let index = 0; index < count; index += 1) world.addTeam(workspace, { key: `T${index}`, name: `Team ${index}` });
    },
    addUsers(count) {
      for (let index = 0; index < count; index += 1) {
        const user = world.addUser(workspace, { name: `Person ${index}` });
        team.members.push(user);
        people.push({ id: user.id, name: user.name });
      }
      team.members.push(
        world.addUser(workspace, { name: 'Left', active: false }),
        world.addUser(workspace, { name: 'App', isAssignable: false }),
      );
    },
  };
}

/** Markdown as people read it. */
function shown(markdown: string): string {
  return markdown.replace(/ {2}\n/g, '\n').replace(/\\([!-/:-@[-`{-~])/g, '$1');
}
