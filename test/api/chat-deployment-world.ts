import { ulid } from 'ulid';
import { permissions } from '../../src/domain/access/permissions.ts';
import type { DeploymentPlan } from '../../src/domain/deployment/plan.ts';
import { programOf } from '../../src/domain/deployment/rollout/program.ts';
import type { Strategy } from '../../src/domain/deployment/strategy.ts';
import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import type { Outcome } from '../../src/engine/vocabulary.ts';
import { insertDeployment } from '../../src/services/deployments/insert-deployment.ts';
import { createDeploymentRecords } from '../../src/services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createServiceRolloutService } from '../../src/services/execution/deployments/service-rollout-service.ts';
import type { DeploymentTaskContext } from '../../src/workers/deployment-context.ts';
import { approveDeployment } from '../../src/workers/deployment-tasks/approve-deployment.ts';
import { deploymentPlan, plannedService, revisionOf, targetBody } from '../data/deployment-facts.ts';
import type { FakeMessage } from '../fakes/slack/index.ts';
import type { ChatWorld } from './chat-world.ts';
import type { ApiHarness } from './harness.ts';

/** Deployments of the chat's tenant that ask people for something. */
export interface DeploymentChat {
  /** One whose gate asks for two approvals. */
  gated(): Promise<{ id: string; gateId: string; look: () => Promise<string>; expire: () => Promise<void>; plan: () => Promise<void> }>;
  /** One whose rollout stands on a step that a person ends. */
  onStep(strategy: Strategy, step: number): Promise<OnStep>;
  /** Sends the message as it is to be now, and shows what people see of it. */
  message(deploymentId: string, type: string): Promise<FakeMessage>;
  call(method: string, path: string, token: string, body?: object): ReturnType<ApiHarness['request']>;
}

interface OnStep {
  id: string;
  serviceId: string;
  rollout(): Promise<{ wanted: string; advanced: number; step: number }>;
  /** As a look does that finds it there. */
  stands(on: {
    step: number;
    status?: 'PAUSED' | 'PROGRESSING' | 'ABORTING';
    pauseReason?: 'step' | 'manual' | 'inconclusive' | null;
    /** Since when evidence is lacking; the deadline is ten minutes. */
    lackingSince?: number | null;
  }): Promise<void>;
  /** Lets the planner look. */
  plan(): Promise<void>;
}

