import type { MetricsSource } from '../../capabilities/metrics-source.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { prometheusClient } from './client.ts';
import { PROVIDER, type PrometheusConnection } from './identity.ts';
import { demandNoWarning, instantSeries, rangeSeries } from './series.ts';

/** What a server gives for each series of a range, and no more. */
const MAX_POINTS = 11_000;

export function prometheusMetricsSource(connection: PrometheusConnection, deps: AdapterDeps): MetricsSource {
  const client = prometheusClient(connection, deps);
  return {
    async query(query, at) {
      const answer = await client.query({ query, time: seconds(at.getTime()) });
      demandNoWarning(answer);
      return instantSeries(answer);
    },
    async queryRange(query, { from, to, stepMs }) {
      const span = to.getTime() - from.getTime();
      if (!(stepMs > 0 && span >= 0)) throw invalid('a range needs an end that is not before its beginning, and a step above 0');
      // A coarser step would be other points than those the caller judges by.
      if (Math.floor(span / stepMs) + 1 > MAX_POINTS) {
        const least = Math.ceil(span / (MAX_POINTS - 1));
        throw invalid(`a range has at most ${MAX_POINTS} points: choose a step of at least ${least} ms, or a shorter range`);
      }
      const answer = await client.queryRange({
        query,
        ...{ start: seconds(from.getTime()), end: seconds(to.getTime()), step: seconds(stepMs) },
      });
      demandNoWarning(answer);
      return rangeSeries(answer);
    },
  };
}

const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(3);

const invalid = (why: string) => new ProviderError('invalid', `${PROVIDER}: ${why}`, { provider: PROVIDER });
