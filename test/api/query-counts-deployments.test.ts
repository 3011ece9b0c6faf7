import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import type { App } from '../../src/api/context.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { seedTenant } from '../data/deployment-tenant.ts';
import { MemoryDrivers } from '../fakes/deployment/memory-drivers.ts';
import { deploymentPaths, tenant as tenantPath } from './counted-routes.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** The same of what is deployed as `query-counts.test.ts` of releases: one of each, or five. */

interface Filled {
  token: string;
  params: Record<string, string>;
}

let api: ApiHarness;
let app: App;
let statements: () => number;
let one: Filled;
let five: Filled;

beforeAll(async () => {
  api = await startApi();
  const counting = countingDatabase(api.db);
  statements = counting.statements;
  app = createApp({ ...api.deps, db: counting.db });
  one = await fill(1);
  five = await fill(5);
});
afterAll(() => api?.close());

/** A tenant with so many services, artifacts, releases, variables and deployments, the last one of all services at once. */
async function fill(count: number): Promise<Filled> {
  const tenant = await seedTenant(api.db);
  const { db, ring, keyring } = api.deps;
  const connector = new MemoryDrivers().connector as Connector;
  const token = await api.token(tenant.tenantId, 'owner');
  const environmentId = await tenant.environment('staging');
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const artifacts: { serviceId: string; artifactId: string }[] = [];
  for (const number of numbers) {
    const serviceId = await tenant.service(`service-${number}`, [environmentId]);
    for (const version of numbers) await tenant.artifact(serviceId, `${version}.0.0`);
    artifacts.push({ serviceId, artifactId: await tenant.artifact(serviceId, '9.0.0') });
  }
  const [first] = artifacts;
  for (const number of numbers.slice(1)) await tenant.dependency(artifacts[number - 1]?.serviceId ?? '', first?.serviceId ?? '');
  const items = Object.fromEntries(artifacts.map(({ serviceId, artifactId }) => [serviceId, artifactId]));
  let serviceReleaseId = '';
  let pipelineId = '';
  for (const number of numbers) {
    serviceReleaseId = await tenant.release(`${number}.0.0`, items);
    pipelineId = await tenant.pipeline(`Pipeline ${number}`, { stages: [] });
    const variable = await api.request('PUT', `/api/v1/tenants/${tenant.tenantId}/environments/${environmentId}/variables/NAME_${number}`, {
      token,
      body: { value: 'x', isSecret: false },
    });
    if (variable.status >= 300) throw new Error(`no variable: ${variable.text}`);
  }
  let deploymentId = '';
  for (const number of numbers) {
    const reason = `number ${number}`;
    const made = await createDeployment({ db, ring, keyring, connector }, tenant.caller, {
      ...{ environmentId, appId: tenant.appId, artifacts, reason },
    });
    deploymentId = made.id;
    if (number < count) await db.run('DELETE FROM deployment_locks WHERE deployment_id = ?', [deploymentId]);
  }
  const ids = { tenantId: tenant.tenantId, appId: tenant.appId, environmentId, serviceReleaseId, pipelineId, deploymentId };
  return { token, params: { ...ids, serviceId: first?.serviceId ?? '' } };
}

async function cost({ token, params }: Filled, path: string): Promise<{ status: number; statements: number; rows: number }> {
  const before = statements();
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? '');
  const response = await app.request(filled, { headers: { authorization: `Bearer ${token}` } });
  const body = (await response.json()) as { items?: unknown[] };
  return { status: response.status, statements: statements() - before, rows: body.items?.length ?? 0 };
}

it.each(deploymentPaths)('GET %s', async (path) => {
  const few = await cost(one, path);
  const many = await cost(five, path);

  expect([few.status, many.status]).toEqual([200, 200]);
  expect(many.statements).toBe(few.statements);
});

it('counts on lists that have fewer rows and more', async () => {
  for (const below of [
    '/deployments',
    '/services',
    '/services/{serviceId}/artifacts',
    '/environments/{environmentId}/targets',
    '/service-releases',
  ]) {
    const [few, many] = [await cost(one, `${tenantPath}${below}`), await cost(five, `${tenantPath}${below}`)];
    expect([below, many.rows - few.rows]).toEqual([below, 4]);
  }
});
