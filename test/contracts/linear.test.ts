import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewTicket } from '../../src/integrations/capabilities/issue-tracker.ts';
import { linearIssueTracker } from '../../src/integrations/providers/linear/issue-tracker.ts';
import { rateLimited } from '../fakes/linear/refusal.ts';
import { all, guardedDeps } from './adapter-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { issueTrackerContract } from './issue-tracker.contract.ts';
import { API_KEY, connectionTo, type LinearSetup, linearHarness, linearSetup, operation } from './linear-harness.ts';

issueTrackerContract('linear', linearHarness, {
  skip: [
    {
      reason: 'Linear takes the id of an issue from us: nothing is searched for, it is read by the id that follows from the marker',
      tests: ['a ticket that searches show late is found once they show it', 'a ticket on the third page of a search is found'],
    },
  ],
});

const ticket: NewTicket = {
  project: 'APP',
  type: 'Issue',
  title: 'Release',
  description: 'One\ntwo\n\n# three',
  labels: [],
  marker: 'm-1',
};

describe('linear', () => {
  let setup: LinearSetup;
  beforeEach(async () => {
    setup = await linearSetup();
  });
  afterEach(() => setup.fake.close());

  const tracker = () => linearIssueTracker(connectionTo(setup.fake.origin), guardedDeps('linear', []));

  it('sends descriptions as Markdown that reads as the text', async () => {
    const { key } = await tracker().ensureTicket(ticket);

    expect(setup.fake.world.issue(key).description).toBe('One  \ntwo\n\n\\# three');
  });

  it('passes parent, assignee, priority and type on', async () => {
    const epic = setup.fake.world.addIssue(setup.team, { title: 'Epic' });
    const wanted = { ...ticket, parent: epic.identifier, assignee: setup.bot.id, priority: 'high', type: 'bug' };

    const { key } = await tracker().ensureTicket(wanted);

    const issue = setup.fake.world.issue(key);
    expect(issue).toMatchObject({ parent: { id: epic.id }, assignee: { id: setup.bot.id }, priority: 2 });
    expect(issue.labels.map(({ name }) => name)).toEqual(['Bug']);
  });

  it('refuses a priority that Linear does not know, and names those there are', async () => {
    const error = await providerError(tracker().ensureTicket({ ...ticket, priority: 'Blocker' }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('"Urgent", "High"') });
    expect(setup.fake.world.issues).toEqual([]);
  });

  it('takes labels of the team and the workspace in any case, and makes those that are missing once', async () => {
    await tracker().ensureTicket({ ...ticket, labels: ['bug', 'RELEASE TASK', 'New one', 'new one'] });
    await tracker().ensureTicket({ ...ticket, labels: ['new ONE', 'of another team'], marker: 'm-2' });

    const [first, second] = setup.fake.world.issues;
    expect(first?.labels.map(({ name }) => name)).toEqual(['Bug', 'Release task', 'New one']);
    expect(second?.labels.map(({ name, team }) => [name, team?.key])).toEqual([
      ['New one', 'APP'],
      ['of another team', 'APP'],
    ]);
  });

  it('takes a label that somebody makes at the same moment', async () => {
    const tickets = ['m-1', 'm-2', 'm-3'].map((marker) => ({ ...ticket, labels: ['Fresh'], marker }));

    await Promise.all(tickets.map((each) => tracker().ensureTicket(each)));

    expect(setup.fake.world.labels.filter(({ name }) => name === 'Fresh')).toHaveLength(1);
    expect(setup.fake.world.issues.map(({ labels }) => labels.map(({ name }) => name))).toEqual([['Fresh'], ['Fresh'], ['Fresh']]);
  });

  it('says that a group of labels cannot be put on a ticket', async () => {
    const error = await providerError(tracker().ensureTicket({ ...ticket, labels: ['platforms'] }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('"Platforms" is a group of labels') });
  });

  it('takes a team by key in any case and by id, as the same project', async () => {
    const first = await tracker().ensureTicket(ticket);

    expect(await tracker().ensureTicket({ ...ticket, project: 'app' })).toEqual(first);
    expect(await tracker().ensureTicket({ ...ticket, project: setup.team.id })).toEqual(first);
    expect((await tracker().ensureTicket({ ...ticket, project: 'WEB' })).key).toBe('WEB-1');
  });

  it('finds a ticket that was moved to another team, by its old key too', async () => {
    const { key } = await tracker().ensureTicket(ticket);
    const issue = setup.fake.world.issue(key);
    Object.assign(issue, { identifier: 'WEB-7', previousIdentifiers: [key], team: setup.otherTeam });

    expect((await tracker().ticket(key))?.key).toBe('WEB-7');
    expect((await tracker().ensureTicket(ticket)).key).toBe('WEB-7');
  });

  it('does not see what lies in the trash, and says so where the ticket is wanted again', async () => {
    const { key } = await tracker().ensureTicket(ticket);
    setup.fake.world.issue(key).trashed = true;

    const error = await providerError(tracker().ensureTicket(ticket));

    expect(await tracker().ticket(key)).toBeNull();
    expect(await tracker().findTicket({ project: 'APP', marker: 'm-1' })).toBeNull();
    expect((await providerError(tracker().setStatus(key, 'Done'))).kind).toBe('not-found');
    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining(`${key} is this ticket and lies in the trash`) });
  });

  it('gives archived tickets of a version, and none from the trash', async () => {
    const label = setup.fake.world.addLabel(setup.workspace, { name: '1.0.0' });
    const archived = setup.fake.world.addIssue(setup.team, { title: 'old', labels: [label], archivedAt: '2026-01-02T03:04:05.000Z' });
    setup.fake.world.addIssue(setup.team, { title: 'gone', labels: [label], trashed: true });

    const found = await all(tracker().ticketsOfVersion({ project: 'APP', version: '1.0.0' }));

    expect(found.map(({ key }) => key)).toEqual([archived.identifier]);
  });

  it('reads an issue whose creation was refused because it is there, though the read before missed it', async () => {
    const first = await tracker().ensureTicket(ticket);
    const absent = { errors: [{ message: 'Entity not found: Issue', extensions: { code: 'INPUT_ERROR' } }], data: null };
    setup.fake.failNext({ match: operation('Issue'), status: 200, body: absent });

    expect(await tracker().ensureTicket(ticket)).toEqual(first);
    expect(setup.fake.world.issues).toHaveLength(1);
  });

  it('ten comments of one marker at once are one', async () => {
    const { key } = await tracker().ensureTicket(ticket);

    await Promise.all(Array.from({ length: 10 }, () => tracker().ensureComment(key, { text: 'Out.', marker: 'c-1' })));

    expect(setup.fake.world.issue(key).comments).toHaveLength(1);
  });

  it('a comment that Linear did not make without saying why is trouble', async () => {
    const { key } = await tracker().ensureTicket(ticket);
    setup.fake.failNext({ match: operation('CreateComment'), status: 200, body: { data: { commentCreate: { success: false } } } });

    const error = await providerError(tracker().ensureComment(key, { text: 'Out.', marker: 'c-1' }));

    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('create comment') });
  });

  it('does not see other workspaces, nor private teams of others', async () => {
    const { world } = setup.fake;
    const theirs = world.addTeam(world.addWorkspace('Other'), { key: 'OUT' });
    const secret = world.addTeam(setup.workspace, { key: 'SEC', private: true });
    const hidden = [theirs, secret].map((team) => world.addIssue(team, { title: 'hidden' }).identifier);

    for (const key of hidden) expect(await tracker().ticket(key)).toBeNull();
    for (const project of ['OUT', 'SEC']) expect((await providerError(tracker().statuses(project))).kind).toBe('not-found');
    expect((await all(tracker().projects())).map(({ id }) => id)).toEqual(['APP', 'WEB']);
  });

  it('reports a status that an automation of Linear put back', async () => {
    const { key } = await tracker().ensureTicket(ticket);
    const { id, title } = setup.fake.world.issue(key);
    const stubborn = {
      id,
      identifier: key,
      title,
      url: 'https://linear.app/x',
      state: { name: 'Todo', type: 'unstarted' },
      team: setup.team,
    };
    const issue = { ...stubborn, team: { id: setup.team.id, key: 'APP' } };
    setup.fake.failNext({ match: operation('UpdateIssue'), status: 200, body: { data: { issueUpdate: { success: true, issue } } } });

    const error = await providerError(tracker().setStatus(key, 'Done'));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('"Todo" although it was moved to "Done"') });
  });
});

