import { describe, expect, it } from 'vitest';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { MetricsWebhookConnection } from '../../src/integrations/providers/metrics-webhook/identity.ts';
import { metricsWebhook } from '../../src/integrations/providers/metrics-webhook/index.ts';
import { webhookMetricsSource } from '../../src/integrations/providers/metrics-webhook/metrics-source.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createMetricsReceiverFake } from '../fakes/metrics-webhook/index.ts';
import { guardedDeps } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { type MetricsSourceHarness, metricsSourceContract, pointsOf, STEP_MS } from './metrics-source.contract.ts';

const secretOf = (fill: number) => `whsec_${Buffer.alloc(32, fill).toString('base64')}`;
const secret = secretOf(7);
const since = new Date('2026-11-20T12:00:00Z');

const connectionTo = (baseUrl: string, signingSecret = secret): MetricsWebhookConnection => ({
  ...{ id: 'c1', baseUrl, credentials: { signingSecret: new Secret(signingSecret) }, settings: {} },
});

const feed = (name: string, labels: Record<string, string>, values: readonly number[]) => ({
  ...{ name, labels },
  points: values.map((value, index) => ({ at: since.getTime() + index * STEP_MS, value })),
});

const fed = [
  feed('requests', { service: 'checkout', side: 'blue' }, pointsOf(10)),
  feed('requests', { service: 'checkout', side: 'green' }, pointsOf(30)),
  feed(
    'odd',
    { kind: 'nan' },
    pointsOf(0).map(() => Number.NaN),
  ),
  feed(
    'odd',
    { kind: 'infinite' },
    pointsOf(0).map(() => Number.POSITIVE_INFINITY),
  ),
  feed(
    'odd',
    { kind: 'negative' },
    pointsOf(0).map(() => Number.NEGATIVE_INFINITY),
  ),
];

async function harness(): Promise<MetricsSourceHarness> {
  const fake = await createMetricsReceiverFake({ secret, fed });
  const observed: ProviderCall[] = [];
  return {
    connect: ({ wrongCredentials, ...options } = {}) =>
      webhookMetricsSource(
        connectionTo(fake.baseUrl, wrongCredentials ? secretOf(8) : secret),
        guardedDeps('metrics-webhook', observed, options),
      ),
    queries: {
      ...{ requests: 'requests', blue: 'requests blue', constant: { query: '7', value: 7 }, nothing: 'silence' },
      ...{ odd: { nan: 'odd nan', infinite: 'odd infinite', negative: 'odd negative' }, broken: 'sum(requests', unfit: 'requests[5m]' },
    },
    observed,
    secrets: [secret, secretOf(8)],
    freeze: () => fake.failNext({ mode: 'hang', times: 100 }),
    thaw: fake.clearFaults,
    stop: fake.stop,
    close: fake.close,
  };
}

metricsSourceContract('metrics-webhook', harness, { program: 'fake', since });

describe('metrics webhook', () => {
  const answered = async (body: unknown) => {
    const fake = await createMetricsReceiverFake({ secret, fed: [] });
    fake.failNext({ status: 200, body, times: 2 });
    const source = webhookMetricsSource(connectionTo(fake.baseUrl), guardedDeps('metrics-webhook', []));
    return { source, calls: fake.calls, close: fake.close };
  };
  const point = (at: Date, value: unknown = 1) => ({ at: at.toISOString(), value });
  const later = new Date(since.getTime() + 60_000);

  it('asks in the words of its README', async () => {
    const { source, calls, close } = await answered({ series: [] });

    await source.query('error rate', since);
    await source.queryRange('error rate', { from: since, to: later, stepMs: 15_000 });

    expect(calls.map(({ body }) => body)).toEqual([
      { type: 'query', query: 'error rate', at: since.toISOString() },
      { type: 'query-range', query: 'error rate', from: since.toISOString(), to: later.toISOString(), stepMs: 15_000 },
    ]);
    await close();
  });

  it.each([
    ['text that is no number', { series: [{ labels: {}, points: [point(since, '1')] }] }],
    ['null', { series: [{ labels: {}, points: [point(since, null)] }] }],
    ['several points for an instant', { series: [{ labels: {}, points: [point(since), point(later)] }] }],
    ['an instant without a time zone', { series: [{ labels: {}, points: [{ at: '2026-11-20T12:00:00', value: 1 }] }] }],
    ['no series at all', {}],
  ])('%s is no measurement', async (_what, body) => {
    const { source, close } = await answered(body);

    expect((await providerError(source.query('x', since))).kind).toBe('malformed');
    await close();
  });

  it.each([
    ['outside of the range', [point(new Date(later.getTime() + 1))]],
    ['not in order', [point(later), point(since)]],
    ['twice at one instant', [point(since), point(since)]],
  ])('points %s are refused', async (_what, points) => {
    const { source, close } = await answered({ series: [{ labels: {}, points }] });

    expect((await providerError(source.queryRange('x', { from: since, to: later, stepMs: 15_000 }))).kind).toBe('malformed');
    await close();
  });

  it('verifies by a ping', async () => {
    const fake = await createMetricsReceiverFake({ secret, fed });
    const verify = (signingSecret: string) =>
      metricsWebhook.verify(connectionTo(fake.baseUrl, signingSecret), guardedDeps('metrics-webhook', []), 'monitoring');

    expect(await verify(secret)).toMatchObject({ ok: true });
    expect(await verify(secretOf(8))).toMatchObject({ ok: false });
    await fake.close();
  });
});
