import type { Connection } from '../../src/integrations/kit/define-provider.ts';
import type { JiraCredentials, JiraSettings } from '../../src/integrations/providers/jira/credentials.ts';
import { jira } from '../../src/integrations/providers/jira/index.ts';
import { jiraIssueTracker, markerLabel } from '../../src/integrations/providers/jira/issue-tracker.ts';
import { createJiraFake, type JiraAccount, type JiraFake } from '../fakes/jira/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import type { IssueTrackerHarness, IssueTrackerWorld } from './issue-tracker-world.ts';

export type Kind = JiraCredentials['kind'];
export const TOKEN = 'ATATT3xFfGF0-secret-token';
const EMAIL = 'release-bot@example.com';

export function connectionTo(
  baseUrl: string,
  kind: Kind,
  token = TOKEN,
  settings: JiraSettings = {},
): Connection<JiraCredentials, JiraSettings> {
  const form = kind === 'cloud' ? { kind, email: EMAIL, apiToken: token } : { kind, token };
  return { id: 'con-1', baseUrl, credentials: jira.credentials.parse(form) as JiraCredentials, settings };
}

export function depsOf(options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  return guardedDeps('jira', [], options);
}

export function seed(fake: JiraFake, kind: Kind): JiraAccount {
  const account = fake.world.addAccount({ token: TOKEN, displayName: 'Release Bot', ...(kind === 'cloud' && { email: EMAIL }) });
  fake.world.addProject({
    key: 'APP',
    name: 'Mobile apps',
    members: [account],
    statuses: [
      ['To Do', 'new'],
      ['In Progress', 'indeterminate'],
      ['Done', 'done'],
      ['Parked', 'undefined'],
      ['Archived', 'done'],
    ],
    transitions: [
      { name: 'Start', from: ['To Do'], to: 'In Progress' },
      { name: 'Finish', from: '*', to: 'Done' },
      { name: 'Archive', from: ['Done'], to: 'Archived' },
    ],
  });
  fake.world.addProject({ key: 'WEB', name: 'Web shop', members: [account] });
  return account;
}

export async function jiraHarness(kind: Kind): Promise<IssueTrackerHarness> {
  const fake = await createJiraFake();
  seed(fake, kind);
  const api = kind === 'cloud' ? '/rest/api/3' : '/rest/api/2';
  const basic = Buffer.from(`${EMAIL}:${TOKEN}`).toString('base64');
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      jiraIssueTracker(connectionTo(fake.origin, kind, wrongCredentials ? `${TOKEN}-revoked` : TOKEN), depsOf(options)),
    project: 'APP',
    otherProject: 'WEB',
    unknown: { ticket: 'NOPE-404', project: 'NOPE' },
    type: 'Task',
    statuses: { open: 'To Do', inProgress: 'In Progress', done: 'Done', withoutCategory: 'Parked', unreachable: 'Archived' },
    world: worldOf(fake, kind),
    server: fake,
    requests: {
      read: { method: 'GET', path: new RegExp(`^${api}/issue/[^/]+$`) },
      search: { method: 'GET', path: /\/search/ },
      create: { method: 'POST', path: `${api}/issue` },
      move: { method: 'POST', path: /\/transitions$/ },
      comment: { method: 'POST', path: /\/comment$/ },
      link: { method: 'POST', path: /\/remotelink$/ },
    },
    pageSizes: { comments: 100, ticketsOfVersion: 50, projects: kind === 'cloud' ? 50 : null, users: kind === 'cloud' ? 200 : 100 },
    errorBody: (words) => ({ errorMessages: [words], errors: {} }),
    secrets: [TOKEN, basic],
    close: () => fake.close(),
  };
}

function worldOf(fake: JiraFake, kind: Kind): IssueTrackerWorld {
  const { world } = fake;
  const app = () => {
    const project = world.findProject('APP');
    if (!project) throw new Error('APP is gone');
    return project;
  };
  const bot = () => world.accountWith(({ token }) => token === TOKEN);
  const newAccount = (name: string) =>
    world.addAccount({ token: `token-of-${name}`, displayName: name, ...(kind === 'cloud' && { email: `${name}@example.com` }) });
  return {
    setStatus: (key, name) => world.setStatus(key, name),
    ticketsWith: (marker) =>
      world
        .tickets()
        .filter((issue) => issue.labels.includes(markerLabel(marker)))
        .map((issue) => issue.key),
    title: (key) => world.issue(key).summary,
    delaySearch: () => world.setSearchLag(Number.POSITIVE_INFINITY),
    catchUp: () => world.catchUp(),
    answerOnPage: (page) => world.setEmptySearchPages(page - 1),
    comments: (key) => world.issue(key).comments.map(({ body }) => textOf(body).trim()),
    addComment: (key, text) => void world.addComment(key, kind === 'cloud' ? paragraph(text) : text),
    links: (key) => world.issue(key).links.map(({ object: { url, title } }) => ({ url, title })),
    // As the form of Jira's own page does it: without a global id.
    addLink: (key, object) => void world.putLink(key, { object }),
    addTicketOfVersion: ({ project, version, title }) => world.addTicket({ project, title, fixVersion: version }).key,
    projects: () => world.projects().map(({ key, name }) => ({ id: key, name })),
    types: () => app().issueTypes.map((name) => ({ id: name, name })),
    statuses: () => app().statuses.map(({ name, category }) => ({ name, category: categories[category] })),
    users: () =>
      world
        .accounts()
        .filter(({ accountId }) => app().members.get(accountId)?.has('ASSIGNABLE_USER'))
        .map(({ accountId, displayName }) => ({ id: accountId, name: displayName })),
    addProjects(count) {
      const members = [bot() ?? newAccount('bot')];
      for (let index = 0; index < count; index += 1) world.addProject({ key: `P${index}`, name: `Project ${index}`, members });
    },
    addUsers(count) {
      for (let index = 0; index < count; index += 1) {
        // Between them people who cannot be assigned here.
        newAccount(`guest-${index}`);
        world.setPermissions(newAccount(`person-${index}`), 'APP', ['ASSIGNABLE_USER']);
      }
    },
  };
}

const categories = { new: 'open', indeterminate: 'in-progress', done: 'done', undefined: 'unknown' } as const;

const paragraph = (text: string) => ({ type: 'doc', version: 1, content: [{ type: 'paragraph', content: [{ type: 'text', text }] }] });

/** What people see of a body. */
function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  const { type, text, content = [] } = body as { type: string; text?: string; content?: unknown[] };
  if (type === 'hardBreak') return '\n';
  return `${text ?? ''}${content.map(textOf).join('')}${type === 'paragraph' ? '\n\n' : ''}`;
}
