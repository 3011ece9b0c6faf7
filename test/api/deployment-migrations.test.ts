import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import { insertDeployment } from '../../src/services/deployments/insert-deployment.ts';
import { createMigrationService } from '../../src/services/execution/deployments/migration-service.ts';
import { deploymentPlan, plannedService, targetBody } from '../data/deployment-facts.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let tenant: Awaited<ReturnType<ApiHarness['tenant']>>;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.tenant();
});
afterAll(() => api.close());

const added = { name: '001_add.sql', class: 'expand' as const, checksum: 'a'.repeat(64) };
const more = { name: '002_more.sql', class: 'expand' as const, checksum: 'b'.repeat(64) };

/** A deployment whose first migration is as `status` says, and the second is still to come. */
async function migrating(status: 'KNOWN' | 'IN_DOUBT') {
  const { tenantId, accountId } = tenant;
  const target = targetBody({ migrations: { integrationId: ulid() } });
  const service = plannedService('web', { serviceId: ulid(), target, migrations: [added, more] });
  const environment = { id: ulid(), name: 'staging', tier: 'staging' as const, maxParallel: 1, approval: null, commsConfigId: null };
  await api.db.run('INSERT INTO services (id, tenant_id, app_id, name, kind) VALUES (?)', [
    [service.serviceId, tenantId, ulid(), 'web', 'backend'],
  ]);
  const caller = { tenantId, accountId, permissions: new Set(permissions) };
  const id = await api.db.transact((tx) =>
    insertDeployment(tx, { ring: () => undefined }, caller, deploymentPlan([service], { environment }), {
      ...{ pipelineVersionId: null, sourceEnvironmentId: null, revertsId: null, reason: null, overrides: [] },
    }),
  );
  const migrations = createMigrationService({ db: api.db, connector: {} as never });
  const { integrationId } = target.migrations ?? { integrationId: '' };
  await migrations.record({ deployment: { id, tenantId }, serviceId: service.serviceId, integrationId }, added, status, { error: null });
  const path = `/api/v1/tenants/${tenantId}/deployments/${id}/migrations`;
  return { path, resolve: `${path}/${added.name}/resolve`, body: { serviceId: service.serviceId, as: 'applied', reason: 'It is there' } };
}

describe('migrations of a deployment', () => {
  it('are shown with what became of them, and those whose turn has not come', async () => {
    const { path } = await migrating('IN_DOUBT');

    const { status, body } = await api.request('GET', path, { token: tenant.token });

    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      { service: { name: 'web' }, name: '001_add.sql', class: 'expand', status: 'IN_DOUBT', at: expect.any(String) },
      { name: '002_more.sql', status: 'PENDING', at: null },
    ]);
  });

  it('are settled by those who may approve deployments, with a reason', async () => {
    const { resolve, body } = await migrating('IN_DOUBT');
    const viewer = await api.token(tenant.tenantId, 'viewer');

    expect((await api.request('POST', resolve, { token: viewer, body })).status).toBe(403);
    const refused = await api.request('POST', resolve, { token: tenant.token, body: { serviceId: body.serviceId, as: 'perhaps' } });
    expect(refused).toMatchObject({ status: 422 });
    expect(JSON.stringify(refused.body)).toMatch(/as.*reason|reason.*as/);
  });

  it('that are in no doubt, of nobody, or another tenant’s are not settled', async () => {
    const { path, resolve, body } = await migrating('KNOWN');
    const stranger = await api.tenant();

    expect((await api.request('POST', resolve, { token: tenant.token, body })).status).toBe(409);
    expect((await api.request('POST', `${path}/009.sql/resolve`, { token: tenant.token, body })).status).toBe(404);
    const theirs = path.replace(tenant.tenantId, stranger.tenantId);
    expect((await api.request('GET', theirs, { token: stranger.token })).status).toBe(404);
  });
});
