import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let github: GithubFake;

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
  github.world.addRepository({ owner: 'acme', repo: 'app', tokens: ['ghp_token-of-the-config-test'] });
});
afterAll(() => Promise.all([api.close(), github.close()]));

/** Connections that nobody verifies: these tests are not about providers. */
const forms = {
  scm: { provider: 'github', credentials: { token: 'ghp_token-of-the-config-test' }, settings: { owner: 'acme', repo: 'app' } },
  'ci-cd': { provider: 'github', credentials: { token: 'ghp_token-of-the-config-test' }, settings: { owner: 'acme', repo: 'app' } },
  'project-management': { provider: 'jira', credentials: { kind: 'server', token: 'jira-secret' } },
  'test-management': { provider: 'checkmate', credentials: { token: 'checkmate-secret' } },
  communication: { provider: 'slack', credentials: { botToken: 'xoxb-1-slack-secret' } },
};
type Category = keyof typeof forms;

async function setUp() {
  const tenant = await api.tenant();
  const at = (path: string) => `/api/v1/tenants/${tenant.tenantId}/${path}`;
  const call = (method: string, path: string, body?: unknown) => api.request(method, at(path), { token: tenant.token, body });
  const connect = async (category: Category): Promise<string> => {
    const body = { displayName: category, baseUrl: github.origin, ...forms[category] };
    const answer = await call('POST', `integrations/${category}?verify=false`, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.body.id;
  };
  return { ...tenant, call, connect };
}

const workflow = (platform: string, workflowType: string) => ({ platform, workflowType, workflowId: 'build.yml', displayName: 'Build' });
const tracker = { platform: 'IOS', project: 'APP', issueType: 'Task' };
const bodies: { path: string; category: Category; body: object; wrong: object; field: string }[] = [
  {
    path: 'ci-cd-configs',
    category: 'ci-cd',
    body: { workflows: [workflow('ANDROID', 'REGRESSION_BUILD'), workflow('IOS', 'REGRESSION_BUILD')] },
    wrong: { workflows: [workflow('IOS', 'REGRESSION_BUILD'), workflow('IOS', 'REGRESSION_BUILD')] },
    field: '/workflows/1',
  },
  {
    path: 'project-management-configs',
    category: 'project-management',
    body: { platforms: [tracker] },
    wrong: { platforms: [tracker, tracker] },
    field: '/platforms/1',
  },
  {
    path: 'test-management-configs',
    category: 'test-management',
    body: { projectId: '7', passThresholdPercent: 95, platforms: [{ platform: 'WEB', sectionIds: ['1'] }] },
    wrong: { projectId: '7', passThresholdPercent: 101, platforms: [{ platform: 'WEB' }] },
    field: '/passThresholdPercent',
  },
  {
    path: 'communication-channels',
    category: 'communication',
    body: { channels: { releases: ['C1'], critical: ['C2', 'C3'] } },
    wrong: { channels: { nonsense: ['C1'] } },
    field: '/channels/nonsense',
  },
];

describe.each(bodies)('$path', ({ path, category, body, wrong, field }) => {
  it('is created, listed, read, replaced and deleted, with its history', async () => {
    const { call, connect } = await setUp();
    const integrationId = await connect(category);

    const created = await call('POST', path, { name: 'first', integrationId, ...body });

    expect(created.status, created.text).toBe(201);
    expect(created.body).toMatchObject({ name: 'first', integrationId, ...body });
    const one = `${path}/${created.body.id}`;
    expect((await call('GET', one)).body).toEqual(created.body);
    expect((await call('GET', path)).body).toEqual({ items: [created.body], nextCursor: null });
    const replaced = await call('PUT', one, { name: 'second', integrationId, ...body });
    expect(replaced.body).toMatchObject({ id: created.body.id, name: 'second', ...body });
    expect((await call('DELETE', one)).status).toBe(204);
    expect((await call('GET', one)).status).toBe(404);
    const history = await api.db.rows<{ action: string }>('SELECT action FROM state_history WHERE scope_id = ? ORDER BY sequence', [
      created.body.id,
    ]);
    expect(history.map((event) => event.action)).toEqual(['CREATE', 'UPDATE', 'REMOVE']);
  });

  it("refuses wrong fields, another category's integration and another tenant's, and writes nothing", async () => {
    const { tenantId, call, connect } = await setUp();
    const own = await connect(category);
    const stranger = await setUp();
    const foreign = await stranger.connect(category);

    const invalid = await call('POST', path, { name: 'x', integrationId: own, ...wrong });
    const elsewhere = await call('POST', path, { name: 'x', integrationId: foreign, ...body });

    expect(invalid.status).toBe(422);
    expect(invalid.body.errors.map((error: { field: string }) => error.field)).toContain(field);
    expect(elsewhere.body.errors).toEqual([expect.objectContaining({ field: '/integrationId' })]);
    expect(await api.db.rows(`SELECT 1 FROM state_history WHERE tenant_id = ? AND entity_type = 'config'`, [tenantId])).toEqual([]);
  });

  it("hides another tenant's", async () => {
    const owner = await setUp();
    const created = await owner.call('POST', path, { name: 'x', integrationId: await owner.connect(category), ...body });
    const stranger = await setUp();
    const mine = await stranger.connect(category);

    expect((await stranger.call('GET', `${path}/${created.body.id}`)).status).toBe(404);
    expect((await stranger.call('DELETE', `${path}/${created.body.id}`)).status).toBe(404);
    expect((await stranger.call('PUT', `${path}/${created.body.id}`, { name: 'y', integrationId: mine, ...body })).status).toBe(404);
    expect((await owner.call('GET', `${path}/${created.body.id}`)).status).toBe(200);
  });
});

it('checks with the provider whether the workflows exist when it is asked to', async () => {
  const { call, connect } = await setUp();
  const integrationId = await connect('ci-cd');

  const answer = await call('POST', 'ci-cd-configs?verify=true', { name: 'x', integrationId, workflows: [workflow('IOS', 'CUSTOM')] });

  expect(answer.status).toBe(422);
  expect(answer.body.errors).toEqual([expect.objectContaining({ field: '/workflows/0/workflowId' })]);
});

describe('release configs', () => {
  async function withEverything() {
    const tenant = await setUp();
    const ids: Record<string, string> = { scm: await tenant.connect('scm') };
    for (const { path, category, body } of bodies) {
      const created = await tenant.call('POST', path, { name: path, integrationId: await tenant.connect(category), ...body });
      ids[path] = created.body.id;
    }
    const body = {
      name: 'App',
      releaseType: 'MINOR',
      platformTargets: [
        { platform: 'IOS', target: 'APP_STORE' },
        { platform: 'ANDROID', target: 'PLAY_STORE' },
      ],
      baseBranch: 'main',
      scmIntegrationId: ids.scm,
      ciConfigId: ids['ci-cd-configs'],
      projectManagementConfigId: ids['project-management-configs'],
      testManagementConfigId: ids['test-management-configs'],
      commsConfigId: ids['communication-channels'],
    };
    return { ...tenant, ids, body };
  }

  it('is created with its defaults written out, read, replaced, deactivated and activated by replacing', async () => {
    const { call, body } = await withEverything();

    const created = await call('POST', 'release-configs', body);

    expect(created.status, created.text).toBe(201);
    expect(created.body).toMatchObject({
      ...body,
      isActive: true,
      branchPattern: 'release/{version}',
      tagPattern: 'v{version}',
      buildMode: 'CI',
      versionScheme: 'SEMVER',
      versionFormat: null,
      hotfix: { skipTasks: [], skipRegression: false },
      concurrency: { perType: null },
      slotCatchUp: 'ALL',
      gates: { preReleaseApproval: 'manual', quorum: 1, allowSelfApproval: false },
    });
    const one = `release-configs/${created.body.id}`;
    const { warnings, ...view } = created.body;
    expect((await call('GET', one)).body).toEqual(view);
    // Nobody verified the connections.
    expect(warnings.map(({ field }: { field: string }) => field).sort()).toEqual([
      ...['/ciConfigId', '/commsConfigId', '/projectManagementConfigId', '/scmIntegrationId', '/testManagementConfigId'],
    ]);
    expect((await call('DELETE', one)).status).toBe(204);
    expect((await call('GET', 'release-configs')).body.items).toEqual([]);
    expect((await call('GET', 'release-configs?includeInactive=true')).body.items).toHaveLength(1);
    expect((await call('PUT', one, { ...body, name: 'Again' })).body).toMatchObject({ name: 'Again', isActive: true });
  });

  it('names every problem at once: unknown ids, illegal targets, a branch pattern git refuses, CI without a CI config', async () => {
    const { call, body } = await withEverything();
    const unknown = '01JD8Z2M6Y6Q6S7T8V9W0X1Y2Z';

    const answer = await call('POST', 'release-configs', {
      ...body,
      scmIntegrationId: unknown,
      ciConfigId: null,
      commsConfigId: unknown,
      platformTargets: [{ platform: 'IOS', target: 'PLAY_STORE' }],
      branchPattern: 'release..{version}',
      tagPattern: 'fixed',
    });

    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      '/branchPattern',
      '/buildMode',
      '/commsConfigId',
      '/platformTargets/0/target',
      '/scmIntegrationId',
      '/tagPattern',
    ]);
  });

  it("refuses another tenant's configs as if they did not exist", async () => {
    const [mine, theirs] = [await withEverything(), await withEverything()];

    const answer = await mine.call('POST', 'release-configs', { ...mine.body, ciConfigId: theirs.ids['ci-cd-configs'] });

    expect(answer.body.errors).toEqual([expect.objectContaining({ field: '/ciConfigId' })]);
  });

  it('keeps what it uses from being deleted, naming itself, until it is deactivated', async () => {
    const { call, body, ids } = await withEverything();
    const created = await call('POST', 'release-configs', body);

    const integration = await call('DELETE', `integrations/scm/${ids.scm}`);
    const config = await call('DELETE', `ci-cd-configs/${ids['ci-cd-configs']}`);

    expect([integration.status, config.status]).toEqual([409, 409]);
    expect(integration.body.detail).toContain('the release config "App"');
    await call('DELETE', `release-configs/${created.body.id}`);
    expect((await call('DELETE', `integrations/scm/${ids.scm}`)).status).toBe(204);
    expect((await call('DELETE', `ci-cd-configs/${ids['ci-cd-configs']}`)).status).toBe(204);
  });

  it('is not created beside the deletion of what it uses: one of the two fails', async () => {
    const { call, body, ids } = await withEverything();

    const [created, deleted] = await Promise.all([call('POST', 'release-configs', body), call('DELETE', `integrations/scm/${ids.scm}`)]);

    expect([created.status === 201, deleted.status === 204].filter(Boolean)).toHaveLength(1);
  });
});