describe('a refusal of Linear', () => {
  let setup: LinearSetup;
  beforeEach(async () => {
    setup = await linearSetup();
  });
  afterEach(() => setup.fake.close());

  const refusal = async (status: number, body: unknown) => {
    setup.fake.failNext({ status, body });
    return providerError(linearIssueTracker(connectionTo(setup.fake.origin), guardedDeps('linear', [])).ticket('APP-1'));
  };
  const errors = (message: string, extensions: object) => ({ errors: [{ message, extensions }], data: null });

  it.each([
    [200, { code: 'AUTHENTICATION_ERROR' }, 'unauthorized'],
    [400, { type: 'authentication error' }, 'unauthorized'],
    [200, { code: 'FORBIDDEN' }, 'forbidden'],
    [200, { type: 'feature not accessible' }, 'forbidden'],
    [200, { code: 'USAGE_LIMIT_EXCEEDED' }, 'forbidden'],
    [200, { code: 'INPUT_ERROR' }, 'invalid'],
    [400, { code: 'GRAPHQL_VALIDATION_FAILED', type: 'graphql error' }, 'invalid'],
    [200, { type: 'lock timeout' }, 'unavailable'],
    [200, { code: 'INTERNAL_SERVER_ERROR' }, 'unavailable'],
    [200, { code: 'SOMETHING_NEW', statusCode: 403 }, 'forbidden'],
    [200, { code: 'toString' }, 'unavailable'],
    [200, {}, 'unavailable'],
  ])('under status %i with %j is %s', async (status, extensions, kind) => {
    const error = await refusal(status, errors('Odd.', extensions));

    expect(error).toMatchObject({ kind, message: expect.stringContaining('Odd.') });
  });

  it('for its rate limit, which has status 400, waits a minute', async () => {
    const { answer } = rateLimited();

    const error = await refusal(answer.status, answer.body);

    expect(error).toMatchObject({ kind: 'rate-limited', retryAfterMs: 60_000 });
  });

  it('is told in its words for people too, without our key', async () => {
    const error = await refusal(200, errors('Argument Validation Error', { code: 'INPUT_ERROR', userPresentableMessage: `no ${API_KEY}` }));

    expect(error.message).toBe('linear: read issue APP-1 was refused: Argument Validation Error; no [redacted]');
    expectNoSecret(error, [API_KEY]);
  });

  it('counts though data came along', async () => {
    const error = await refusal(200, { ...errors('Partly.', { code: 'FORBIDDEN' }), data: { issue: null } });

    expect(error.kind).toBe('forbidden');
  });

  it('with status 404 is no absent ticket: nothing of Linear is at that address', async () => {
    const tracker = linearIssueTracker(connectionTo(`${setup.fake.origin}/elsewhere`), guardedDeps('linear', []));

    expect((await providerError(tracker.ticket('APP-1'))).kind).toBe('not-found');
  });
});
