import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import type { DeploymentKind, DeploymentOutcome } from '../../src/domain/deployment/vocabulary.ts';
import { readDora } from '../../src/services/dora/read-dora.ts';
import { type DeploymentTenant, seedTenant } from '../data/deployment-tenant.ts';
import { countingDatabase } from './counting-database.ts';
import { type ApiHarness, startApi } from './harness.ts';

const newId = monotonicFactory();
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 2, 1);
const at = (hours: number) => new Date(START + hours * HOUR_MS);
const query = `from=${at(0).toISOString()}&to=${at(240).toISOString()}`;

describe('GET dora', () => {
  let api: ApiHarness;
  let tenant: DeploymentTenant;
  let token: string;
  let production: string;
  let service: string;
  let count = 0;

  beforeAll(async () => {
    api = await startApi();
    tenant = await seedTenant(api.db);
    token = await api.token(tenant.tenantId, 'viewer');
    production = await tenant.environment('production', { tier: 'production' });
    service = await tenant.service('api', []);
  });
  afterAll(() => api?.close());

  const ask = (rest: string, tenantId = tenant.tenantId, by = token) =>
    api.request('GET', `/api/v1/tenants/${tenantId}/dora?${rest}`, { token: by });

  async function artifact(version: string, committedAt: Date | null): Promise<string> {
    const id = await tenant.artifact(service, version);
    await api.db.run('UPDATE artifacts SET committed_at = ? WHERE id = ?', [committedAt, id]);
    return id;
  }

  /** One that ended, an hour after it began to change something and two after it was asked for. */
  async function ended(
    environmentId: string,
    hour: number,
    more: { artifactId?: string; kind?: DeploymentKind; outcome?: DeploymentOutcome; revertsId?: string; changed?: boolean } = {},
  ): Promise<string> {
    const { artifactId = null, kind = 'DEPLOY', outcome = 'SUCCEEDED', revertsId = null, changed = true } = more;
    const id = newId();
    count += 1;
    await api.db.run(
      `INSERT INTO deployments (id, tenant_id, run_id, display_number, app_id, environment_id, kind, scope, reverts_id, plan, overrides,
         requested_by_account_id, created_at, outcome, ended_at) VALUES (?)`,
      [
        [
          ...[
            id,
            tenant.tenantId,
            newId(),
            count,
            tenant.appId,
            environmentId,
            kind,
            'full',
            revertsId,
            '{}',
            '[]',
            tenant.caller.accountId,
          ],
          ...[at(hour - 2), outcome, at(hour)],
        ],
      ],
    );
    await api.db.run(
      `INSERT INTO service_deployments (id, tenant_id, deployment_id, service_id, layer, ordinal, artifact_id, status, change_order, started_at)
       VALUES (?)`,
      [[newId(), tenant.tenantId, id, service, 0, 0, artifactId, 'HEALTHY', changed ? 1 : null, at(hour - 1)]],
    );
    return id;
  }

  it('knows nothing where nothing happened', async () => {
    const { status, body } = await ask(query);

    expect(status).toBe(200);
    expect(body).toMatchObject({
      environments: [{ name: 'production' }],
      deployments: { total: 0 },
      leadTime: { count: 0, medianMs: null, p90Ms: null },
      recoveryTime: { count: 0, medianMs: null },
    });
    expect([body.deploymentFrequency, body.changeFailRate, body.reworkRate]).toEqual([null, null, null]);
  });

  it('tells the measures from what was deployed to production, each version once, in as many queries as for nothing', async () => {
    const { db, statements } = countingDatabase(api.db);
    const caller = { ...tenant.caller, permissions: new Set(permissions) };
    const question = { appId: tenant.appId, from: at(0).toISOString(), to: at(240).toISOString() };
    await readDora({ db }, caller, question);
    const forNothing = statements();
    const staging = await tenant.environment('staging');
    const [one, two, old] = [await artifact('1', at(4)), await artifact('2', at(20)), await artifact('0', null)];
    await ended(production, -5, { artifactId: old });
    await ended(production, 10, { artifactId: one });
    await ended(staging, 11, { artifactId: two });
    const bad = await ended(production, 30, { artifactId: two });
    await ended(production, 35, { kind: 'ROLLBACK', revertsId: bad, artifactId: one });
    await ended(production, 40, { artifactId: two });
    await ended(production, 50, { artifactId: two, outcome: 'ROLLED_BACK' });
    await ended(production, 60, { outcome: 'FAILED', changed: false });
    await ended(production, 300, { artifactId: await artifact('3', at(250)) });

    const { body } = await ask(`${query}&appId=${tenant.appId}`);
    const before = statements();
    await readDora({ db }, caller, question);

    expect(body).toMatchObject({
      deployments: { total: 4, stood: 2, failed: 2, rollbacks: 1 },
      deploymentFrequency: { perDay: 0.4 },
      leadTime: { count: 2, medianMs: 6 * HOUR_MS, p90Ms: 10 * HOUR_MS, unknown: 0 },
      changeFailRate: 0.5,
      recoveryTime: { count: 2, medianMs: HOUR_MS, p90Ms: 6 * HOUR_MS, open: 0 },
      reworkRate: 0.2,
    });
    expect((await ask(`${query}&environmentId=${staging}`)).body.deployments).toMatchObject({ total: 1, failed: 0 });
    expect(statements() - before).toBe(forNothing);
  });

  it('names what is wrong with a question, and knows nothing of others', async () => {
    const fields = async (rest: string) => (await ask(rest)).body.errors.map(({ field }: { field: string }) => field);
    const stranger = await api.tenant();

    expect(await fields('from=yesterday')).toEqual(['?from']);
    expect(await fields(`from=${at(5).toISOString()}&to=${at(5).toISOString()}`)).toEqual(['?from']);
    expect(await fields(`from=2020-01-01T00:00:00.000Z&to=${at(5).toISOString()}`)).toEqual(['?from']);
    expect((await ask(`environmentId=${production}`, stranger.tenantId, stranger.token)).status).toBe(404);
    expect((await ask(`appId=${tenant.appId}`, stranger.tenantId, stranger.token)).status).toBe(404);
    expect((await ask(query, tenant.tenantId, stranger.token)).status).toBe(404);
    expect((await ask(query, stranger.tenantId, stranger.token)).body).toMatchObject({ environments: [], deployments: { total: 0 } });
  });
});
