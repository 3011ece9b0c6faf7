import { type Condition, type MetricDefinition, meets } from './metric.ts';

export const outcomes = ['success', 'failure', 'inconclusive', 'error'] as const;

/**
 * What one measurement says. `inconclusive` = the provider answered, and the answer is no evidence; `error` = there was no answer, or not one
 * that could be understood.
 */
export type Outcome = (typeof outcomes)[number];

/** A series of the provider's answer: the labels it goes by, as one text, and its value now. */
export interface Series {
  labels: string;
  /** null = the provider knows the series and has no value for it. */
  value: number | null;
}

/** What came of asking the provider. */
export type Reading =
  | { kind: 'series'; series: readonly Series[] }
  /** It could not be asked, or its answer could not be read. */
  | { kind: 'trouble'; why: string };

export interface Measurement {
  takenAt: Date;
  outcome: Outcome;
  /** What was measured, in the metric's unit; null = no finite number. */
  value: number | null;
  /** Why it is no success; null = it is one. */
  reason: string | null;
}

/** More labels than this make a reason nobody reads. */
const NAMED_SERIES = 3;

/**
 * What a reading means to the metric. No series, no value, NaN and the infinities are no evidence: a canary without traffic shows them, so
 * none of them is ever a success.
 */
export function toMeasurement(
  metric: Pick<MetricDefinition, 'successCondition' | 'failureCondition'>,
  reading: Reading,
  takenAt: Date,
): Measurement {
  const nothing = { takenAt, value: null };
  if (reading.kind === 'trouble') return { ...nothing, outcome: 'error', reason: reading.why };
  const [series, ...others] = reading.series;
  if (series === undefined) return { ...nothing, outcome: 'inconclusive', reason: 'no evidence: the provider has no series' };
  if (others.length > 0) return { ...nothing, outcome: 'error', reason: severalSeries(reading.series) };
  const { value } = series;
  if (value === null || !Number.isFinite(value)) {
    return { ...nothing, outcome: 'inconclusive', reason: `no evidence: the value is ${value === null ? 'missing' : value}` };
  }
  return { takenAt, value, ...meaning(metric, value) };
}

function severalSeries(series: readonly Series[]): string {
  const named = series.slice(0, NAMED_SERIES).map(({ labels }) => labels);
  const more = series.length - named.length;
  return `${series.length} series where one was expected: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function meaning(
  { successCondition, failureCondition }: Pick<MetricDefinition, 'successCondition' | 'failureCondition'>,
  value: number,
): Pick<Measurement, 'outcome' | 'reason'> {
  if (failureCondition !== null && meets(value, failureCondition)) {
    return { outcome: 'failure', reason: `${value} ${inWords(failureCondition)}, which is a failure` };
  }
  if (meets(value, successCondition)) return { outcome: 'success', reason: null };
  const reason = `${value} is not ${inWords(successCondition)}`;
  if (failureCondition === null) return { outcome: 'failure', reason };
  return { outcome: 'inconclusive', reason: `${reason}, and not ${inWords(failureCondition)}` };
}

const inWords = ({ op, threshold }: Condition) => `${op} ${threshold}`;
