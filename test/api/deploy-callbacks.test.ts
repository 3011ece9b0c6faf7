import { Webhook } from 'standardwebhooks';
import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { permissions } from '../../src/domain/access/permissions.ts';
import { createEngine } from '../../src/engine/create-engine.ts';
import { createOutbox } from '../../src/engine/outbox.ts';
import { insertDeployment } from '../../src/services/deployments/insert-deployment.ts';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import { createAnalysisService } from '../../src/services/execution/deployments/analysis-service.ts';
import { createConfigurationService } from '../../src/services/execution/deployments/configuration-service.ts';
import { createDeploymentRecords } from '../../src/services/execution/deployments/deployment-records.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createDriverService, placeName } from '../../src/services/execution/deployments/driver-service.ts';
import { createServiceRolloutService } from '../../src/services/execution/deployments/service-rollout-service.ts';
import { createWindowService } from '../../src/services/execution/window-service.ts';
import { createPassOnWebhook } from '../../src/services/webhooks/pass-on.ts';
import type { DeploymentTaskContext } from '../../src/workers/deployment-context.ts';
import { deployService } from '../../src/workers/deployment-tasks/deploy-service.ts';
import { deploymentPlan, digestOf, plannedService, revisionOf, targetBody } from '../data/deployment-facts.ts';
import { createDeployReceiverFake, type DeployReceiverFake } from '../fakes/deploy-webhook/index.ts';
import { type ApiHarness, startApi } from './harness.ts';

/** A receiver calls back: what waits for its place is looked at now, and not when its time comes. */

const secretOf = (text: string) => `whsec_${Buffer.from(text.padEnd(32, '.')).toString('base64')}`;
const [ours, theirs] = [secretOf('what we sign with'), secretOf('what the receiver signs with')];
const LEASE_MS = 60_000;

let api: ApiHarness;
let receiver: DeployReceiverFake;
let tenant: Awaited<ReturnType<ApiHarness['tenant']>>;
let connectionId: string;

beforeAll(async () => {
  [api, receiver] = await Promise.all([startApi(), createDeployReceiverFake({ secret: ours })]);
  tenant = await api.tenant();
  const created = await api.request('POST', `/api/v1/tenants/${tenant.tenantId}/integrations/deployment?verify=false`, {
    token: tenant.token,
    body: {
      ...{ provider: 'deploy-webhook', displayName: 'Receiver', baseUrl: receiver.baseUrl, webhookSecret: theirs },
      credentials: { signingSecret: ours },
    },
  });
  if (created.status !== 201) throw new Error(created.text);
  connectionId = created.body.id;
});
afterAll(async () => void (await Promise.all([api?.close(), receiver?.close()])));

