import type { AnalysisPlan, JudgePlan } from './analysis-plan.ts';

/** How a service's new version takes the place of the old. */
export type Strategy = RollingStrategy | CanaryStrategy | BlueGreenStrategy;

/** The active side is replaced in place, by the driver's own means. */
export interface RollingStrategy {
  kind: 'rolling';
}

/** The new version gets a growing share of the traffic. After the last step it has all of it. */
export interface CanaryStrategy {
  kind: 'canary';
  steps: readonly CanaryStep[];
  /** Looked at in every step from the first weight on; null = only where a step says so. */
  background: AnalysisPlan | null;
  /** How long the old version stays after the new one has everything, milliseconds: the time of an instant way back. */
  drainMs: number;
}

export type CanaryStep =
  /** @property percent 0 to 100, whole. It may not fall from one `set-weight` to the next. */
  | { do: 'set-weight'; percent: number }
  /** @property forMs null = until a person advances it */
  | { do: 'pause'; forMs: number | null }
  | { do: 'analysis'; analysis: AnalysisPlan }
  | { do: 'judge'; judge: JudgePlan }
  /** Requests with this header go to the new version whatever the weights. */
  | { do: 'set-header-route'; header: string; value: string };

/** The new version runs without traffic, is looked at, and gets all of it in one act. */
export interface BlueGreenStrategy {
  kind: 'blue-green';
  prePromotion: AnalysisPlan | null;
  /** Whether a person promotes it, or the analysis alone. */
  promotion: 'manual' | 'automatic';
  postPromotion: AnalysisPlan | null;
  /** At least 30,000. */
  drainMs: number;
}
