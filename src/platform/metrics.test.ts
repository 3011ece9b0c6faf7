import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';

describe('createMetrics', () => {
  it('renders every instrument under its published name', async () => {
    const { body, contentType } = await createMetrics().render();

    expect(contentType).toContain('text/plain');
    const names = [...body.matchAll(/^# TYPE (signalbox_\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
    expect(names.sort()).toEqual([
      'signalbox_claims_total counter',
      'signalbox_db_pool_connections gauge',
      'signalbox_deliveries_total counter',
      'signalbox_due_lag_seconds gauge',
      'signalbox_http_request_duration_seconds histogram',
      'signalbox_provider_errors_total counter',
      'signalbox_provider_request_duration_seconds histogram',
      'signalbox_queue_depth gauge',
      'signalbox_task_duration_seconds histogram',
    ]);
    expect(body).toContain('process_cpu_seconds_total');
  });

  it('keeps two registries apart', async () => {
    const one = createMetrics();
    const other = createMetrics();

    one.claims.inc({ outcome: 'won' });

    expect((await one.render()).body).toContain('signalbox_claims_total{outcome="won"} 1');
    expect((await other.render()).body).not.toContain('outcome="won"');
  });

  it('asks samplers at each scrape and survives one that fails and one that never answers', async () => {
    const metrics = createMetrics();
    metrics.sampleWith(() => Promise.reject(new Error('redis is down')));
    metrics.sampleWith(() => new Promise(() => undefined));
    metrics.sampleWith(async () => metrics.queueDepth.set({ queue: 'kickoff', state: 'waiting' }, 7));

    expect((await metrics.render()).body).toContain('signalbox_queue_depth{queue="kickoff",state="waiting"} 7');
  });
});
