import { randomUUID } from 'node:crypto';
import type { MetricsSource, Series } from '../../capabilities/metrics-source.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { signedAsk } from '../../kit/signed-post.ts';
import { type MetricsWebhookConnection, PROVIDER } from './identity.ts';
import { answerSchema } from './schema.ts';

/** For each series of a range, and no more. */
const MAX_POINTS = 11_000;

export function webhookMetricsSource(connection: MetricsWebhookConnection, deps: AdapterDeps): MetricsSource {
  const ask = async (message: object): Promise<Series[]> =>
    (await signedAsk({ provider: PROVIDER, connection, id: `query_${randomUUID()}`, message }, deps, answerSchema)).series;

  return {
    async query(query, at) {
      const series = await ask({ type: 'query', query, at: at.toISOString() });
      const several = series.find(({ points }) => points.length > 1);
      if (several !== undefined) throw trouble('malformed', `${several.points.length} points of a series were given for an instant`);
      return series.filter(({ points }) => points.length === 1);
    },
    async queryRange(query, { from, to, stepMs }) {
      const span = to.getTime() - from.getTime();
      if (!(stepMs > 0 && span >= 0)) throw trouble('invalid', 'a range needs an end that is not before its beginning, and a step above 0');
      // A coarser step would be other points than those the caller judges by.
      if (Math.floor(span / stepMs) + 1 > MAX_POINTS) {
        throw trouble(
          'invalid',
          `a range has at most ${MAX_POINTS} points: choose a step of at least ${Math.ceil(span / (MAX_POINTS - 1))} ms`,
        );
      }
      const series = await ask({ type: 'query-range', query, from: from.toISOString(), to: to.toISOString(), stepMs });
      for (const { points } of series) demandOrder(points, from, to);
      return series;
    },
  };
}

/** Somebody is judged by them: what lies elsewhere, or twice at one instant, is no answer to what was asked. */
function demandOrder(points: Series['points'], from: Date, to: Date): void {
  let before = from.getTime() - 1;
  for (const { at } of points) {
    if (at.getTime() <= before || at > to)
      throw trouble('malformed', 'points are outside of the range that was asked for, or not in order');
    before = at.getTime();
  }
}

const trouble = (kind: ProviderErrorKind, why: string) => new ProviderError(kind, `${PROVIDER}: ${why}`, { provider: PROVIDER });
