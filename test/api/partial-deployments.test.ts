import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { defaultPipeline } from '../../src/domain/deployment/default-pipeline.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { type DeploymentTenant, seedTenant } from '../data/deployment-tenant.ts';
import { MemoryDrivers } from '../fakes/deployment/memory-drivers.ts';
import { createGithubFake, type FakeRepository, type GithubFake } from '../fakes/github/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/* What changed is asked of the repository, not of whoever deploys. */

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ0123456';

let api: ApiHarness;
let github: GithubFake;
let repository: FakeRepository;
let tenant: DeploymentTenant;
let environmentId: string;
let base: string;
const services: Record<string, string> = {};

beforeAll(async () => {
  [api, github] = await Promise.all([startApi(), createGithubFake()]);
  repository = github.world.addRepository({ owner: 'acme', repo: 'app', tokens: [TOKEN] });
  base = repository.pushCommit({ message: 'Before', files: { 'api/main.ts': '1', 'old/jobs.ts': 'run' } });
  tenant = await seedTenant(api.db);
  environmentId = await tenant.environment('staging');
  const owner = await api.token(tenant.tenantId, 'owner');
  const connected = await api.request('POST', `/api/v1/tenants/${tenant.tenantId}/integrations/scm`, {
    token: owner,
    body: {
      ...{ provider: 'github', displayName: 'Code', baseUrl: github.origin },
      ...{ credentials: { token: TOKEN }, settings: { owner: 'acme', repo: 'app' } },
    },
  });
  withDriversInMemory();
  for (const name of ['api', 'jobs', 'web', 'schema-reader']) {
    const id = await tenant.service(name, [environmentId]);
    services[name] = id;
    await api.db.run('UPDATE services SET source = ? WHERE id = ?', [
      JSON.stringify({ integrationId: connected.body.id, paths: name === 'jobs' ? ['jobs/**', 'old/**'] : [`${name}/**`] }),
      id,
    ]);
    await runs(name, base);
  }
  await tenant.dependency(services['schema-reader'] ?? '', services.api ?? '', 'schema');
});
afterEach(() => github.clearFaults());
afterAll(async () => void (await Promise.all([api?.close(), github?.close()])));

/** Source control is asked for real; what runs services is none of these tests. */
function withDriversInMemory(): void {
  const real = api.deps.connector;
  const { connector } = new MemoryDrivers();
  const open: Connector['open'] = (category, ...rest) => (category === 'scm' ? real : (connector as Connector)).open(category, ...rest);
  api.deps.connector = { ...real, open };
}

const artifactAt = async (name: string, commit: string | null, version: string) => {
  const id = await tenant.artifact(services[name] ?? '', version);
  await api.db.run('UPDATE artifacts SET commit_sha = ? WHERE id = ?', [commit, id]);
  return id;
};

async function runs(name: string, commit: string | null, version = '1.0.0'): Promise<void> {
  const artifactId = await artifactAt(name, commit, version);
  await api.db.run(
    'REPLACE INTO installed_services (tenant_id, environment_id, service_id, artifact_id, config_version, side, deployment_id, healthy) VALUES (?)',
    [[tenant.tenantId, environmentId, services[name] ?? '', artifactId, 'c'.repeat(64), 'blue', environmentId, true]],
  );
}

let versions = 1;
/** All services in a new version of this commit. */
async function built(commit: string) {
  versions += 1;
  return Promise.all(
    Object.entries(services).map(async ([name, serviceId]) => ({
      serviceId,
      artifactId: await artifactAt(name, commit, `${versions}.0.0`),
    })),
  );
}

async function ask(body: Record<string, unknown>, query = '?dryRun=true') {
  const token = await api.token(tenant.tenantId, 'release-manager');
  return api.request('POST', `/api/v1/tenants/${tenant.tenantId}/deployments${query}`, {
    token,
    body: { environmentId, appId: tenant.appId, scope: 'partial', ...body },
  });
}

