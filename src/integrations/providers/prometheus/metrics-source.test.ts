import { describe, expect, it } from 'vitest';
import { Secret } from '../../../platform/secret.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import type { GuardedFetch } from '../../kit/http.ts';
import { credentialsSchema, type PrometheusConnection } from './identity.ts';
import { prometheusMetricsSource } from './metrics-source.ts';
import { numberIn } from './series.ts';
import { verifyPrometheus } from './verify.ts';

/* What a server says that a fresh Prometheus on this machine does not. */

const at = new Date('2026-03-01T12:00:00.250Z');

type Answer = { status?: number; body: unknown };

function world(answer: (path: string, form: URLSearchParams) => Answer, changes: Partial<PrometheusConnection> = {}) {
  const headers: Headers[] = [];
  const fetch: GuardedFetch = async (input, init) => {
    headers.push(new Headers(init?.headers));
    const { pathname } = new URL(String(input));
    const { status = 200, body } = answer(pathname, new URLSearchParams(String(init?.body ?? '')));
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
  };
  const connection: PrometheusConnection = { id: 'c1', baseUrl: 'http://metrics.test', credentials: {}, settings: {}, ...changes };
  // Nothing else of them is asked here.
  const deps = { fetch, now: () => at } as unknown as AdapterDeps;
  return { source: prometheusMetricsSource(connection, deps), headers, verify: () => verifyPrometheus(connection, deps) };
}

const vector = (value: string, more: object = {}) => ({
  body: { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [1, value] }] }, ...more },
});

describe('numberIn', () => {
  it.each([
    ['1', 1],
    ['-0.5', -0.5],
    ['1e+06', 1_000_000],
    ['1.5e-7', 1.5e-7],
    ['NaN', Number.NaN],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
  ])('reads %s', (text, value) => {
    expect(numberIn(text)).toBe(value);
  });

  it.each(['', ' ', 'null', '0x10', '1,5', 'Infinity'])('refuses %j rather than calling it a number', (text) => {
    expect(() => numberIn(text)).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });
});

describe('a query', () => {
  it('asks for the instant to the millisecond', async () => {
    let time: string | null = null;
    const { source } = world((_path, form) => {
      time = form.get('time');
      return vector('1');
    });

    await source.query('up', at);

    expect(time).toBe('1772366400.250');
  });

  it.each([
    ['the server may have left something out', 'unavailable'],
    ['PromQL warning: quantile value should be between 0 and 1', 'invalid'],
  ] as const)('with the warning "%s" is not relied on: %s', async (warning, kind) => {
    const { source } = world(() => vector('1', { warnings: [warning] }));

    await expect(source.query('up', at)).rejects.toMatchObject({ kind, message: expect.stringContaining(warning) });
  });

  it('is relied on where the server only makes a note', async () => {
    const { source } = world(() => vector('1', { infos: ['PromQL info: x'], warnings: ['PromQL info: metric might not be a counter'] }));

    expect(await source.query('up', at)).toHaveLength(1);
  });

  it.each([
    [400, 'bad_data', 'invalid'],
    [422, 'execution', 'invalid'],
    [503, 'timeout', 'timeout'],
    [503, 'canceled', 'unavailable'],
    [500, 'internal', 'unavailable'],
    [429, 'too_many_requests', 'rate-limited'],
  ] as const)('that is answered %s %s is %s, with the words of the server', async (status, errorType, kind) => {
    const { source } = world(() => ({ status, body: { status: 'error', errorType, error: 'because of this' } }));

    await expect(source.query('up', at)).rejects.toMatchObject({ kind, message: expect.stringContaining('because of this') });
  });

  it('answered by the web page of a proxy is unavailable or malformed, never empty', async () => {
    await expect(world(() => ({ status: 502, body: '<html>' })).source.query('up', at)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(world(() => ({ body: '<html>' })).source.query('up', at)).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('that gives histograms or text is invalid', async () => {
    const histogram = { resultType: 'vector', result: [{ metric: {}, histogram: [1, {}] }] };
    const { source } = world(() => ({ body: { status: 'success', data: histogram } }));
    await expect(source.query('x', at)).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining('histogram') });

    const text = world(() => ({ body: { status: 'success', data: { resultType: 'string', result: [1, 'x'] } } }));
    await expect(text.source.query('"x"', at)).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('a range', () => {
  const to = (milliseconds: number) => new Date(at.getTime() + milliseconds);

  it('of more points than a server gives is not asked for, and the least step is told', async () => {
    const { source, headers } = world(() => ({ body: { status: 'success', data: { resultType: 'matrix', result: [] } } }));

    await expect(source.queryRange('up', { from: at, to: to(11_000_000), stepMs: 1_000 })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringContaining('at least 1001 ms'),
    });
    expect(headers).toEqual([]);
    expect(await source.queryRange('up', { from: at, to: to(11_000_000), stepMs: 1_001 })).toEqual([]);
    expect(await source.queryRange('up', { from: at, to: to(10_999_000), stepMs: 1_000 })).toEqual([]);
  });
});

describe('signing in', () => {
  it.each([
    [{ token: new Secret('t0ken-9876') }, 'Bearer t0ken-9876'],
    [{ user: 'ann', password: new Secret('pässword') }, `Basic ${Buffer.from('ann:pässword').toString('base64')}`],
    [{}, null],
  ])('sends what the credentials say', async (credentials, authorization) => {
    const { source, headers } = world(() => vector('1'), { credentials, settings: { tenant: 'team-a' } });

    await source.query('up', at);

    expect(headers[0]?.get('authorization')).toBe(authorization);
    expect(headers[0]?.get('x-scope-orgid')).toBe('team-a');
  });

  it('keeps the two ways apart', () => {
    expect(credentialsSchema.safeParse({ token: 'a', user: 'b', password: 'c' }).success).toBe(false);
    expect(credentialsSchema.safeParse({ user: 'b' }).success).toBe(false);
  });
});

describe('verifying', () => {
  it('asks a server that tells no version for a query', async () => {
    const old = world((path) => (path.endsWith('/buildinfo') ? { status: 404, body: '404 page not found' } : vector('1')));

    expect(await old.verify()).toMatchObject({ ok: true, account: 'Prometheus' });
  });

  it('does not take another API for Prometheus', async () => {
    expect(await world(() => ({ body: { hello: 'world' } })).verify()).toMatchObject({ ok: false });
    expect(await world(() => vector('2')).verify()).toMatchObject({ ok: false });
  });

  it('says nothing of the credentials when the server is away', async () => {
    await expect(world(() => ({ status: 503, body: '' })).verify()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
