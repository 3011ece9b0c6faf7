import { sweepDue, sweepLapsedLeases, sweepLapsedOutbox } from '../engine/sweep.ts';
import { startOpsServer } from '../platform/ops-server.ts';
import { queueNames, tickQueueName } from '../platform/queues.ts';
import { duties } from '../scheduler/duties.ts';
import { startScheduler } from '../scheduler/scheduler.ts';
import { reverifyDueConnections } from '../services/connections/reverify.ts';
import { forgetArtifacts } from '../services/forget-artifacts.ts';
import { forgetConfigVersions } from '../services/forget-config-versions.ts';
import { forgetOld } from '../services/retention.ts';
import { openRuntime } from './runtime.ts';

/* `npm run scheduler`: rings for what time makes due. Several may run at once. */

const REVERIFY_AT_ONCE = 20;
/** A dead worker's tasks are taken back a lease and so long after its last heartbeat. */
const MIN_LAPSED_MS = 2_000;
const MAX_LAPSED_MS = 5_000;
/** Sweeps come late now and then. */
const AHEAD = 1.5;

const runtime = openRuntime('scheduler', process.env);
const { config, db, definitions, ring, logger, metrics, shutdown } = runtime;
const ahead = {
  ms: Math.ceil(config.sweepIntervalMs * AHEAD),
  later: (ms: number, act: () => void) => void setTimeout(act, ms).unref(),
};
const scheduler = startScheduler({
  ticks: runtime.queues.get(tickQueueName),
  redis: runtime.blockingRedis(),
  prefix: config.signalboxPrefix,
  logger,
  duties: duties({
    ...{ metrics, logger },
    sweepIntervalMs: config.sweepIntervalMs,
    lapsedEveryMs: Math.max(config.sweepIntervalMs, Math.min(MAX_LAPSED_MS, Math.max(MIN_LAPSED_MS, config.leaseMs / 6))),
    sweep: () => sweepDue(db, queueNames, ring, ahead),
    takeBackLapsed: async () => (await sweepLapsedLeases(db, queueNames, ring, definitions)) + (await sweepLapsedOutbox(db)),
    reverify: () => reverifyDueConnections(runtime, REVERIFY_AT_ONCE),
    forgetOld: async () => {
      await forgetOld(db, config.retentionDays);
      await forgetArtifacts(db, runtime.artifacts, config.artifactRetentionDays);
      await forgetConfigVersions(db);
    },
  }),
});
shutdown.add('scheduler', () => scheduler.close());
const ops = await startOpsServer({ port: config.metricsPort, host: config.host, metrics, checks: runtime.checks });
shutdown.add('ops server', () => ops.close());
logger.info({ owner: runtime.owner, metricsPort: ops.port }, 'scheduler started');
