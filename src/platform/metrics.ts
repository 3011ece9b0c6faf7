import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** From a database write to a provider that takes its time; seconds. */
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

const EVENT_LOOP_PRECISION_MS = 200;

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry per process, handed to whoever measures. Label values come from small closed sets: no ids, no tenant, no raw paths. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  const samplers: (() => Promise<void>)[] = [];
  // By default the event loop is woken a hundred times a second to measure its own delay: a third of what an idle process costs.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_PRECISION_MS });

  return {
    queueDepth: new Gauge({ name: 'signalbox_queue_depth', help: 'Jobs per queue and state', labelNames: ['queue', 'state'], registers }),
    dueLag: new Gauge({
      name: 'signalbox_due_lag_seconds',
      help: 'How long the oldest due task of a queue has been waiting for a worker',
      labelNames: ['queue'],
      registers,
    }),
    taskDuration: new Histogram({
      name: 'signalbox_task_duration_seconds',
      help: 'Time a handler took for one attempt',
      labelNames: ['type', 'outcome'],
      buckets: CALL_BUCKETS,
      registers,
    }),
    providerRequestDuration: new Histogram({
      name: 'signalbox_provider_request_duration_seconds',
      help: 'Time a call to a provider took',
      labelNames: ['provider', 'outcome'],
      buckets: CALL_BUCKETS,
      registers,
    }),
    providerErrors: new Counter({
      name: 'signalbox_provider_errors_total',
      help: 'Failed provider operations by kind of failure',
      labelNames: ['provider', 'kind'],
      registers,
    }),
    databasePoolConnections: new Gauge({
      name: 'signalbox_db_pool_connections',
      help: 'Database connections of this process by state',
      labelNames: ['state'],
      registers,
    }),
    httpRequestDuration: new Histogram({
      name: 'signalbox_http_request_duration_seconds',
      help: 'Time the API took to answer, by route pattern',
      labelNames: ['method', 'route', 'status'],
      buckets: CALL_BUCKETS,
      registers,
    }),
    deliveries: new Counter({
      name: 'signalbox_deliveries_total',
      help: 'Outgoing notifications and webhooks by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    claims: new Counter({ name: 'signalbox_claims_total', help: 'Task claims by outcome', labelNames: ['outcome'], registers }),

    /** Runs before each scrape, for gauges that are asked rather than told. One that fails or does not answer in time leaves its gauge as it was. */
    sampleWith(sampler: () => Promise<void>): void {
      samplers.push(sampler);
    },
    async render(): Promise<{ contentType: string; body: string }> {
      await Promise.allSettled(samplers.map((sample) => withinTime(sample())));
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

/** A dependency that hangs must not take the metrics of everything else with it. */
const SAMPLE_TIMEOUT_MS = 1000;

async function withinTime(sampling: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, SAMPLE_TIMEOUT_MS);
  });
  await Promise.race([sampling, timeUp]).finally(() => clearTimeout(timer));
}
