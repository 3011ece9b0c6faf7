import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createGithubFake, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** What forms offer to choose from, asked of the provider. */

const TOKEN = 'ghp_a-very-secret-token-of-the-forms-test';
const WORKFLOW = `name: Build
on:
  workflow_dispatch:
    inputs:
      version: { required: true, description: What to build }
      flavour: { type: choice, options: [debug, release], default: release }
jobs: {}
`;
let api: ApiHarness;
let github: GithubFake;
let tenant: { tenantId: string; token: string };
let ids: { scm: string; ci: string };

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
  const repository = github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKEN] });
  repository.addWorkflow({ path: '.github/workflows/build.yml', content: WORKFLOW, name: 'Build' });
  const head = repository.git.branches.get('main') ?? '';
  for (const name of ['release/1.4.0', 'release/1.5.0', 'develop']) repository.git.branches.set(name, head);
  tenant = await api.tenant();
  const connect = async (category: string) => {
    const body = {
      ...{ provider: 'github', displayName: 'Acme app', baseUrl: github.origin },
      ...{ credentials: { token: TOKEN }, settings: { owner: 'acme', repo: 'app' } },
    };
    const created = await api.request('POST', `/api/v1/tenants/${tenant.tenantId}/integrations/${category}`, { token: tenant.token, body });
    return created.body.id as string;
  };
  ids = { scm: await connect('scm'), ci: await connect('ci-cd') };
});
beforeEach(async () => {
  github.clearFaults();
  await api.db.run("UPDATE tenant_scm_integrations SET verification_status = 'VALID', verification_error = NULL");
});
afterAll(() => Promise.all([api.close(), github.close()]));

const scm = (rest: string) => `/api/v1/tenants/${tenant.tenantId}/integrations/scm/${ids.scm}/${rest}`;
const ci = (rest: string) => `/api/v1/tenants/${tenant.tenantId}/integrations/ci-cd/${ids.ci}/${rest}`;
const get = (path: string, token = tenant.token) => api.request('GET', path, { token });

describe('what the provider has', () => {
  it('is listed by part of its name, at most as many as asked for, and says when that is not all', async () => {
    const all = await get(scm('branches'));
    const some = await get(scm('branches?q=RELEASE'));
    const one = await get(scm('branches?q=release&limit=1'));

    expect(all.body.items.map(({ name }: { name: string }) => name).sort()).toEqual(['develop', 'main', 'release/1.4.0', 'release/1.5.0']);
    expect(all.body.truncated).toBe(false);
    expect(some.body.items.map(({ name }: { name: string }) => name).sort()).toEqual(['release/1.4.0', 'release/1.5.0']);
    expect(some.body).toMatchObject({ truncated: false, items: [{ head: expect.stringMatching(/^[0-9a-f]{40}$/) }, {}] });
    expect(one.body).toMatchObject({ items: [{}], truncated: true });
  });

  it('is repositories with the settings that connect them', async () => {
    const { status, body } = await get(scm('repositories'));

    expect(status).toBe(200);
    expect(body.items).toContainEqual(
      expect.objectContaining({ fullName: 'acme/app', settings: expect.objectContaining({ owner: 'acme', repo: 'app' }) }),
    );
  });

  it('is the protection of a branch with a slash in its name; an unknown branch is 404, none named 422', async () => {
    const free = await get(scm('branches/protection?branch=release%2F1.4.0'));
    const unknown = await get(scm('branches/protection?branch=release%2F9'));
    const none = await get(scm('branches/protection'));

    expect(free.body).toMatchObject({ name: 'release/1.4.0', protection: null });
    expect(unknown.status).toBe(404);
    expect(none.status).toBe(422);
    expect(none.body.errors).toEqual([{ field: '?branch', message: expect.any(String) }]);
  });

  it('is workflows and the inputs they declare on a ref; an unknown workflow or ref is 404, none named 422', async () => {
    const workflows = await get(ci('workflows?q=build'));
    const [{ id }] = workflows.body.items;

    const inputs = await get(ci(`workflows/inputs?workflowId=${id}&ref=main`));
    const noRef = await get(ci(`workflows/inputs?workflowId=${id}&ref=nowhere`));
    const noWorkflow = await get(ci('workflows/inputs?workflowId=99999&ref=main'));
    const none = await get(ci('workflows/inputs'));

    expect(workflows.body).toMatchObject({ items: [{ name: 'Build', path: '.github/workflows/build.yml' }], truncated: false });
    expect(inputs.body.inputs).toMatchObject([
      { name: 'version', required: true, description: 'What to build' },
      { name: 'flavour', type: 'choice', options: ['debug', 'release'], default: 'release' },
    ]);
    expect([noRef.status, noWorkflow.status, none.status]).toEqual([404, 404, 422]);
    expect(none.body.errors.map(({ field }: { field: string }) => field)).toEqual(['?workflowId', '?ref']);
  });
});

