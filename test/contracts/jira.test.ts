import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IssueTracker } from '../../src/integrations/capabilities/issue-tracker.ts';
import type { Connection } from '../../src/integrations/kit/define-provider.ts';
import type { JiraCredentials, JiraSettings } from '../../src/integrations/providers/jira/credentials.ts';
import { jira } from '../../src/integrations/providers/jira/index.ts';
import { jiraIssueTracker, markerLabel } from '../../src/integrations/providers/jira/issue-tracker.ts';
import { createJiraFake, type JiraAccount, type JiraFake } from '../fakes/jira/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { type IssueTrackerHarness, issueTrackerContract } from './issue-tracker.contract.ts';
import { openSpecPeer } from './spec-peer.ts';

type Kind = JiraCredentials['kind'];
const TOKEN = 'ATATT3xFfGF0-secret-token';
const EMAIL = 'release-bot@example.com';

function connectionTo(baseUrl: string, kind: Kind, token = TOKEN, settings: JiraSettings = {}): Connection<JiraCredentials, JiraSettings> {
  const form = kind === 'cloud' ? { kind, email: EMAIL, apiToken: token } : { kind, token };
  return { id: 'con-1', baseUrl, credentials: jira.credentials.parse(form) as JiraCredentials, settings };
}

function depsOf(options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  return guardedDeps('jira', [], options);
}

function seed(fake: JiraFake, kind: Kind): JiraAccount {
  const account = fake.world.addAccount({ token: TOKEN, displayName: 'Release Bot', ...(kind === 'cloud' && { email: EMAIL }) });
  fake.world.addProject({
    key: 'APP',
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
  return account;
}

async function harness(kind: Kind): Promise<IssueTrackerHarness> {
  const fake = await createJiraFake();
  seed(fake, kind);
  const api = kind === 'cloud' ? '/rest/api/3' : '/rest/api/2';
  const basic = Buffer.from(`${EMAIL}:${TOKEN}`).toString('base64');
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      jiraIssueTracker(connectionTo(fake.origin, kind, wrongCredentials ? `${TOKEN}-revoked` : TOKEN), depsOf(options)),
    project: 'APP',
    type: 'Task',
    statuses: { open: 'To Do', inProgress: 'In Progress', done: 'Done', withoutCategory: 'Parked', unreachable: 'Archived' },
    world: {
      setStatus: (key, name) => fake.world.setStatus(key, name),
      ticketsWith: (marker) =>
        fake.world
          .tickets()
          .filter((issue) => issue.labels.includes(markerLabel(marker)))
          .map((issue) => issue.key),
      title: (key) => fake.world.issue(key).summary,
      delaySearch: () => fake.world.setSearchLag(Number.POSITIVE_INFINITY),
      catchUp: () => fake.world.catchUp(),
      answerOnPage: (page) => fake.world.setEmptySearchPages(page - 1),
    },
    server: fake,
    requests: {
      read: { method: 'GET', path: new RegExp(`^${api}/issue/[^/]+$`) },
      search: { method: 'GET', path: /\/search/ },
      create: { method: 'POST', path: `${api}/issue` },
      move: { method: 'POST', path: /\/transitions$/ },
    },
    errorBody: (words) => ({ errorMessages: [words], errors: {} }),
    secrets: [TOKEN, basic],
    close: () => fake.close(),
  };
}

const noUniqueness = {
  reason: 'Jira has no unique key to create by and its search lags behind; the engine serialises by lock and waits searchVisibleWithinMs',
  tests: ['ten concurrent ensures create one ticket'],
};
issueTrackerContract('jira cloud', () => harness('cloud'), { skip: [noUniqueness] });
issueTrackerContract('jira server', () => harness('server'), {
  skip: [
    noUniqueness,
    {
      reason: 'REST v2 filters before it pages, so the oldest match is always on the first page',
      tests: ['a ticket on the third page of a search is found'],
    },
  ],
});

describe('jira', () => {
  let fake: JiraFake;
  beforeEach(async () => {
    fake = await createJiraFake();
  });
  afterEach(() => fake.close());

  const newTicket = { project: 'APP', type: 'Task', title: 'Release', description: 'One\ntwo\n\nthree', labels: [], marker: 'm-1' };

  it.each<[Kind, unknown]>([
    [
      'cloud',
      { type: 'doc', version: 1, content: [{ type: 'paragraph' }, { type: 'paragraph', content: [{ type: 'text', text: 'three' }] }] },
    ],
    ['server', 'One\ntwo\n\nthree'],
  ])('sends descriptions in the form of %s', async (kind, description) => {
    seed(fake, kind);

    const { key } = await jiraIssueTracker(connectionTo(fake.origin, kind), depsOf()).ensureTicket(newTicket);

    expect(fake.world.issue(key)).toMatchObject({ description });
  });

  it('passes parent, assignee and priority on', async () => {
    const account = seed(fake, 'cloud');
    const epic = fake.world.addTicket({ project: 'APP', title: 'Epic', type: 'Epic' });
    const tracker = jiraIssueTracker(connectionTo(fake.origin, 'cloud'), depsOf());

    const { key } = await tracker.ensureTicket({ ...newTicket, parent: epic.key, assignee: account.accountId, priority: 'High' });

    expect(fake.world.issue(key)).toMatchObject({ parent: epic.key, assignee: account.accountId, priority: 'High', type: 'Task' });
  });

  it('takes a project by id', async () => {
    seed(fake, 'cloud');
    const project = fake.world.findProject('APP')?.id ?? '';
    const tracker = jiraIssueTracker(connectionTo(fake.origin, 'cloud'), depsOf());

    const ticket = await tracker.ensureTicket({ ...newTicket, project });

    expect(ticket.key).toBe('APP-1');
    expect(await tracker.findTicket({ project, marker: 'm-1' })).toEqual(ticket);
  });

  it('settles on the oldest where two tickets carry the marker', async () => {
    seed(fake, 'cloud');
    for (const title of ['first', 'second']) fake.world.addTicket({ project: 'APP', title, labels: [markerLabel('m-1')] });

    const ticket = await jiraIssueTracker(connectionTo(fake.origin, 'cloud'), depsOf()).ensureTicket(newTicket);

    expect(ticket.title).toBe('first');
  });

  it('does not see the projects of another tenant', async () => {
    seed(fake, 'cloud');
    const other = fake.world.addAccount({ email: 'other@example.com', token: 'other-token-1' });
    fake.world.addProject({ key: 'OTHER', members: [other] });
    const { key } = fake.world.addTicket({ project: 'OTHER', title: 'theirs', labels: [markerLabel('m-1')] });
    const tracker = jiraIssueTracker(connectionTo(fake.origin, 'cloud'), depsOf());

    expect(await tracker.ticket(key)).toBeNull();
    expect((await providerError(tracker.findTicket({ project: 'OTHER', marker: 'm-1' }))).message).toContain("'OTHER' does not exist");
    expect((await providerError(tracker.setStatus(key, 'Done'))).kind).toBe('not-found');
  });

  it('says that a CAPTCHA is wanted where Jira locked the account out', async () => {
    seed(fake, 'server');
    fake.failNext({ status: 403, headers: { 'x-seraph-loginreason': 'AUTHENTICATION_DENIED' } });

    const error = await providerError(jiraIssueTracker(connectionTo(fake.origin, 'server'), depsOf()).ticket('APP-1'));

    expect(error).toMatchObject({ kind: 'unauthorized', message: expect.stringContaining('CAPTCHA') });
  });

  it('reports a label that an automation rule took away instead of losing the ticket', async () => {
    seed(fake, 'cloud');
    fake.failNext({ match: { method: 'GET', path: /\/issue\/APP-1$/ }, status: 200, body: strippedIssue });

    const error = await providerError(jiraIssueTracker(connectionTo(fake.origin, 'cloud'), depsOf()).ensureTicket(newTicket));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('label signalbox-m-1') });
  });
});