export async function deploymentChat(api: ApiHarness, world: ChatWorld): Promise<DeploymentChat> {
  const { db, deps } = api;
  const { tenantId } = world;
  const environmentId = ulid();
  const owner = await world.person('owner', 'Olga');
  const caller = { tenantId, accountId: owner.accountId, permissions: new Set(permissions) };
  await db.run('INSERT INTO environments (id, tenant_id, name, tier, kind, max_parallel) VALUES (?)', [
    [environmentId, tenantId, 'live', 'production', 'infra', 1],
  ]);
  const engine = createEngine({
    ...{ db, ring: deps.ring, definitions: deps.definitions, owner: ulid(), leaseMs: 60_000, backoff: { baseMs: 1, maxMs: 1 } },
  });
  const source = createDeploymentSource(db);

  async function insert(stage: 'PREFLIGHT' | 'DEPLOY', strategy: Strategy, approval: DeploymentPlan['environment']['approval']) {
    const appId = ulid();
    await db.run('INSERT INTO apps (id, tenant_id, name, created_by_account_id) VALUES (?)', [
      [appId, tenantId, `shop ${appId}`, owner.accountId],
    ]);
    const target = targetBody({ strategy, traffic: { integrationId: ulid(), config: {} } });
    const service = plannedService('web', { serviceId: ulid(), target });
    const environment = {
      id: environmentId,
      name: 'live',
      tier: 'production' as const,
      maxParallel: 1,
      approval,
      commsConfigId: world.ids.comms,
    };
    const type = stage === 'PREFLIGHT' ? ('APPROVE_DEPLOYMENT' as const) : ('DEPLOY_SERVICE' as const);
    const task = { key: type, type, dependsOn: [], onFailure: 'rollback' as const, maxAttempts: 5, timeoutMs: 86_400_000, input: {} };
    await db.run('INSERT INTO services (id, tenant_id, app_id, name, kind) VALUES (?)', [
      [service.serviceId, tenantId, appId, 'web', 'backend'],
    ]);
    const changes = {
      environment,
      app: { id: appId, name: 'shop' },
      pipeline: { tiers: ['production' as const], stages: [{ key: stage, tasks: [task] }] },
    };
    const id = await db.transact((tx) =>
      insertDeployment(tx, deps, caller, deploymentPlan([service], changes), {
        ...{ pipelineVersionId: null, sourceEnvironmentId: null, revertsId: null, reason: null, overrides: [] },
      }),
    );
    const deployment = await source.load(id);
    await engine.advance(deployment.runId);
    const [row] = await db.rows<{ id: string }>('SELECT id FROM tasks WHERE run_id = ?', [deployment.runId]);
    if (row === undefined) throw new Error('there is no task');
    return { id, deployment, service, target, taskId: row.id };
  }

  async function plan(runId: string): Promise<void> {
    await db.run('UPDATE runs SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [runId]);
    await engine.advance(runId);
  }

  return {
    async gated() {
      const made = await insert('PREFLIGHT', { kind: 'rolling' }, { ...plainRules, quorum: 2, allowSelfApproval: false });
      /** @param outcome as the handler finds it, where the test does not say */
      const settle = async (outcome?: Outcome) => {
        await db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ?', [made.taskId]);
        const [row] = await db.rows<{ fence: number }>('SELECT fence FROM tasks WHERE id = ?', [made.taskId]);
        const task = await engine.claim({ id: made.taskId, fence: row?.fence ?? -1 });
        if (task === null) throw new Error('the gate is not due');
        // A gate reads no more of its context than this.
        const context = { task, deployment: made.deployment, services: { records: createDeploymentRecords(db) }, pollMs: 60_000 };
        const found = outcome ?? (await approveDeployment.run(context as unknown as DeploymentTaskContext));
        await engine.settle({ task, outcome: found, handOver: false });
        return found.kind;
      };
      const look = () => settle();
      const expire = async () => void (await settle({ kind: 'failed', failure: { kind: 'conflict', message: 'nobody came' } }));
      await look();
      return { id: made.id, gateId: made.taskId, look, expire, plan: () => plan(made.deployment.runId) };
    },

    async onStep(strategy, step) {
      const { id, deployment, service, target, taskId } = await insert('DEPLOY', strategy, null);
      const program = programOf(target, { kind: 'DEPLOY', from: 'blue', unchanged: false });
      const rollouts = createServiceRolloutService(db, deps.ring);
      const revision = revisionOf('web', '2.0.0', { artifactId: ulid() });
      await db.run('INSERT INTO artifacts (id, tenant_id, service_id, version, digest, source, migrations) VALUES (?)', [
        [revision.artifactId, tenantId, service.serviceId, revision.version, revision.digest, JSON.stringify(revision.source), '[]'],
      ]);
      const stands: OnStep['stands'] = async ({ step: at, status = 'PAUSED', pauseReason = 'step', lackingSince = null }) => {
        await db.run(`UPDATE tasks SET status = 'IN_PROGRESS' WHERE id = ?`, [taskId]);
        const [row] = await db.rows<{ fence: number }>('SELECT fence FROM tasks WHERE id = ?', [taskId]);
        const task = { id: taskId, fence: row?.fence ?? -1 };
        const place = { deployment, service, task, program, revision, configVersion: 'c'.repeat(64), note: null };
        const rollout = await rollouts.open(place);
        const now = rollout.now.getTime();
        const phase = program.steps[at]?.phase ?? 'STEPPING';
        const planned = strategy.kind === 'canary' ? 10 : 0;
        const since = rollout.state.step === at ? (rollout.state.stepSince ?? now) : now;
        const progress = {
          ...{ phase, step: at, stepSince: since, inconclusiveSince: lackingSince },
          ...{ planned, weight: planned, installedAt: now, healthyAt: now, exposedAt: now },
        };
        await rollouts.write(place, rollout, {
          state: { ...rollout.state, ...progress, status, pauseReason, advanceRequestedAt: null },
          ...{ events: [], act: null, failure: null },
          wait: { for: 'person', until: lackingSince === null ? null : lackingSince + 600_000, why: 'nothing was measured' },
        });
        await db.run(
          `UPDATE tasks SET status = 'WAITING', wait_reason = 'HALTED', run_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ?`,
          [taskId],
        );
      };
      await stands({ step });
      return {
        ...{ id, serviceId: service.serviceId, stands },
        plan: () => plan(deployment.runId),
        async rollout() {
          const [found] = await db.rows<{ wanted: string; advanced: number; step: number }>(
            'SELECT wanted, advance_requested_at IS NOT NULL AS advanced, step FROM service_rollouts WHERE deployment_id = ?',
            [id],
          );
          if (found === undefined) throw new Error('there is no rollout');
          return found;
        },
      };
    },

    async message(deploymentId, type) {
      const row = (await world.rows(deploymentId)).findLast((candidate) => candidate.type === type);
      if (row === undefined) throw new Error(`nobody is told ${type}`);
      await world.send(row);
      const { posted, failure } = (await world.rows(deploymentId)).find(({ id }) => id === row.id) ?? row;
      const message = world.shown().find(({ ts }) => ts === posted?.[world.channelId]);
      if (message === undefined) throw new Error(failure?.message ?? 'nobody was asked');
      return message;
    },

    call: (method, path, token, body) => api.request(method, `/api/v1/tenants/${tenantId}/deployments/${path}`, { token, body }),
  };
}