/** A deployment of one service that the receiver was asked to bring and has not brought yet, and a worker for its task. */
async function bringing() {
  const { db, deps } = api;
  const target = targetBody({ deploy: { integrationId: connectionId, config: {}, replicas: 1, readyWithinMs: 3_600_000, graceMs: 1_000 } });
  const digest = digestOf(ulid());
  receiver.images.set(digest, { version: '2.0.0' });
  const source = { kind: 'image' as const, reference: `registry.example.test/web@${digest}` };
  const revision = revisionOf('web', '2.0.0', { artifactId: ulid(), digest, source });
  const service = plannedService('web', { serviceId: ulid(), target, from: null, revision });
  const environment = { id: ulid(), name: 'staging', tier: 'staging' as const, maxParallel: 1, approval: null, commsConfigId: null };
  const type = 'DEPLOY_SERVICE' as const;
  const planned = { key: type, type, dependsOn: [], onFailure: 'rollback' as const, maxAttempts: 5, timeoutMs: 86_400_000, input: {} };
  const pipeline = { tiers: ['staging' as const], stages: [{ key: 'DEPLOY' as const, tasks: [planned] }] };
  const caller = { ...tenant, permissions: new Set(permissions) };
  const id = await db.transact((tx) =>
    insertDeployment(tx, deps, caller, deploymentPlan([service], { environment, pipeline }), {
      ...{ pipelineVersionId: null, sourceEnvironmentId: null, revertsId: null, reason: null, overrides: [] },
    }),
  );
  const deployment = await createDeploymentSource(db).load(id);
  const [task] = await db.rows<{ id: string }>('SELECT id FROM tasks WHERE run_id = ?', [deployment.runId]);
  if (task === undefined) throw new Error('there is no task');
  const look = looker(deployment);
  await db.run('UPDATE tasks SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [task.id]);
  if ((await look(task.id)) !== 'waiting') throw new Error('the receiver has brought it already');
  return { taskId: task.id, place: placeName(environment, service), look: () => look(task.id) };
}

/** What a worker does with the task, if it is due. */
function looker(deployment: DeploymentTaskContext['deployment']) {
  const { db, deps } = api;
  const engine = createEngine({
    ...{ db, ring: deps.ring, definitions: deps.definitions, owner: ulid(), leaseMs: LEASE_MS, backoff: { baseMs: 1, maxMs: 1 } },
  });
  const services = {
    drivers: createDriverService({ db, connector: deps.connector, artifacts: deps.artifacts }),
    configurations: createConfigurationService({ db, keyring: deps.keyring }),
    ...{ records: createDeploymentRecords(db), analyses: createAnalysisService(db), windows: createWindowService(db) },
    rollouts: createServiceRolloutService(db, deps.ring),
    health: { probe: async () => [] },
  };
  return async (taskId: string): Promise<string> => {
    const [row] = await db.rows<{ fence: number }>('SELECT fence FROM tasks WHERE id = ?', [taskId]);
    const task = await engine.claim({ id: taskId, fence: row?.fence ?? -1 });
    if (task === null) return 'not due';
    // A service without probes needs no more of its context than this.
    const context = { task, deployment, services, pollMs: 3_600_000 } as unknown as DeploymentTaskContext;
    const scope = { signal: new AbortController().signal, assertOurs: () => undefined };
    const outcome = await inAttempt(scope, () => deployService.run(context));
    await engine.settle({ task, outcome, handOver: false });
    return outcome.kind;
  };
}

/** As the receiver sends it. */
function callBack(place: string, secret = theirs) {
  const body = JSON.stringify({ type: 'changed', place });
  const [id, at] = [`msg_${ulid()}`, new Date()];
  const headers = {
    ...{ 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)) },
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  };
  return api.request('POST', `/api/v1/webhooks/deploy-webhook/${connectionId}`, { body, headers });
}

/** Reads every webhook that came in, as a worker would. */
async function passOn(): Promise<void> {
  const { db, deps } = api;
  const pass = createPassOnWebhook({
    ...{ db, ring: deps.ring, signal: new AbortController().signal, onPress: async () => undefined },
    outbox: createOutbox({
      ...{ db, table: 'webhook_events', owner: 'worker', leaseMs: LEASE_MS, backoff: { baseMs: 1_000, maxMs: 8_000 }, maxAttempts: 3 },
    }),
  });
  const events = await db.rows<{ id: string; fence: number }>(`SELECT id, fence FROM webhook_events WHERE status = 'PENDING' ORDER BY id`);
  for (const event of events) await pass(event);
}

describe('a signed callback of a receiver', () => {
  beforeEach(() => {
    receiver.isSlow = true;
  });

  it('makes the task due that waits for its place, which then sees what the receiver has done', async () => {
    const { taskId, place, look } = await bringing();
    const before = await look();
    await receiver.catchUp();
    api.rung.length = 0;

    const answer = await callBack(place);
    await passOn();

    expect([before, answer.status]).toEqual(['not due', 202]);
    expect(api.rung.map(({ id }) => id)).toContain(taskId);
    expect(await look()).toBe('completed');
  });

  it('about another place, and one that somebody else signed, hurries nothing', async () => {
    const { look, place } = await bringing();
    await receiver.catchUp();

    const elsewhere = await callBack(`${place}-2`);
    const forged = await callBack(place, ours);
    await passOn();

    expect([elsewhere.status, forged.status]).toEqual([202, 401]);
    expect(await look()).toBe('not due');
  });
});
