import type { JudgeDefinition } from '../analysis/judge.ts';
import { type MetricDefinition, metricMinimumMs } from '../analysis/metric.ts';

/*
 * What a strategy asks of analysis and judge: the definitions of `src/domain/analysis`, and what is around them. A query is a text of the metrics source;
 * `{{side}}`, `{{otherSide}}`, `{{service}}`, `{{environment}}` and `{{windowSeconds}}` in it are replaced before it is asked.
 */

export interface AnalysisPlan {
  metrics: readonly MetricDefinition[];
  /** How long one without evidence waits for a person before the rollout is aborted, or halted in its store, milliseconds. */
  inconclusiveDeadlineMs: number;
}

/** How long it takes at least until it can have passed, milliseconds. */
export const analysisMinimumMs = (analysis: AnalysisPlan | null | undefined): number =>
  Math.max(0, ...(analysis?.metrics ?? []).map(metricMinimumMs));

/** Each query is asked once for each side, over the same time; the old version's side is the baseline. */
export interface JudgePlan extends JudgeDefinition {
  /** How long samples are collected before they are judged, milliseconds. */
  windowMs: number;
  /** How far apart the points are, milliseconds. */
  stepMs: number;
  /** How long one that is inconclusive or marginal waits for a person before the rollout is aborted, milliseconds. */
  inconclusiveDeadlineMs: number;
}
