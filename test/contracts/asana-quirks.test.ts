import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTokenCache } from '../../src/integrations/kit/token-cache.ts';
import type { AsanaConnection, AsanaSettings } from '../../src/integrations/providers/asana/identity.ts';
import { asana } from '../../src/integrations/providers/asana/index.ts';
import { asanaIssueTracker } from '../../src/integrations/providers/asana/issue-tracker.ts';
import { all } from './adapter-harness.ts';
import { type AsanaSetup, asanaSetup, connectionTo, depsOf } from './asana-harness.ts';
import { expectNoSecret, providerError } from './contract-case.ts';

let setup: AsanaSetup;
beforeEach(async () => {
  setup = await asanaSetup();
});
afterEach(() => setup.fake.close());

const tracker = (settings: AsanaSettings = {}) => asanaIssueTracker(connectionTo(setup.fake.baseUrl, settings), depsOf());
const newTicket = () => ({ project: setup.app.gid, type: 'Task', title: 'Release', description: 'One\n\ntwo', labels: [], marker: 'm-1' });
const task = (key: string) => setup.fake.world.task(key);

describe('a status of Asana', () => {
  it('is done where the box is ticked, wherever the task stands', async () => {
    const { key } = await tracker().ensureTicket(newTicket());

    setup.fake.world.moveTask(key, 'To do', true);
    expect((await tracker().ticket(key))?.status).toEqual({ name: 'Completed', category: 'done' });
    setup.fake.world.moveTask(key, 'Parked', true);
    expect((await tracker().ticket(key))?.status).toEqual({ name: 'Completed', category: 'done' });
    setup.fake.world.moveTask(key, 'Done', true);
    expect((await tracker().ticket(key))?.status).toEqual({ name: 'Done', category: 'done' });
  });

  it('is not done in the section of that name while nobody has ticked the box, and setting it ticks the box', async () => {
    const { key } = await tracker().ensureTicket(newTicket());
    setup.fake.world.moveTask(key, 'Done', false);

    const before = await tracker().ticket(key);
    const after = await tracker().setStatus(key, 'Done');

    expect(before?.status).toEqual({ name: 'Done', category: 'unknown' });
    expect(after.status).toEqual({ name: 'Done', category: 'done' });
  });

  it('"Completed" ticks the box and moves nothing, and a section of work in progress clears it again', async () => {
    const { key } = await tracker().ensureTicket(newTicket());

    const completed = await tracker().setStatus(key, 'completed');
    const section = task(key).memberships[0]?.section.name;
    const reopened = await tracker().setStatus(key, 'In progress');

    expect([completed.status, section]).toEqual([{ name: 'Completed', category: 'done' }, 'To do']);
    expect(reopened.status).toEqual({ name: 'In progress', category: 'in-progress' });
    expect(task(key).completed).toBe(false);
  });

  it('is done by the sections that the settings name, in place of the usual ones', async () => {
    const settings = { doneSections: ['parked'], openSections: ['To do'] };
    const { key } = await tracker(settings).ensureTicket(newTicket());

    const parked = await tracker(settings).setStatus(key, 'Parked');
    const list = await tracker(settings).statuses(setup.app.gid);

    expect(parked.status).toEqual({ name: 'Parked', category: 'done' });
    expect(list).toContainEqual({ name: 'Done', category: 'unknown' });
  });

  it.each(['rejected', 'changes_requested'])('of an approval that was %s is not done, though Asana calls it completed', async (status) => {
    const { key } = await tracker().ensureTicket({ ...newTicket(), type: 'Approval' });
    Object.assign(task(key), { approvalStatus: status, completed: true });

    const read = await tracker().ticket(key);
    const error = await providerError(tracker().setStatus(key, 'Done'));

    expect(read?.status).toEqual({ name: 'To do', category: 'unknown' });
    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining(status) });
    expect(task(key).memberships[0]?.section.name).toBe('To do');
  });

  it('of a task in several projects is that of the project it was created in', async () => {
    const { key } = await tracker().ensureTicket(newTicket());
    const web = setup.web.sections[0];
    if (web) task(key).memberships.unshift({ project: setup.web, section: web });

    const moved = await tracker().setStatus(key, 'Done');

    expect(moved.status).toEqual({ name: 'Done', category: 'done' });
    expect(task(key).memberships.map(({ section }) => section.name)).toEqual(['Untitled section', 'Done']);
  });

  it('of a task in no project is its box alone', async () => {
    const { key } = await tracker().ensureTicket(newTicket());
    task(key).memberships = [];

    const before = await tracker().ticket(key);
    const error = await providerError(tracker().setStatus(key, 'Done'));
    const after = await tracker().setStatus(key, 'Completed');

    expect(before?.status).toEqual({ name: 'Incomplete', category: 'unknown' });
    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('"Completed"') });
    expect(after.status).toEqual({ name: 'Completed', category: 'done' });
  });

  it('that a rule of the project changes at once is told', async () => {
    const { key } = await tracker().ensureTicket(newTicket());
    const untouched = { status: 200, body: { data: {} } };
    setup.fake.failNext({ match: { method: 'POST', path: /\/addTask$/ }, ...untouched });

    const error = await providerError(tracker().setStatus(key, 'Parked'));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('rule') });
  });
});

