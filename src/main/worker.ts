import { parseArgs } from 'node:util';
import { createEngine } from '../engine/create-engine.ts';
import { recordIntent, renewIntent } from '../engine/intent.ts';
import { createOutbox } from '../engine/outbox.ts';
import { createLocks } from '../platform/lock.ts';
import { startOpsServer } from '../platform/ops-server.ts';
import { type QueueName, queueNames } from '../platform/queues.ts';
import { createFollowBlocker } from '../services/blockers/follow-blocker.ts';
import { handleInteraction } from '../services/chat/handle-interaction.ts';
import { createCleanUp } from '../services/clean-ups/clean-up.ts';
import { createDeliver, deliveryLeaseMs } from '../services/deliveries/deliver.ts';
import { createLivingMessages } from '../services/deliveries/living-message.ts';
import { createFileShares } from '../services/deliveries/share-file.ts';
import { createTaskMessages } from '../services/deliveries/task-messages.ts';
import { createCallKeeper } from '../services/execution/attempt-calls.ts';
import { createArtifactKeeper } from '../services/execution/builds/artifact-keeper.ts';
import { createBuildService } from '../services/execution/builds/build-service.ts';
import { createNamedArtifacts } from '../services/execution/builds/named-artifacts.ts';
import { createSupersededBuildService } from '../services/execution/builds/superseded-build-service.ts';
import { createUploadService } from '../services/execution/builds/upload-service.ts';
import { createCiCdService } from '../services/execution/ci-cd-service.ts';
import { createNotificationService } from '../services/execution/notification-service.ts';
import { createReleaseRecords } from '../services/execution/release-records.ts';
import { createReleaseSource } from '../services/execution/release-source.ts';
import { createSourceControlService } from '../services/execution/source-control-service.ts';
import { createBundleFiles } from '../services/execution/stores/bundle.ts';
import { createRolloutService } from '../services/execution/stores/rollout-service.ts';
import { createStoreBuildService } from '../services/execution/stores/store-build-service.ts';
import { createStoreService } from '../services/execution/stores/store-service.ts';
import { createSubmissionService } from '../services/execution/stores/submission-service.ts';
import { createTurnService } from '../services/execution/stores/turn-service.ts';
import { createTestRunService } from '../services/execution/test-run-service.ts';
import { createTicketService } from '../services/execution/ticket-service.ts';
import { createPassOnWebhook } from '../services/webhooks/pass-on.ts';
import { bindHandlers } from '../workers/bind-handlers.ts';
import { deploymentTaskHandlers } from '../workers/deployment-tasks/index.ts';
import type { TaskServices } from '../workers/task-context.ts';
import { TaskExecutor } from '../workers/task-executor.ts';
import { taskHandlers } from '../workers/tasks/index.ts';
import { startWorkerProcess } from '../workers/worker-process.ts';
import { createDeploymentServices } from './deployment-services.ts';
import { openRuntime } from './runtime.ts';

/* `npm run worker -- --queues kickoff,regression --concurrency 20`: no --queues serves all. */

const OUTBOX_ATTEMPTS = 12;

