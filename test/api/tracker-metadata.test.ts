import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLinearFake, type LinearFake } from '../fakes/linear/index.ts';
import { createSlackFake, type SlackFake } from '../fakes/slack/index.ts';
import { createReceiverFake } from '../fakes/webhook/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** What the forms of project management and channel configs offer to choose from, and the tickets of a version. */

const API_KEY = 'lin_api_a-very-secret-key-of-the-forms-test';
const BOT_TOKEN = 'xoxb-a-very-secret-token-of-the-forms-test';
const OF_PROJECT = ['types', 'statuses', 'users'] as const;
let api: ApiHarness;
let linear: LinearFake;
let slack: SlackFake;
let tenant: { tenantId: string; token: string };
let ids: { tracker: string; chat: string };

beforeAll(async () => {
  [api, linear, slack] = await Promise.all([startApi(), createLinearFake(), createSlackFake({ maxPageSize: 2 })]);
  fillLinear();
  const workspace = slack.addWorkspace({ token: BOT_TOKEN });
  for (const name of ['releases', 'builds', 'critical', 'release-talk']) workspace.addChannel({ name });
  workspace.addChannel({ name: 'others', isMember: false });
  workspace.addChannel({ name: 'old', isArchived: true });
  tenant = await api.tenant();
  ids = {
    tracker: await connect('project-management', { provider: 'linear', baseUrl: linear.origin, credentials: { apiKey: API_KEY } }),
    chat: await connect('communication', { provider: 'slack', baseUrl: slack.baseUrl, credentials: { botToken: BOT_TOKEN } }),
  };
});
beforeEach(() => {
  linear.clearFaults();
  slack.clearFaults();
});
afterAll(() => Promise.all([api?.close(), linear?.close(), slack?.close()]));

function fillLinear(): void {
  const { world } = linear;
  const acme = world.addWorkspace('Acme');
  const bot = world.addUser(acme, { name: 'Release Bot', admin: true, token: { kind: 'api-key', value: API_KEY } });
  const ada = world.addUser(acme, { name: 'Ada' });
  const team = world.addTeam(acme, { key: 'APP', name: 'Mobile app', members: [bot, ada] });
  world.addTeam(acme, { key: 'WEB', name: 'Website', members: [bot] });
  world.addLabel(acme, { name: 'Bug' });
  const version = world.addLabel(acme, { name: 'v1.4.0' });
  world.addIssue(team, { title: 'Login loops', labels: [version] });
  world.addIssue(team, { title: 'Cart is empty', labels: [version] });
  world.addIssue(team, { title: 'Of another version' });
}

async function connect(category: string, body: object): Promise<string> {
  const created = await api.request('POST', path(category), {
    token: tenant.token,
    body: { displayName: category, settings: {}, ...body },
  });
  return created.body.id;
}

const path = (rest: string) => `/api/v1/tenants/${tenant.tenantId}/integrations/${rest}`;
const ofTracker = (rest: string) => path(`project-management/${ids.tracker}/${rest}`);
const channelsOf = (id: string, rest = '') => path(`communication/${id}/channels${rest}`);
const get = (address: string, token = tenant.token) => api.request('GET', address, { token });
const names = (answer: { body: { items: { name: string }[] } }) => answer.body.items.map(({ name }) => name);