describe('a ticket at Asana', () => {
  it('gets its description, parent, assignee by e-mail, priority and kind', async () => {
    const { key: parent } = await tracker().ensureTicket({ ...newTicket(), marker: 'm-0' });
    const someone = setup.fake.world.addAccount({ token: 't', name: 'Ada', workspaces: [setup.workspace] });
    const [field] = setup.app.fields;

    const { key } = await tracker().ensureTicket({ ...newTicket(), parent, assignee: someone.email, priority: 'high', type: 'Milestone' });

    const high = field?.options.find(({ name }) => name === 'High');
    expect(task(key)).toMatchObject({ notes: 'One\n\ntwo', parent, assignee: someone.gid, subtype: 'milestone' });
    expect(task(key).customFields).toEqual({ [field?.gid ?? '']: high?.gid });
  });

  it('with a priority that the project does not have is refused, naming those it has', async () => {
    const error = await providerError(tracker().ensureTicket({ ...newTicket(), priority: 'Urgent' }));
    const without = await providerError(tracker().ensureTicket({ ...newTicket(), project: setup.web.gid, priority: 'High' }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('"High", "Low"') });
    expect(without).toMatchObject({ kind: 'invalid', message: expect.stringContaining('leave the priority empty') });
    expect(setup.fake.world.tasks).toEqual([]);
  });

  it('takes the tags that are there, in whatever case, and makes the others once', async () => {
    for (let index = 0; index < 150; index += 1) setup.fake.world.addTag(setup.workspace.gid, `tag ${index}`);
    const release = setup.fake.world.addTag(setup.workspace.gid, 'Release');

    for (const marker of ['m-1', 'm-2']) await tracker().ensureTicket({ ...newTicket(), marker, labels: ['release', ' new one '] });

    const made = setup.fake.world.tags.filter(({ name }) => name === 'new one');
    expect(made).toHaveLength(1);
    for (const { tags } of setup.fake.world.tasks) expect(tags.map(({ gid }) => gid)).toEqual([release.gid, made[0]?.gid]);
  });

  it('whose external id Asana did not keep is an error, so that it is not created over and over', async () => {
    const answer = { gid: '9', name: 'Release', completed: false, permalink_url: 'https://app.asana.com/1/1/task/9', memberships: [] };
    setup.fake.failNext({ match: { method: 'POST', path: /\/tasks$/ }, status: 201, body: { data: answer } });

    const error = await providerError(tracker().ensureTicket(newTicket()));

    expect(error).toMatchObject({ kind: 'conflict', message: expect.stringContaining('OAuth app') });
  });

  it('that another caller created meanwhile is taken, should Asana refuse the second', async () => {
    const { key } = await tracker().ensureTicket(newTicket());
    setup.fake.failNext({ match: { method: 'GET', path: /external/ }, status: 404, body: { errors: [{ message: 'Unknown object' }] } });
    setup.fake.failNext({ match: { method: 'POST', path: /\/tasks$/ }, status: 400, body: { errors: [{ message: 'external: taken' }] } });

    expect((await tracker().ensureTicket(newTicket())).key).toBe(key);
  });

  it('of another tenant is refused and never read as absent', async () => {
    const other = setup.fake.world.addWorkspace('Other');
    const theirs = setup.fake.world.addProject({ workspace: other, name: 'Theirs' });
    const { gid } = setup.fake.world.addTask({ project: theirs.gid, name: 'theirs' });

    expect(await providerError(tracker().ticket(gid))).toMatchObject({ kind: 'forbidden' });
    expect(await providerError(tracker().statuses(theirs.gid))).toMatchObject({ kind: 'not-found' });
  });

  it('of a version is found under every tag of that name, once', async () => {
    const { world } = setup.fake;
    const twice = world.addTask({ project: setup.app.gid, name: 'twice', tags: ['4.2.0', 'v4.2.0'] });
    const same = world.addTask({ project: setup.app.gid, name: 'another tag of the name' });
    same.tags = [world.addTag(setup.workspace.gid, '4.2.0')];

    const found = await all(tracker().ticketsOfVersion({ project: setup.app.gid, version: '4.2.0' }));

    expect(found.map(({ key }) => key)).toEqual([twice.gid, same.gid]);
  });
});