const { queues, concurrency } = readArguments();
const runtime = openRuntime('worker', process.env);
const { config, db, connector, logger, metrics, shutdown } = runtime;
const cicd = createCiCdService(db, connector);
const notifications = createNotificationService(db, connector);
const releases = createReleaseSource(db);
const stores = createStoreService(connector);
const backoff = { baseMs: config.retryBaseMs, maxMs: config.retryMaxMs };
const { leaseMs, signalboxPrefix: prefix } = config;
const stop = new AbortController();
const calls = createCallKeeper(db, logger);
// Closed after the worker, whose last attempts may still be written down.
shutdown.add('calls of attempts', () => calls.idle());
const deployments = createDeploymentServices(runtime);
const releaseServices: TaskServices = {
  ...{ cicd, notifications, releases },
  messages: createTaskMessages(db),
  records: createReleaseRecords(db),
  scm: createSourceControlService(connector),
  builds: createBuildService(
    ...([db, cicd, createArtifactKeeper(runtime.artifacts, cicd, { maxBytes: config.artifactMaxMb * 1_000_000 })] as const),
    config.publicUrl,
    createNamedArtifacts({
      ...{ db, store: runtime.artifacts, keyring: runtime.keyring, download: runtime.download },
      ...{ maxBytes: config.artifactMaxMb * 1_000_000, idleMs: config.providerTimeoutMs },
    }),
  ),
  supersededBuilds: createSupersededBuildService(db, cicd),
  uploads: createUploadService(db, runtime.ring),
  tickets: createTicketService(db, connector),
  testRuns: createTestRunService(db, connector),
  stores,
  evidence: deployments.evidence,
  storeBuilds: createStoreBuildService(db, stores, createBundleFiles(runtime.artifacts)),
  submissions: createSubmissionService(db, runtime.ring),
  rollouts: createRolloutService(db, runtime.ring),
  turns: createTurnService(db, runtime.ring),
  windows: deployments.windows,
};
const locks = createLocks({ redis: runtime.redis, prefix, logger });
const executor = new TaskExecutor({
  bind: new Map([
    ['release', bindHandlers({ name: 'release', load: (id) => releases.load(id), services: releaseServices, handlers: taskHandlers })],
    [
      'deployment',
      bindHandlers({
        name: 'deployment',
        load: (id) => deployments.deployments.load(id),
        services: deployments,
        handlers: deploymentTaskHandlers,
      }),
    ],
  ]),
  recordIntent: (task, effect, value) => recordIntent(db, task, effect, value),
  renewIntent: (task, effect) => renewIntent(db, task, effect),
  calls,
  lockTtlMs: leaseMs,
  locks,
  pollMs: config.pollIntervalMs,
  ...{ logger, metrics },
});
const outbox = (table: 'deliveries' | 'webhook_events', leaseMs: number) =>
  createOutbox({ db, table, owner: runtime.owner, leaseMs, backoff, maxAttempts: OUTBOX_ATTEMPTS });
const worker = startWorkerProcess({
  engine: createEngine({ ...runtime, leaseMs, backoff }),
  execute: executor.execute,
  deliver: createDeliver({
    ...{ db, notifications, releases, metrics, leaseMs, signal: stop.signal },
    living: createLivingMessages(db, connector),
    shares: createFileShares(runtime),
    outbox: outbox('deliveries', deliveryLeaseMs(config)),
  }),
  passOnWebhook: createPassOnWebhook({
    ...{ db, ring: runtime.ring, outbox: outbox('webhook_events', leaseMs), signal: stop.signal },
    onPress: (press, within) => handleInteraction(runtime, press, within),
  }),
  followBlocker: createFollowBlocker({ ...runtime, leaseMs, backoff, pollMs: config.pollIntervalMs, signal: stop.signal }),
  cleanUp: createCleanUp({ ...runtime, locks, leaseMs, backoff, pollMs: config.pollIntervalMs, signal: stop.signal }),
  blockingRedis: runtime.blockingRedis,
  ...{ logger, metrics, leaseMs, prefix, queues, concurrency, stop },
});
shutdown.add('worker', () => worker.close());
const ops = await startOpsServer({ port: config.metricsPort, host: config.host, metrics, checks: runtime.checks });
shutdown.add('ops server', () => ops.close());
logger.info({ queues, concurrency, owner: runtime.owner, metricsPort: ops.port }, 'worker started');

function readArguments(): { queues: QueueName[]; concurrency: number } {
  try {
    const { values } = parseArgs({ options: { queues: { type: 'string' }, concurrency: { type: 'string', default: '20' } } });
    const wanted = values.queues === undefined ? [...queueNames] : values.queues.split(',').map((name) => name.trim());
    const unknown = wanted.filter((name) => !(queueNames as readonly string[]).includes(name));
    if (unknown.length > 0) throw new Error(`unknown queues ${unknown.join(', ')}; there are ${queueNames.join(', ')}`);
    const slots = Number(values.concurrency);
    if (!Number.isInteger(slots) || slots < 1 || slots > 1000) throw new Error('--concurrency takes a whole number from 1 to 1000');
    return { queues: wanted as QueueName[], concurrency: slots };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}
