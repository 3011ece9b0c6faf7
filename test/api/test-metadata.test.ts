import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TestCatalogue } from '../../src/integrations/capabilities/test-catalogue.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { listTestFacetValues } from '../../src/services/connections/test-metadata.ts';
import type { Caller } from '../../src/services/context.ts';
import { type CheckmateFake, createCheckmateFake } from '../fakes/checkmate/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** What the form of a test management config offers to choose from. */

const TOKEN = 'a-very-secret-token-of-the-catalogue-test';
const LISTS = ['projects', 'sections', 'labels', 'squads', 'platforms'] as const;
let api: ApiHarness;
let checkmate: CheckmateFake;
let tenant: { tenantId: string; token: string };
let integrationId: string;
let projectId: number;

beforeAll(async () => {
  [api, checkmate] = await Promise.all([startApi(), createCheckmateFake()]);
  const { world } = checkmate;
  world.addUser({ token: TOKEN });
  projectId = world.addProject({ projectName: 'Shop', tests: [{}] }).projectId;
  world.addProject({ projectName: 'Back office', tests: [{}] });
  const app = world.addSection(projectId, 'App');
  world.addSection(projectId, 'Login', app);
  world.addSection(projectId, 'Web');
  for (const label of ['smoke', 'payment']) world.addLabel(projectId, label);
  world.addSquad(projectId, 'Search');
  world.addPlatform('iOS');
  tenant = await api.tenant();
  const body = { provider: 'checkmate', displayName: 'Tests', baseUrl: checkmate.origin, credentials: { token: TOKEN }, settings: {} };
  const created = await api.request('POST', path(), { token: tenant.token, body });
  integrationId = created.body.id;
});
beforeEach(() => checkmate.clearFaults());
afterAll(() => Promise.all([api?.close(), checkmate?.close()]));

const path = (rest = '') => `/api/v1/tenants/${tenant.tenantId}/integrations/test-management${rest}`;
const get = (rest: string, token = tenant.token) => api.request('GET', path(`/${integrationId}/${rest}`), { token });
const names = (answer: { body: { items: { name: string }[] } }) => answer.body.items.map(({ name }) => name);
const of = (list: string) => (list === 'projects' ? list : `${list}?projectId=${projectId}`);

describe('what the test management has', () => {
  it('is projects, by part of their name, and says when there are more', async () => {
    const all = await get('projects');
    const some = await get('projects?q=SHOP');
    const one = await get('projects?limit=1');

    expect(names(all).sort()).toEqual(['Back office', 'Shop']);
    expect(all.body.truncated).toBe(false);
    expect(some.body).toEqual({ items: [{ id: String(projectId), name: 'Shop' }], truncated: false });
    expect(one.body).toMatchObject({ items: [{}], truncated: true });
  });

  it('is the tree of sections, each with its path, which is searched, too', async () => {
    const all = await get(of('sections'));
    const below = await get(`${of('sections')}&q=app`);

    expect(all.body.items.map((section: { path: string[] }) => section.path)).toEqual([['App'], ['App', 'Login'], ['Web']]);
    expect(all.body.items[1]).toEqual({ id: expect.any(String), name: 'Login', parentId: all.body.items[0].id, path: ['App', 'Login'] });
    expect(names(below)).toEqual(['App', 'Login']);
  });

  it('is labels, squads and platforms by name', async () => {
    const lists = [await get(of('labels')), await get(of('squads')), await get(of('platforms'))];

    expect(lists.map(names)).toEqual([['payment', 'smoke'], ['Search'], ['iOS']]);
    expect((await get(`${of('labels')}&q=smo`)).body).toEqual({ items: [{ id: expect.any(String), name: 'smoke' }], truncated: false });
  });

  it('is 404 for a project that is not there, 422 where none is named', async () => {
    for (const list of LISTS.slice(1)) {
      const unknown = await get(`${list}?projectId=987654`);
      const none = await get(list);

      expect([list, unknown.status, none.status]).toEqual([list, 404, 422]);
      expect(none.body.errors).toEqual([{ field: '?projectId', message: expect.any(String) }]);
    }
    expect((await get('sections?projectId=1%20or%201')).status).toBe(409);
  });

  it.each([
    ['a server error', { status: 503 }, 503],
    ['a rate limit', { status: 429, headers: { 'retry-after': '9' } }, 429],
    ['a web page in place of data', { mode: 'html' as const }, 502],
    ['a role that may not', { status: 401, body: { error: 'You are not authorized' } }, 409],
  ])("tells the provider's trouble as a problem, and never the token: %s", async (_what, fault, status) => {
    for (const list of LISTS) {
      checkmate.failNext({ ...fault, times: 2 });

      const answer = await get(of(list));

      checkmate.clearFaults();
      expect([list, answer.status]).toEqual([list, status]);
      expect(answer.text + api.logged()).not.toContain(TOKEN);
    }
  });
});

describe('who may ask', () => {
  it('those who write configs of the tenant, and nobody else', async () => {
    const [viewer, manager] = [await api.token(tenant.tenantId, 'viewer'), await api.token(tenant.tenantId, 'release-manager')];
    const other = await api.tenant('Other');

    for (const list of LISTS) {
      const theirs = `/api/v1/tenants/${other.tenantId}/integrations/test-management/${integrationId}/${of(list)}`;
      const statuses = [
        await get(of(list), viewer),
        await get(of(list), manager),
        await api.request('GET', theirs, { token: other.token }),
      ];

      expect([list, ...statuses.map(({ status }) => status)]).toEqual([list, 403, 200, 404]);
    }
  });
});

describe('a provider that joins later', () => {
  // Authorising asks a caller for nothing more.
  const caller = (tenantId: string): Caller => ({ tenantId, accountId: 'A', permissions: new Set(['config:write']) }) as unknown as Caller;
  const connected = (testCatalogue?: () => TestCatalogue) => {
    const provider = { id: 'later', displayName: 'Later', ...(testCatalogue && { testCatalogue }) };
    // Nothing else is asked of a connector or of what it opens.
    return { db: api.db, connector: { open: async () => ({ provider }) } as unknown as Connector };
  };
  const ask = (deps: ReturnType<typeof connected>, facet: string) =>
    listTestFacetValues(deps, caller(tenant.tenantId), { id: integrationId, facet }, { projectId: '1', limit: 50 });

  it('tells tests apart by facets of its own, and says which it does not have', async () => {
    const milestones: TestCatalogue = {
      facets: [{ key: 'milestones' }],
      async *projects() {},
      sections: async () => [],
      facetValues: async () => [{ id: '7', name: 'Autumn' }],
    };

    expect(
      await ask(
        connected(() => milestones),
        'milestones',
      ),
    ).toEqual({ items: [{ id: '7', name: 'Autumn' }], truncated: false });
    await expect(
      ask(
        connected(() => milestones),
        'squads',
      ),
    ).rejects.toMatchObject({ kind: 'invalid', message: 'Later has no squads.' });
  });

  it('may have no catalogue at all', async () => {
    await expect(ask(connected(), 'labels')).rejects.toMatchObject({ kind: 'invalid', message: 'Later has no catalogue of tests.' });
  });
});