const strippedIssue = { key: 'APP-1', fields: { summary: 'Release', labels: [], status: { name: 'To Do' } } };

describe('jira verify', () => {
  let fake: JiraFake;
  beforeEach(async () => {
    fake = await createJiraFake();
  });
  afterEach(() => fake.close());
  const verify = (connection: Connection, timeoutMs = 5_000) => jira.verify(connection, depsOf({ timeoutMs }), 'project-management');

  it.each<Kind>(['cloud', 'server'])('names the account (%s)', async (kind) => {
    seed(fake, kind);

    const answer = await verify(connectionTo(fake.origin, kind, TOKEN, { projectKey: 'APP' }));

    expect(answer).toEqual({ ok: true, account: 'Release Bot', expiresAt: null, rateLimit: null });
  });

  it('names each missing permission', async () => {
    const account = seed(fake, 'cloud');
    fake.world.setPermissions(account, 'APP', ['BROWSE_PROJECTS']);

    const answer = await verify(connectionTo(fake.origin, 'cloud', TOKEN, { projectKey: 'APP' }));

    expect(answer).toEqual({
      ok: false,
      problems: [expect.stringContaining('"Create issues" in project APP'), expect.stringContaining('"Transition issues" in project APP')],
    });
  });

  it('says what to do about a wrong token, an unknown project and a base URL that is no Jira', async () => {
    seed(fake, 'cloud');
    const problems = async (connection: Connection) => {
      const answer = await verify(connection);
      return answer.ok ? [] : answer.problems;
    };

    expect(await problems(connectionTo(fake.origin, 'cloud', 'wrong-token-1'))).toEqual([
      expect.stringContaining('Create a new API token'),
    ]);
    expect(await problems(connectionTo(fake.origin, 'server', 'wrong-token-1'))).toEqual([
      expect.stringContaining('personal access token'),
    ]);
    expect(await problems(connectionTo(fake.origin, 'cloud', TOKEN, { projectKey: 'NOPE' }))).toEqual([expect.stringContaining('NOPE')]);
    expect(await problems(connectionTo(`${fake.origin}/wiki`, 'cloud'))).toEqual([expect.stringContaining('base URL')]);
    fake.failNext({ mode: 'html' });
    expect(await problems(connectionTo(fake.origin, 'cloud'))).toEqual([expect.stringContaining("not Jira's REST API")]);
  });

  it('throws when the question could not be asked', async () => {
    seed(fake, 'cloud');
    fake.failNext({ mode: 'hang' });
    const late = await providerError(verify(connectionTo(fake.origin, 'cloud'), 100));
    fake.failNext({ status: 503 });
    const down = await providerError(verify(connectionTo(fake.origin, 'cloud')));

    expect([late.kind, down.kind]).toEqual(['timeout', 'unavailable']);
    expectNoSecret(late, [TOKEN]);
  });
});