describe("the provider's trouble", () => {
  it.each([
    ['a server error', { status: 500 }, 503, null],
    ['a rate limit', { status: 429, headers: { 'retry-after': '9' } }, 429, '9'],
    ['a web page in place of data', { mode: 'html' as const }, 502, null],
    ['a cut connection', { mode: 'drop-before' as const }, 503, null],
    ['a missing scope', { status: 403, body: { message: 'Resource not accessible' } }, 409, null],
  ])('%s is told as a problem, and never as ours', async (_what, fault, status, retryAfter) => {
    github.failNext({ ...fault, match: { path: /\/branches/ }, times: 9 });
    const logged = api.logged().length;

    const answer = await get(scm('branches'));

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
    expect(answer.body.type).toMatch(/^urn:signalbox:problem:provider-/);
    expect(answer.text + api.logged().slice(logged)).not.toContain(TOKEN);
  });

  it('refused credentials are 409 with what to do, mark the connection for everybody, and are not asked with again', async () => {
    github.failNext({ status: 401, body: { message: 'Bad credentials' }, times: 99 });

    const answer = await get(scm('branches'));
    const marked = await get(scm('').slice(0, -1));
    const calls = github.calls.length;
    const again = await get(scm('branches'));

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('integration:write');
    expect(marked.body).toMatchObject({ verificationStatus: 'INVALID', hasValidToken: false });
    expect(again.status).toBe(409);
    expect(github.calls.length).toBe(calls);
  });

  it('one refusal of credentials that work marks nothing', async () => {
    github.failNext({ match: { path: /\/branches/ }, status: 401, body: { message: 'Bad credentials' } });

    const answer = await get(scm('branches'));

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('works');
    expect((await get(scm('').slice(0, -1))).body.verificationStatus).toBe('VALID');
  });
});

describe('who may ask', () => {
  it('repositories are for those who may connect them, the rest for those who write configs', async () => {
    const [viewer, manager] = [await api.token(tenant.tenantId, 'viewer'), await api.token(tenant.tenantId, 'release-manager')];
    const paths = [scm('branches'), scm('branches/protection?branch=main'), ci('workflows'), ci('workflows/inputs?workflowId=1&ref=main')];

    for (const path of [...paths, scm('repositories')]) expect((await get(path, viewer)).status).toBe(403);
    expect((await get(scm('branches'), manager)).status).toBe(200);
    expect((await get(ci('workflows'), manager)).status).toBe(200);
    expect((await get(scm('repositories'), manager)).status).toBe(403);
  });

  it('nobody of another tenant, and nothing of another category', async () => {
    const other = await api.tenant('Other');
    const base = `/api/v1/tenants/${other.tenantId}/integrations`;
    const rests = [`scm/${ids.scm}/branches`, `scm/${ids.scm}/repositories`, `scm/${ids.scm}/branches/protection?branch=main`];

    for (const rest of [...rests, `ci-cd/${ids.ci}/workflows`, `ci-cd/${ids.ci}/workflows/inputs?workflowId=1&ref=main`]) {
      expect((await get(`${base}/${rest}`, other.token)).status).toBe(404);
    }
    expect((await get(scm('branches').replace(ids.scm, ids.ci))).status).toBe(404);
    expect((await get(scm('branches').replace(ids.scm, 'x'))).status).toBe(404);
  });

  it.each(['limit=0', 'limit=101', 'limit=x', `q=${'x'.repeat(201)}`, 'q='])('%s is a wrong query', async (query) => {
    expect((await get(scm(`branches?${query}`))).status).toBe(422);
  });
});
