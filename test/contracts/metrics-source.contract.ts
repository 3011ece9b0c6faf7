import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { MetricsSource, Series } from '../../src/integrations/capabilities/metrics-source.ts';
import type { ProviderCall } from '../../src/integrations/kit/http.ts';
import type { ConnectOptions } from './adapter-harness.ts';
import { type ContractSkip, contractCases, expectNoSecret, providerError } from './contract-case.ts';

/** A source that was fed `samples`; one for the whole suite. */
export interface MetricsSourceHarness {
  connect(options?: ConnectOptions & { wrongCredentials?: boolean }): MetricsSource;
  /** How the source is asked for what was fed to it. */
  queries: {
    /** Both series of `requests`. */
    requests: string;
    /** The one whose side is blue. */
    blue: string;
    /** A number that belongs to no series. */
    constant: { query: string; value: number };
    /** Nothing was ever fed under this name. */
    nothing: string;
    /** Series whose newest values are no number, and infinite either way. */
    odd: { nan: string; infinite: string; negative: string };
    /** No query of this language. */
    broken: string;
    /** Well-formed, and gives no value at an instant. */
    unfit: string;
  };
  observed: ProviderCall[];
  secrets: readonly string[];
  /** It keeps connections open and answers nothing. */
  freeze(): void | Promise<void>;
  thaw(): void;
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Fed to every source: a point each 15 s, oldest first; `requests` counts 10 a point on blue and 30 on green. */
export const POINTS = 9;
export const STEP_MS = 15_000;
export const pointsOf = (perPoint: number): number[] => Array.from({ length: POINTS }, (_, index) => perPoint * (index + 1));

interface Options {
  /** Where the program is; null = not on this machine, and the suite is skipped. */
  program: string | null;
  /** When the first point was. */
  since: Date;
  skip?: ContractSkip[];
}

export function metricsSourceContract(name: string, makeHarness: () => Promise<MetricsSourceHarness>, options: Options) {
  const absent = options.program === null;
  describe.skipIf(absent)(`metrics source: ${name}${absent ? ' [skipped: the program is not installed]' : ''}`, () => {
    const { guarantee, end } = contractCases(options.skip ?? []);
    let h: MetricsSourceHarness;
    beforeAll(async () => {
      h = await makeHarness();
    });
    afterAll(() => h?.close());

    const from = options.since;
    const at = (point: number) => new Date(from.getTime() + point * STEP_MS);
    const last = at(POINTS - 1);
    const bySide = (series: readonly Series[]) => new Map(series.map(({ labels, points }) => [labels.side, points]));
    const only = async (query: string) => (await h.connect().query(query, last)).flatMap(({ points }) => points.map(({ value }) => value));

    guarantee('each series has its labels and its value at the instant', async () => {
      const series = await h.connect().query(h.queries.requests, at(3));

      expect(series).toHaveLength(2);
      expect(series[0]?.labels).toMatchObject({ service: 'checkout' });
      expect(bySide(series).get('blue')).toEqual([{ at: at(3), value: 40 }]);
      expect(bySide(series).get('green')).toEqual([{ at: at(3), value: 120 }]);
    });

    guarantee('a number of no series is one series without labels', async () => {
      const { query, value } = h.queries.constant;

      expect(await h.connect().query(query, last)).toEqual([{ labels: {}, points: [{ at: last, value }] }]);
    });

    guarantee('no data is no series, before the first point and for an unknown name', async () => {
      expect(await h.connect().query(h.queries.nothing, last)).toEqual([]);
      expect(await h.connect().query(h.queries.requests, new Date(from.getTime() - 86_400_000))).toEqual([]);
      expect(await h.connect().queryRange(h.queries.nothing, { from, to: last, stepMs: STEP_MS })).toEqual([]);
    });

    guarantee('what is no number, or infinite, stays that', async () => {
      expect(await only(h.queries.odd.nan)).toEqual([Number.NaN]);
      expect(await only(h.queries.odd.infinite)).toEqual([Number.POSITIVE_INFINITY]);
      expect(await only(h.queries.odd.negative)).toEqual([Number.NEGATIVE_INFINITY]);
    });

    guarantee('a range has its points in order, at their distance, both ends included', async () => {
      const series = await h.connect().queryRange(h.queries.requests, { from, to: last, stepMs: STEP_MS });

      expect(bySide(series).get('blue')).toEqual(pointsOf(10).map((value, index) => ({ at: at(index), value })));
      expect(
        bySide(series)
          .get('green')
          ?.map(({ value }) => value),
      ).toEqual(pointsOf(30));
      const coarse = await h.connect().queryRange(h.queries.blue, { from, to: last, stepMs: 4 * STEP_MS });
      expect(coarse[0]?.points.map(({ value }) => value)).toEqual([10, 50, 90]);
    });

    guarantee('a query that is none is invalid, with the words of the source; so is one that gives no value', async () => {
      const error = await providerError(h.connect().query(h.queries.broken, last));

      expect(error.kind).toBe('invalid');
      expect(error.message).toMatch(/parse|unexpected/i);
      expect((await providerError(h.connect().queryRange(h.queries.broken, { from, to: last, stepMs: STEP_MS }))).kind).toBe('invalid');
      expect((await providerError(h.connect().query(h.queries.unfit, last))).kind).toBe('invalid');
    });

    guarantee('a query longer than any address is asked all the same', async () => {
      const long = Array.from({ length: 900 }, () => h.queries.constant.query).join(' + ');

      expect((await h.connect().query(long, last))[0]?.points[0]?.value).toBe(900 * h.queries.constant.value);
    });

    guarantee('more points than it gives are refused, not thinned out; so is a range that runs backwards', async () => {
      const to = new Date(from.getTime() + 86_400_000);

      expect(await providerError(h.connect().queryRange(h.queries.blue, { from, to, stepMs: 1_000 }))).toMatchObject({
        kind: 'invalid',
        message: expect.stringContaining('step'),
      });
      expect((await providerError(h.connect().queryRange(h.queries.blue, { from: last, to: from, stepMs: 1_000 }))).kind).toBe('invalid');
    });

    guarantee('wrong credentials are unauthorized, and no error and no observation holds a secret', async () => {
      const error = await providerError(h.connect({ wrongCredentials: true }).query(h.queries.blue, last));

      expect(error.kind).toBe('unauthorized');
      expectNoSecret(error, h.secrets);
      for (const secret of h.secrets) expect(JSON.stringify(h.observed)).not.toContain(secret);
    });

    guarantee('an abort ends the call with its reason', async () => {
      const lost = new Error('lease lost');

      await expect(h.connect({ signal: AbortSignal.abort(lost) }).query(h.queries.blue, last)).rejects.toBe(lost);
    });

    guarantee('a source that does not answer is a timeout, and is asked again when it does', async () => {
      await h.freeze();

      const error = await providerError(h.connect({ timeoutMs: 200 }).query(h.queries.blue, last));

      h.thaw();
      expect(error.kind).toBe('timeout');
      expect(await only(h.queries.blue)).toEqual([90]);
    });

    guarantee('a source that is gone is unavailable', async () => {
      await h.stop();

      expect((await providerError(h.connect().query(h.queries.blue, last))).kind).toBe('unavailable');
    });

    end();
  });
}