describe('what Asana refuses', () => {
  it.each([
    [402, 'This feature is not available on your plan', 'forbidden'],
    [400, 'task: Not a recognized ID: x', 'not-found'],
    [500, 'Server Error', 'unavailable'],
  ])('with %i "%s" is %3$s, in its words', async (status, message, kind) => {
    setup.fake.failNext({ status, body: { errors: [{ message, phrase: '6 sad squid snuggle softly' }] } });

    const error = await providerError(tracker().statuses(setup.app.gid));

    expect(error).toMatchObject({ kind, status, message: expect.stringContaining(`${message} (6 sad squid`) });
  });

  it('a list that gives the same page for ever is malformed', async () => {
    setup.fake.failNext({ times: 5, status: 200, body: { data: [], next_page: { offset: 'abc' } } });

    expect((await providerError(tracker().statuses(setup.app.gid))).kind).toBe('malformed');
  });
});

describe('an OAuth app at Asana', () => {
  const oauth = { clientId: '123', clientSecret: 'the-secret-of-the-app', refreshToken: 'the-refresh-token' };
  const connection = (changes: Partial<typeof oauth> = {}): AsanaConnection => ({
    ...connectionTo(setup.fake.baseUrl),
    credentials: asana.credentials.parse({ kind: 'oauth', ...oauth, ...changes }) as AsanaConnection['credentials'],
  });
  const grants = () => setup.fake.calls.filter(({ path }) => path === '/-/oauth_token').length;

  beforeEach(() => void setup.fake.world.addAccount({ token: 'account-of-the-app', name: 'App', workspaces: [setup.workspace], oauth }));

  it('obtains one access token for many calls, and another when that one is refused', async () => {
    const tokens = createTokenCache(() => new Date());
    const app = () => asanaIssueTracker(connection(), depsOf({ tokens }));

    const { key } = await app().ensureTicket(newTicket());
    await app().ticket(key);
    const before = grants();
    setup.fake.revokeAccessTokens();
    const refused = await providerError(app().ticket(key));
    const again = await app().ticket(key);

    expect([before, grants()]).toEqual([1, 2]);
    expect(refused.kind).toBe('unauthorized');
    expect(again?.key).toBe(key);
  });

  it('does not see the external ids of another app', async () => {
    await tracker().ensureTicket(newTicket());

    expect(await asanaIssueTracker(connection(), depsOf()).findTicket({ project: setup.app.gid, marker: 'm-1' })).toBeNull();
  });

  it.each([{ clientSecret: 'a-wrong-secret' }, { refreshToken: 'a-wrong-token' }])('that is refused is unauthorized: %o', async (wrong) => {
    const error = await providerError(asanaIssueTracker(connection(wrong), depsOf()).ticket('1'));

    expect(error.kind).toBe('unauthorized');
    expectNoSecret(error, Object.values({ ...oauth, ...wrong }).slice(1));
  });
});

describe('verification of an Asana connection', () => {
  const verify = (settings: AsanaSettings = {}, token?: string) =>
    asana.verify(connectionTo(setup.fake.baseUrl, settings, token), depsOf({ timeoutMs: 500 }), 'project-management');

  it('names the account', async () => {
    expect(await verify({ project: setup.app.gid })).toEqual({ ok: true, account: 'Release Bot', expiresAt: null, rateLimit: null });
  });

  it('says what to do about a wrong token, an unknown project, a token without external ids, and no workspace', async () => {
    setup.fake.world.addAccount({ token: 'token-of-a-hermit', name: 'Hermit', workspaces: [] });
    const problems = async (...args: Parameters<typeof verify>) => {
      const answer = await verify(...args);
      return answer.ok ? [] : answer.problems;
    };

    expect(await problems({}, 'a-wrong-token')).toEqual([expect.stringContaining('Create a new one')]);
    expect(await problems({ project: '505505' })).toEqual([expect.stringMatching(/505505.*correct its number/)]);
    expect(await problems({}, 'token-of-a-hermit')).toEqual([expect.stringContaining('no workspace')]);
    setup.fake.failNext({ match: { path: /sections/ }, status: 403, body: { errors: [{ message: 'Forbidden' }] } });
    expect(await problems({ project: setup.app.gid })).toEqual([expect.stringContaining('full permissions')]);
    setup.fake.failNext({ match: { path: /external/ }, status: 403, body: { errors: [{ message: 'Forbidden' }] } });
    expect(await problems()).toEqual([expect.stringContaining('OAuth app')]);
    setup.fake.failNext({ mode: 'html' });
    expect(await problems()).toEqual([expect.stringContaining('not the Asana API')]);
  });

  it.each([
    ['hang', 'timeout'],
    ['drop-before', 'unavailable'],
  ] as const)('throws when the question could not be asked (%s)', async (mode, kind) => {
    setup.fake.failNext({ mode });

    expect((await providerError(verify())).kind).toBe(kind);
  });
});
