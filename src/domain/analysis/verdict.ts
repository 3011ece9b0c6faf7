import { type MetricStanding, nextLookAt, type Verdict, verdicts } from './judge-metric.ts';

export interface AnalysisStanding {
  verdict: Verdict;
  /** When it has to be looked at again; null = nothing that is still to be measured could change the verdict. */
  nextLookAt: Date | null;
}

/**
 * An analysis is as good as its worst metric: one that is still running never hides a failure of another, nor that another needs a person.
 * Without metrics nothing is measured, and what is not measured is inconclusive.
 */
export function judgeAnalysis(metrics: readonly MetricStanding[]): AnalysisStanding {
  const verdict = metrics.length === 0 ? 'inconclusive' : worst(metrics.map((metric) => metric.verdict));
  const looks = metrics.map((metric) => nextLookAt(metric)?.getTime() ?? Number.POSITIVE_INFINITY);
  const next = Math.min(...looks);
  return { verdict, nextLookAt: verdict === 'failed' || !Number.isFinite(next) ? null : new Date(next) };
}

const worst = (among: readonly Verdict[]): Verdict => verdicts.find((verdict) => among.includes(verdict)) ?? 'successful';

/**
 * What a verdict asks of what is analysed. `pause` has a deadline and people in it: no evidence is no failure, so nothing is taken back for it,
 * and no success, so nothing goes on.
 */
export const consequences = {
  failed: 'abort',
  error: 'pause',
  inconclusive: 'pause',
  running: 'wait',
  successful: 'go-on',
} as const satisfies Record<Verdict, string>;
