/** One comparison with a number. No language of its own: what can be written here always ends, and reads nothing but the value. */
export interface Condition {
  op: '<' | '<=' | '>' | '>=' | '==';
  /** In the metric's own unit; finite. */
  threshold: number;
}

/** When a metric has been measured enough. */
export type Until =
  /** As soon as this many measurements were taken; those that ended in an error are not counted. */
  | { kind: 'count'; count: number }
  /** This many milliseconds after the first measurement may be taken. */
  | { kind: 'time'; ms: number };

/** What is measured while a deployment is exposed, and what the values mean. Durations are milliseconds. */
export interface MetricDefinition {
  /** Unique in its analysis. */
  name: string;
  /** The metrics provider's own words; nothing here reads them. */
  query: unknown;
  /** From one measurement to the next. */
  intervalMs: number;
  /** From the start of the analysis to the first measurement. */
  initialDelayMs: number;
  until: Until;
  successCondition: Condition;
  /** null = whatever is no success is a failure. Otherwise what is neither is inconclusive, and what is both is a failure. */
  failureCondition: Condition | null;
  /** The metric fails when its failures *exceed* this: 0 = the first failure is one too many. */
  failureLimit: number;
  /** It is inconclusive when its inconclusive measurements *exceed* this. */
  inconclusiveLimit: number;
  /** It is in error when this many errors in a row are *reached*. A measurement that was taken begins the count again. */
  consecutiveErrorLimit: number;
  /** Successes and failures together that are needed before it can be successful; at least 1. */
  minSamples: number;
}

/** What applies where a metric says nothing. */
export const metricDefaults = {
  initialDelayMs: 0,
  failureCondition: null,
  failureLimit: 0,
  inconclusiveLimit: 0,
  consecutiveErrorLimit: 5,
  minSamples: 1,
} as const satisfies Partial<MetricDefinition>;

/** Whether the value meets the condition. Nothing is met by what is no finite number. */
export function meets(value: number, { op, threshold }: Condition): boolean {
  if (!Number.isFinite(value)) return false;
  switch (op) {
    case '<':
      return value < threshold;
    case '<=':
      return value <= threshold;
    case '>':
      return value > threshold;
    case '>=':
      return value >= threshold;
    case '==':
      return value === threshold;
    default:
      return op satisfies never;
  }
}

/** How long it is measured at least, milliseconds. */
export const metricMinimumMs = ({ until, intervalMs, initialDelayMs }: MetricDefinition): number =>
  initialDelayMs + (until.kind === 'time' ? until.ms : Math.max(0, until.count - 1) * intervalMs);
