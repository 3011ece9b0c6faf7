import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import { programOf } from '../../src/domain/deployment/rollout/program.ts';
import { insertDeployment } from '../../src/services/deployments/insert-deployment.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createServiceRolloutService } from '../../src/services/execution/deployments/service-rollout-service.ts';
import { deploymentPlan, plannedService, revisionOf, targetBody } from '../data/deployment-facts.ts';
import { type ApiHarness, startApi } from './harness.ts';

let api: ApiHarness;
let tenant: Awaited<ReturnType<ApiHarness['tenant']>>;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.tenant();
});
afterAll(() => api.close());

/** A canary of one service on its first pause, whose task waits. */
async function onItsWay() {
  const { tenantId, accountId } = tenant;
  const steps = [
    { do: 'set-weight' as const, percent: 10 },
    { do: 'pause' as const, forMs: null },
  ];
  const target = targetBody({
    strategy: { kind: 'canary', steps, background: null, drainMs: 0 },
    traffic: { integrationId: ulid(), config: {} },
  });
  const service = plannedService('web', { serviceId: ulid(), target });
  const environment = { id: ulid(), name: 'staging', tier: 'staging' as const, maxParallel: 1, approval: null, commsConfigId: null };
  const pipeline = {
    tiers: ['staging' as const],
    stages: [
      {
        key: 'DEPLOY' as const,
        tasks: [
          {
            ...{ key: 'DEPLOY_SERVICE', type: 'DEPLOY_SERVICE' as const, dependsOn: [], onFailure: 'rollback' as const },
            ...{ maxAttempts: 5, timeoutMs: 86_400_000, input: {} },
          },
        ],
      },
    ],
  };
  await api.db.run('INSERT INTO services (id, tenant_id, app_id, name, kind) VALUES (?)', [
    [service.serviceId, tenantId, ulid(), 'web', 'backend'],
  ]);
  const caller = { tenantId, accountId, permissions: new Set(permissions) };
  const deploymentId = await api.db.transact((tx) =>
    insertDeployment(tx, { ring: () => undefined }, caller, deploymentPlan([service], { environment, pipeline }), {
      ...{ pipelineVersionId: null, sourceEnvironmentId: null, revertsId: null, reason: null, overrides: [] },
    }),
  );
  const deployment = await createDeploymentSource(api.db).load(deploymentId);
  const [task] = await api.db.rows<{ id: string; fence: number }>('SELECT id, fence FROM tasks WHERE run_id = ?', [deployment.runId]);
  if (task === undefined) throw new Error('there is no task');
  const program = programOf(target, { kind: 'DEPLOY', from: 'blue', unchanged: false });
  const rollouts = createServiceRolloutService(api.db, () => undefined);
  const place = { deployment, service, task, program, revision: revisionOf('web', '2.0.0'), configVersion: 'c'.repeat(64), note: null };
  const rollout = await rollouts.open(place);
  await api.db.run(`UPDATE tasks SET status = 'IN_PROGRESS' WHERE id = ?`, [task.id]);
  const now = rollout.now.getTime();
  const progress = {
    phase: 'STEPPING',
    step: 1,
    stepSince: now,
    planned: 10,
    weight: 10,
    installedAt: now,
    healthyAt: now,
    exposedAt: now,
  } as const;
  await rollouts.write(place, rollout, {
    state: { ...rollout.state, ...progress, status: 'PAUSED', pauseReason: 'step' },
    ...{ events: [], act: null, failure: null, wait: { for: 'person', until: null, why: 'a person advances it' } },
  });
  await api.db.run(
    `UPDATE tasks SET status = 'WAITING', wait_reason = 'HALTED', run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?`,
    [task.id],
  );
  const path = `/api/v1/tenants/${tenantId}/deployments/${deploymentId}/rollouts`;
  return { path, own: `${path}/${service.serviceId}`, taskId: task.id, deploymentId };
}

const reason = { reason: 'Because' };

describe('rollouts of a deployment', () => {
  it('are shown with their steps', async () => {
    const { path } = await onItsWay();

    const { status, body } = await api.request('GET', path, { token: tenant.token });

    expect(status).toBe(200);
    expect(body.items).toMatchObject([
      {
        ...{ status: 'PAUSED', pauseReason: 'step', phase: 'STEPPING', step: 2, weight: 10, side: 'green', oldSide: 'blue', wanted: 'RUN' },
        service: { name: 'web' },
        task: { status: 'WAITING' },
        steps: [
          { do: 'set-weight', percent: 10 },
          { do: 'pause', forMs: null },
          { do: 'set-weight', percent: 100 },
        ],
        analyses: [],
      },
    ]);
  });

  it('are advanced: the wish is written with who and why, and the task is due', async () => {
    const { own, taskId, deploymentId } = await onItsWay();

    const first = await api.request('POST', `${own}/advance`, { token: tenant.token, body: reason });
    const again = await api.request('POST', `${own}/advance`, { token: tenant.token, body: reason });

    expect([first.status, again.status]).toEqual([200, 200]);
    expect(first.body.advanceRequestedAt).not.toBeNull();
    expect(again.body.advanceRequestedAt).toBe(first.body.advanceRequestedAt);
    const [task] = await api.db.rows<{ due: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS due FROM tasks WHERE id = ?', [taskId]);
    expect(task?.due).toBe(1);
    const told = await api.db.rows(
      `SELECT h.why, h.account_id AS accountId FROM state_history h JOIN state_history_items i ON i.history_id = h.id
       WHERE h.scope_id = ? AND i.field = 'advanceRequestedAt'`,
      [deploymentId],
    );
    expect(told).toEqual([{ why: 'Because', accountId: tenant.accountId }]);
  });

  it('are paused and resumed; what is not paused is not resumed', async () => {
    const { own } = await onItsWay();
    const post = (command: string) => api.request('POST', `${own}/${command}`, { token: tenant.token, body: reason });

    expect((await post('resume')).status).toBe(409);
    expect((await post('pause')).body.wanted).toBe('PAUSE');
    expect((await post('promote')).status).toBe(409);
    expect((await post('resume')).body.wanted).toBe('RUN');
    expect((await post('abort')).body.wanted).toBe('ABORT');
    expect((await post('advance')).status).toBe(409);
  });

  it('are no business of other tenants, viewers and rollouts that are not there', async () => {
    const { path, own } = await onItsWay();
    const other = await api.tenant();
    const viewer = await api.token(tenant.tenantId, 'viewer');
    const foreign = own.replace(tenant.tenantId, other.tenantId);

    expect((await api.request('GET', path.replace(tenant.tenantId, other.tenantId), { token: other.token })).status).toBe(404);
    expect((await api.request('POST', `${foreign}/abort`, { token: other.token, body: reason })).status).toBe(404);
    expect((await api.request('GET', path, { token: viewer })).status).toBe(200);
    expect((await api.request('POST', `${own}/abort`, { token: viewer, body: reason })).status).toBe(403);
    expect((await api.request('POST', `${path}/${ulid()}/abort`, { token: tenant.token, body: reason })).status).toBe(404);
    const wordless = await api.request('POST', `${own}/abort`, { token: tenant.token, body: {} });
    expect([wordless.status, JSON.stringify(wordless.body)]).toEqual([422, expect.stringContaining('/reason')]);
  });
});