describe('what the tracker has', () => {
  it('is projects, by part of their name, as a config names them', async () => {
    const all = await get(ofTracker('projects'));
    const some = await get(ofTracker('projects?q=MOBILE'));
    const one = await get(ofTracker('projects?limit=1'));

    expect(names(all).sort()).toEqual(['Mobile app', 'Website']);
    expect(some.body).toEqual({ items: [{ id: 'APP', name: 'Mobile app' }], truncated: false });
    expect(one.body).toMatchObject({ items: [{}], truncated: true });
  });

  it('is types, statuses with what they mean, and people of a project', async () => {
    const [types, statuses, users] = await Promise.all(OF_PROJECT.map((list) => get(ofTracker(`${list}?project=APP`))));

    expect(types?.body.items).toContainEqual({ id: 'Bug', name: 'Bug' });
    expect(statuses?.body.items).toContainEqual({ name: 'Done', category: 'done' });
    expect(statuses?.body.items).toContainEqual({ name: 'Canceled', category: 'unknown' });
    expect(users?.body.items).toContainEqual({ id: expect.any(String), name: 'Ada' });
  });

  it('is the tickets of a version, by part of key or title, each with where it stands', async () => {
    const all = await get(ofTracker('tickets?project=APP&version=1.4.0'));
    const some = await get(ofTracker('tickets?project=APP&version=1.4.0&q=login'));
    const none = await get(ofTracker('tickets?project=APP&version=9.9.9'));

    expect(all.body.items.map(({ title }: { title: string }) => title).sort()).toEqual(['Cart is empty', 'Login loops']);
    expect(some.body).toEqual({
      items: [{ key: 'APP-1', title: 'Login loops', status: { name: 'Todo', category: 'open' }, url: expect.stringMatching(/^http/) }],
      truncated: false,
    });
    expect(none.body).toEqual({ items: [], truncated: false });
  });

  it('is 404 for a project that is not there, 422 where none is named', async () => {
    for (const list of [...OF_PROJECT, 'tickets']) {
      const unknown = await get(ofTracker(`${list}?project=NOPE&version=1.4.0`));
      const none = await get(ofTracker(`${list}?version=1.4.0`));

      expect([list, unknown.status, unknown.body.detail]).toEqual([list, 404, expect.stringContaining('NOPE')]);
      expect([list, none.status]).toEqual([list, 422]);
      expect(none.body.errors).toEqual([{ field: '?project', message: expect.any(String) }]);
    }
    expect((await get(ofTracker('tickets'))).body.errors.map(({ field }: { field: string }) => field)).toEqual(['?project', '?version']);
  });

  it.each([
    ['a server error', { status: 503 }, 503],
    ['a rate limit', { status: 429, headers: { 'retry-after': '9' } }, 429],
    ['a web page in place of data', { mode: 'html' as const }, 502],
  ])("tells the tracker's trouble as a problem, and never the key: %s", async (_what, fault, status) => {
    for (const list of ['projects', ...OF_PROJECT, 'tickets']) {
      linear.failNext({ ...fault, times: 2 });

      const answer = await get(ofTracker(`${list}?project=APP&version=1.4.0`));

      linear.clearFaults();
      expect([list, answer.status]).toEqual([list, status]);
      expect(answer.text + api.logged()).not.toContain(API_KEY);
    }
  });
});

describe('what the chat has', () => {
  it('is channels to the last page, by part of their name, with whether Signalbox may post there; archived ones are none', async () => {
    const all = await get(channelsOf(ids.chat));
    const some = await get(channelsOf(ids.chat, '?q=RELEASE'));

    expect(names(all).sort()).toEqual(['builds', 'critical', 'others', 'release-talk', 'releases']);
    expect(all.body.items).toContainEqual({ id: expect.stringMatching(/^C/), name: 'others', isPrivate: false, isMember: false });
    expect(names(some).sort()).toEqual(['release-talk', 'releases']);
    expect(all.body.truncated).toBe(false);
  });

  it('is refused where the provider has no list of channels, and says what to do', async () => {
    const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
    const receiver = await createReceiverFake({ secret });
    const connection = { provider: 'webhook', baseUrl: receiver.baseUrl, credentials: { signingSecret: secret } };

    const answer = await get(channelsOf(await connect('communication', connection)));

    await receiver.close();
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('name the channel itself');
  });

  it("tells the chat's trouble as a problem, and never the token", async () => {
    slack.failNext({ status: 200, body: { ok: false, error: 'missing_scope', needed: 'channels:read' }, times: 2 });

    const answer = await get(channelsOf(ids.chat));

    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('channels:read')]);
    expect(answer.text + api.logged()).not.toContain(BOT_TOKEN);
  });
});

describe('who may ask', () => {
  it('those who write configs of the tenant, and nobody else', async () => {
    const [viewer, manager] = [await api.token(tenant.tenantId, 'viewer'), await api.token(tenant.tenantId, 'release-manager')];
    const other = await api.tenant('Other');
    const lists = [
      ...['projects', ...OF_PROJECT, 'tickets'].map((list) => ofTracker(`${list}?project=APP&version=1.4.0`)),
      channelsOf(ids.chat),
    ];

    for (const list of lists) {
      const theirs = list.replace(tenant.tenantId, other.tenantId);
      const answers = [await get(list, viewer), await get(list, manager), await get(theirs, other.token)];

      expect([list, ...answers.map(({ status }) => status)]).toEqual([list, 403, 200, 404]);
    }
  });
});
