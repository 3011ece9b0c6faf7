import type { Series } from '../../capabilities/metrics-source.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { PROVIDER } from './identity.ts';
import type { Answer } from './schema.ts';

const SPECIAL = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** As Prometheus writes it. @throws ProviderError malformed for anything else: a value that cannot be read must not become NaN */
export function numberIn(text: string): number {
  const special = SPECIAL.get(text);
  if (special !== undefined) return special;
  if (NUMBER.test(text)) return Number(text);
  throw new ProviderError('malformed', `${PROVIDER}: "${text.slice(0, 40)}" is no number`, { provider: PROVIDER });
}

const pointOf = ([seconds, value]: readonly [number, string]) => ({ at: new Date(Math.round(seconds * 1000)), value: numberIn(value) });

/** Of a query at an instant. */
export function instantSeries({ data }: Answer): Series[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.map(({ metric, value }) => ({ labels: metric, points: [pointOf(value ?? refuse(HISTOGRAM))] }));
    case 'scalar':
      return [{ labels: {}, points: [pointOf(data.result)] }];
    case 'matrix':
      return refuse('the query gives ranges; a value at an instant is needed: put it into a function such as rate() or avg_over_time()');
    case 'string':
      return refuse(TEXT);
    default:
      return data satisfies never;
  }
}

/** Of a query over a range. */
export function rangeSeries({ data }: Answer): Series[] {
  if (data.resultType === 'string') return refuse(TEXT);
  if (data.resultType !== 'matrix') return refuse(`a range was asked for, and the answer is a ${data.resultType}`);
  return data.result.map(({ metric, values = [], histograms = [] }) => {
    if (histograms.length > 0) refuse(HISTOGRAM);
    return { labels: metric, points: values.map(pointOf) };
  });
}

const HISTOGRAM = 'the query gives native histograms; numbers are needed: put it into a function such as histogram_quantile()';
const TEXT = 'the query gives text; numbers are needed';

function refuse(why: string): never {
  throw new ProviderError('invalid', `${PROVIDER}: ${why}`, { provider: PROVIDER });
}

const MAX_WORDS = 300;

/**
 * A warning says that the answer may be incomplete or mistaken: nobody may judge a deployment by it. Notes (`PromQL info`) say neither.
 * @throws ProviderError invalid where the query is to blame, unavailable where the data was not all there
 */
export function demandNoWarning({ warnings = [] }: Answer): void {
  const told = warnings.filter((warning) => !warning.startsWith('PromQL info'));
  if (told.length === 0) return;
  const kind = told.every((warning) => warning.startsWith('PromQL warning')) ? 'invalid' : 'unavailable';
  const words = told.join('; ').slice(0, MAX_WORDS);
  throw new ProviderError(kind, `${PROVIDER}: the answer came with a warning and is not relied on: ${words}`, { provider: PROVIDER });
}
