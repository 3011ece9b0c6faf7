import { validateJudge } from '../../analysis/validate-judge.ts';
import type { Problem } from '../../release/problem.ts';
import type { AnalysisPlan, JudgePlan } from '../analysis-plan.ts';
import type { CanaryStep, CanaryStrategy, Strategy } from '../strategy.ts';
import { durationProblems as duration, queryProblems, validateAnalysis } from '../validate-analysis.ts';

/** What the drivers of a target can do, as far as strategies need it. */
export interface StrategyAbilities {
  /** Of the deploy target: whether both sides run at once. */
  sideBySide: boolean;
  /** Of the traffic router; null = the target has none. */
  traffic: { weights: 'any' | readonly number[]; decrease: boolean; readBack: boolean; headerRoutes: boolean } | null;
  /** Whether the target has a metrics source. */
  metrics: boolean;
}

const SECOND_MS = 1000;
const DAY_MS = 24 * 3600 * SECOND_MS;
const MAX_STEPS = 50;
const MIN_DRAIN_MS = 30 * SECOND_MS;
const MAX_WAIT_MS = 30 * DAY_MS;
/** A judge compares as many points at least. */
const MIN_POINTS = 50;
const MAX_POINTS = 10_000;

/** What is wrong with a strategy, all at once, given what the drivers can do. Fields are JSON pointers into it. */
export function validateStrategy(strategy: Strategy, abilities: StrategyAbilities): Problem[] {
  if (strategy.kind === 'rolling') return [];
  const problems = driverProblems(strategy, abilities);
  if (strategy.kind === 'blue-green') {
    return [
      ...problems,
      ...duration('/drainMs', strategy.drainMs, MIN_DRAIN_MS, DAY_MS),
      ...analysisProblems('/prePromotion', strategy.prePromotion, abilities),
      ...analysisProblems('/postPromotion', strategy.postPromotion, abilities),
    ];
  }
  return [
    ...problems,
    ...duration('/drainMs', strategy.drainMs, 0, DAY_MS),
    ...analysisProblems('/background', strategy.background, abilities),
    ...stepsProblems(strategy, abilities),
  ];
}

/** Two versions run beside each other, traffic moves between them and back, and what is in force is read, not believed. */
function driverProblems({ kind }: Strategy, { sideBySide, traffic }: StrategyAbilities): Problem[] {
  const field = '/kind';
  const problems: Problem[] = [];
  if (!sideBySide) problems.push({ field, message: `${kind} needs a deploy target that runs both sides at once` });
  if (traffic === null) return [...problems, { field, message: `${kind} needs a traffic router` }];
  if (!traffic.readBack) problems.push({ field, message: `${kind} needs a traffic router whose weights can be read back` });
  if (!traffic.decrease) problems.push({ field, message: `${kind} needs a traffic router whose weights can fall again` });
  return problems;
}

function stepsProblems({ steps }: CanaryStrategy, abilities: StrategyAbilities): Problem[] {
  const problems: Problem[] = [];
  if (steps.length === 0 || steps.length > MAX_STEPS) problems.push({ field: '/steps', message: `must be 1 to ${MAX_STEPS} steps` });
  let reached = 0;
  steps.forEach((step, index) => {
    const field = `/steps/${index}`;
    if (step.do === 'set-weight') {
      problems.push(...weightProblems(`${field}/percent`, step.percent, reached, abilities));
      reached = Math.max(reached, step.percent);
    }
    problems.push(...stepProblems(field, step, abilities));
  });
  const last = steps.at(-1);
  if (last?.do === 'set-weight' && last.percent < 100) {
    problems.push({
      field: `/steps/${steps.length - 1}`,
      message: 'must be 100, or be followed by a pause, an analysis or a judge: nothing would look at it',
    });
  }
  return problems;
}

function weightProblems(field: string, percent: number, reached: number, { traffic }: StrategyAbilities): Problem[] {
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) return [{ field, message: 'must be a whole number from 0 to 100' }];
  if (percent < reached) return [{ field, message: `must not be below ${reached}, the share that was reached before` }];
  if (traffic === null || traffic.weights === 'any' || traffic.weights.includes(percent)) return [];
  return [{ field, message: `must be one that the router can show: ${traffic.weights.join(', ')}` }];
}

function stepProblems(field: string, step: CanaryStep, abilities: StrategyAbilities): Problem[] {
  switch (step.do) {
    case 'set-weight':
      return [];
    case 'pause':
      return step.forMs === null ? [] : duration(`${field}/forMs`, step.forMs, 0, MAX_WAIT_MS);
    case 'analysis':
      return analysisProblems(`${field}/analysis`, step.analysis, abilities);
    case 'judge':
      return judgeProblems(`${field}/judge`, step.judge, abilities);
    case 'set-header-route':
      return headerProblems(field, step, abilities);
    default:
      return step satisfies never;
  }
}

function headerProblems(
  field: string,
  { header, value }: Extract<CanaryStep, { do: 'set-header-route' }>,
  { traffic }: StrategyAbilities,
): Problem[] {
  const problems: Problem[] = [];
  if (traffic !== null && !traffic.headerRoutes) problems.push({ field, message: 'needs a traffic router that can route by header' });
  if (!/^[A-Za-z0-9-]{1,64}$/.test(header))
    problems.push({ field: `${field}/header`, message: 'must be a name of 1 to 64 letters, digits and dashes' });
  if (!/^[\x21-\x7e]{1,128}$/.test(value))
    problems.push({ field: `${field}/value`, message: 'must be 1 to 128 visible characters without spaces' });
  return problems;
}

function analysisProblems(field: string, plan: AnalysisPlan | null, abilities: StrategyAbilities): Problem[] {
  if (plan === null) return [];
  return [
    ...metricsProblems(field, abilities),
    ...validateAnalysis(plan).map((problem) => ({ ...problem, field: `${field}${problem.field}` })),
  ];
}

function judgeProblems(field: string, plan: JudgePlan, abilities: StrategyAbilities): Problem[] {
  const points = plan.windowMs / plan.stepMs;
  return [
    ...metricsProblems(field, abilities),
    ...validateJudge(plan).map((problem) => ({ ...problem, field: `${field}${problem.field}` })),
    ...plan.groups.flatMap(({ metrics }, group) =>
      metrics.flatMap(({ query }, index) => queryProblems(`${field}/groups/${group}/metrics/${index}/query`, query)),
    ),
    ...duration(`${field}/windowMs`, plan.windowMs, SECOND_MS, MAX_WAIT_MS),
    ...duration(`${field}/stepMs`, plan.stepMs, SECOND_MS, DAY_MS),
    ...(points >= MIN_POINTS && points <= MAX_POINTS
      ? []
      : [{ field: `${field}/stepMs`, message: `must leave ${MIN_POINTS} to ${MAX_POINTS} points in the window` }]),
    ...duration(`${field}/inconclusiveDeadlineMs`, plan.inconclusiveDeadlineMs, SECOND_MS, MAX_WAIT_MS),
  ];
}

const metricsProblems = (field: string, { metrics }: StrategyAbilities): Problem[] =>
  metrics ? [] : [{ field, message: 'needs a metrics source, and the target has none' }];