describe("jira against the vendor's description", () => {
  it('the adapter sends nothing the description does not know', async ({ skip }) => {
    const peer = await openSpecPeer('jira');
    if (!peer) return skip('the API descriptions are not available here');
    try {
      const issue = { id: '10001', key: 'APP-1', fields: { summary: 'Release', labels: [markerLabel('m-1')], status: { name: 'To Do' } } };
      const moved = { ...issue, fields: { ...issue.fields, status: { name: 'Done', statusCategory: { key: 'done' } } } };
      peer.respond({ operationId: 'searchAndReconsileIssuesUsingJql', body: { issues: [], nextPageToken: 'abc' } });
      peer.respond({ operationId: 'searchAndReconsileIssuesUsingJql', body: { issues: [], isLast: true } });
      peer.respond({ operationId: 'createIssue', body: { id: '10001', key: 'APP-1', self: `${peer.origin}/rest/api/3/issue/10001` } });
      peer.respond({ operationId: 'getIssue', body: issue, times: 2 });
      peer.respond({ operationId: 'getTransitions', body: { transitions: [{ id: '31', name: 'Finish', to: { name: 'Done' } }] } });
      peer.respond({ operationId: 'doTransition', status: 204 });
      peer.respond({ operationId: 'getIssue', body: moved });
      const permissions = Object.fromEntries(
        ['BROWSE_PROJECTS', 'CREATE_ISSUES', 'TRANSITION_ISSUES'].map((key) => [
          key,
          { id: '1', key, name: key, type: 'PROJECT', havePermission: true },
        ]),
      );
      peer.respond({ operationId: 'getMyPermissions', body: { permissions } });
      const connection = connectionTo(peer.origin, 'cloud', TOKEN, { projectKey: 'APP' });
      const tracker: IssueTracker = jiraIssueTracker(connection, depsOf());

      const created = await tracker.ensureTicket({
        project: 'APP',
        type: 'Task',
        title: 'Release',
        description: 'Text with https://example.com',
        labels: ['release'],
        assignee: '712020:1',
        parent: 'APP-7',
        priority: 'High',
        marker: 'm-1',
      });
      const done = await tracker.setStatus('APP-1', 'done');
      const verification = await jira.verify(connection, depsOf(), 'project-management');

      expect(created.key).toBe('APP-1');
      expect(done.status.category).toBe('done');
      expect(verification.ok).toBe(true);
      expect(peer.violations).toEqual([]);
    } finally {
      await peer.close();
    }
  });

  it('the fake answers with bodies the description allows', async ({ skip }) => {
    const peer = await openSpecPeer('jira');
    if (!peer) return skip('the API descriptions are not available here');
    const fake = await createJiraFake();
    try {
      seed(fake, 'cloud');
      const connection = connectionTo(fake.origin, 'cloud', TOKEN, { projectKey: 'APP' });
      const tracker = jiraIssueTracker(connection, depsOf());
      const ticket = { project: 'APP', type: 'Task', title: 'Release', description: 'Text', labels: [], marker: 'm-1' };

      await tracker.ensureTicket(ticket);
      await tracker.ensureTicket(ticket);
      await tracker.setStatus('APP-1', 'Done');
      await tracker.ticket('NOPE-1');
      await providerError(tracker.ensureTicket({ ...ticket, type: 'Nope', marker: 'm-2' }));
      await jira.verify(connection, depsOf(), 'project-management');
      await providerError(jiraIssueTracker(connectionTo(fake.origin, 'cloud', 'wrong-token-1'), depsOf()).ensureTicket(ticket));

      const misfits = fake.calls.flatMap(({ method, path, status, answer }) => {
        const wrong = peer.checkResponse(method, path, status, answer);
        return wrong ? [`${method} ${path} ${status}: ${wrong.join('; ')}`] : [];
      });
      expect(fake.calls.length).toBeGreaterThan(12);
      expect(misfits).toEqual([]);
    } finally {
      await fake.close();
      await peer.close();
    }
  });
});
