import { type ClassifiedMetric, type ClassifiedSamples, classify, type Samples } from './classify.ts';

/** One metric that the canary and the baseline are compared by. */
export interface JudgedMetric extends ClassifiedMetric {
  /** Unique among the metrics of all groups. */
  name: string;
  /** The metrics provider's own words; nothing here reads them. */
  query: unknown;
  /** Whether the canary fails with it, whatever the others say. */
  critical: boolean;
}

/** Metrics about one thing, such as latency. Each counts the same in its group. */
export interface MetricGroup {
  name: string;
  /** Above 0; what it counts among the other groups' weights. */
  weight: number;
  metrics: readonly JudgedMetric[];
}

export interface JudgeDefinition {
  groups: readonly MetricGroup[];
  /** Scores, 0 to 100: from here on it passes. */
  pass: number;
  /** From here on up to `pass` it is marginal. */
  marginal: number;
}

/** The scores where a judge says nothing. */
export const judgeDefaults = { pass: 95, marginal: 75 } as const satisfies Partial<JudgeDefinition>;

/**
 * `marginal` = neither good nor bad enough: whoever asked the judge decides what follows. `inconclusive` = the data that is missing would
 * decide: it is paused for, with a deadline, and never passes.
 */
export type JudgeVerdict = 'pass' | 'marginal' | 'fail' | 'inconclusive';

export interface Judgement {
  verdict: JudgeVerdict;
  /**
   * 0 to 100: the share of metrics that pass, each group's in proportion to its weight; 0 when a critical metric does not pass. What has no
   * data does not pass, so this is the lowest score that is possible.
   */
  score: number;
  /** The highest that is possible: the same, had everything without data passed. */
  highestScore: number;
  metrics: readonly JudgementOfMetric[];
}

export interface JudgementOfMetric extends ClassifiedSamples {
  name: string;
  group: string;
  critical: boolean;
}

/** Sums of weights are rounded to this, or 95 might fall just short of 95. */
const SCORE_STEPS_PER_POINT = 1e6;

/**
 * Judges a canary by all metrics. A metric that has no samples has no data. Missing data might have been good or bad: where both would come to
 * the same verdict that is the verdict, otherwise it is inconclusive. So a critical metric that fails is never hidden by another's missing
 * data, and a critical metric without data never lets anything pass.
 *
 * @param samples by name of the metric
 */
export function judge(definition: JudgeDefinition, samples: ReadonlyMap<string, Samples>): Judgement {
  const none: Samples = { canary: [], baseline: [] };
  const groups = definition.groups.map(({ name: group, weight, metrics }) => ({
    weight,
    metrics: metrics.map((metric) => ({
      ...{ name: metric.name, group, critical: metric.critical },
      ...classify(metric, samples.get(metric.name) ?? none),
    })),
  }));
  const score = scoreOf(groups, false);
  const highestScore = scoreOf(groups, true);
  const [verdict, otherwise] = [verdictOf(definition, score), verdictOf(definition, highestScore)];
  return {
    verdict: verdict === otherwise ? verdict : 'inconclusive',
    ...{ score, highestScore },
    metrics: groups.flatMap(({ metrics }) => metrics),
  };
}

interface ScoredGroup {
  weight: number;
  metrics: readonly Pick<JudgementOfMetric, 'classification' | 'critical'>[];
}

/** What is not there at all, a group without metrics or no group, is missing data too. */
function scoreOf(groups: readonly ScoredGroup[], missingPasses: boolean): number {
  const passes = ({ classification }: ScoredGroup['metrics'][number]) =>
    classification === 'PASS' || (missingPasses && classification === 'NODATA');
  const share = (of: number, all: number) => (all === 0 ? Number(missingPasses) : of / all);
  if (groups.some(({ metrics }) => metrics.some((metric) => metric.critical && !passes(metric)))) return 0;
  const weighted = groups.reduce((sum, { weight, metrics }) => sum + weight * share(metrics.filter(passes).length, metrics.length), 0);
  const weights = groups.reduce((sum, { weight }) => sum + weight, 0);
  return Math.round(share(weighted, weights) * 100 * SCORE_STEPS_PER_POINT) / SCORE_STEPS_PER_POINT;
}

function verdictOf({ pass, marginal }: JudgeDefinition, score: number): Exclude<JudgeVerdict, 'inconclusive'> {
  if (score >= pass) return 'pass';
  return score >= marginal ? 'marginal' : 'fail';
}