const chosen = (body: { services: { name: string; because: string }[] }) =>
  Object.fromEntries(body.services.map(({ name, because }) => [name, because]));

it('takes those whose files differ from the commit that runs, moved files by both names, and those that share a schema', async () => {
  repository.pushCommit({ message: 'Edit', files: { 'api/main.ts': '2' } });
  const head = repository.pushCommit({ message: 'Move', files: { 'old/jobs.ts': null, 'elsewhere/jobs.ts': 'run' } });

  const planned = await ask({ artifacts: await built(head) });

  expect(planned.status).toBe(200);
  expect(chosen(planned.body)).toEqual({
    api: 'api/main.ts changed',
    jobs: 'old/jobs.ts changed',
    'schema-reader': 'it shares a schema with api',
  });
});

it('asks for the commit that is to be built where there is no artifact yet', async () => {
  const commit = repository.pushCommit({ branch: 'pages', message: 'Page', files: { 'web/index.html': 'x' } });
  const step = { by: 'job', integrationId: environmentId, command: ['make'], artifactPath: 'out', timeoutMs: 1_000 };
  await api.db.run('UPDATE services SET recipe = ? WHERE tenant_id = ?', [JSON.stringify({ build: step, tests: {} }), tenant.tenantId]);
  const pipelineId = await tenant.pipeline('building', defaultPipeline);

  const planned = await ask({ commit, pipelineId });

  expect(planned.status).toBe(200);
  expect(Object.keys(chosen(planned.body))).toContain('web');
});

it('counts a service as changed of which nobody knows what commit runs, and says so', async () => {
  await runs('web', null, '0.9.0');

  const planned = await ask({ artifacts: await built(base) });
  await runs('web', base, '0.9.1');

  expect(chosen(planned.body)).toEqual({ web: 'nobody knows the commit that runs' });
});

it.each([
  ['is down', { status: 503 }, 503],
  ['does not take the credentials', { status: 403, body: { message: 'Resource not accessible by personal access token' } }, 409],
])('creates nothing where the repository %s, and says so', async (_case, fault, status) => {
  const head = repository.pushCommit({ message: 'Edit', files: { 'api/main.ts': `${versions}` } });
  const artifacts = await built(head);
  const count = async () => (await api.db.rows('SELECT 1 FROM deployments WHERE tenant_id = ?', [tenant.tenantId])).length;
  const before = await count();
  github.failNext({ ...fault, times: 5 });

  const refused = await ask({ artifacts }, '');

  expect(refused).toMatchObject({ status, body: { detail: expect.stringContaining('compare') } });
  expect(await count()).toBe(before);
});

it('wants to be told, or services named, where the provider cannot tell everything', async () => {
  const many = Object.fromEntries(Array.from({ length: 301 }, (_each, index) => [`docs/${index}.md`, 'x']));
  const head = repository.pushCommit({ message: 'Docs', files: many });
  const artifacts = await built(head);

  const refused = await ask({ artifacts });
  const told = await ask({ artifacts, changedFiles: ['web/index.html'] });

  expect(refused).toMatchObject({
    status: 422,
    body: { errors: [{ field: '/changedFiles', message: expect.stringMatching(/services named.*300/) }] },
  });
  expect(chosen(told.body)).toEqual({ web: 'web/index.html changed' });
});

it('asks once for services of one repository, and nobody where everything is deployed', async () => {
  const artifacts = await built(repository.git.branches.get('main') ?? '');
  const asked = async (body: Record<string, unknown>) => {
    const before = github.calls.length;
    await ask(body);
    return github.calls.length - before;
  };
  const onlyOnce = await built(repository.pushCommit({ branch: 'once', message: 'Once', files: { 'api/once.ts': 'x' } }));

  expect(await asked({ artifacts, scope: 'full' })).toBe(0);
  expect(await asked({ artifacts, changedFiles: [] })).toBe(0);
  expect(await asked({ artifacts: onlyOnce })).toBeLessThanOrEqual(2);
});
