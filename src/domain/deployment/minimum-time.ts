import type { RolloutStep } from '../rollout/plan.ts';
import { analysisMinimumMs } from './analysis-plan.ts';
import { expandStage, stagesOf } from './expand-pipeline.ts';
import type { DeploymentPlan, PlannedService } from './plan.ts';
import type { CanaryStep, Strategy } from './strategy.ts';
import { type HealthCheck, isStoreTarget, type PlannedStoreTarget, type PlannedTarget } from './target.ts';

/** How long a deployment takes at least, milliseconds: what it waits for by its own plan. Builds, tests, drivers and people come on top. */
export interface MinimumTime {
  deployMs: number;
  /** To take everything back after the last service was changed. */
  rollbackMs: number;
}

export function minimumTime(plan: DeploymentPlan): MinimumTime {
  const deployMs = stagesOf(plan)
    .map((stage) => (stage === 'ROLL_BACK' ? 0 : stageMs(plan, stage)))
    .reduce((sum, ms) => sum + ms, 0);
  const rollbackMs = plan.services.reduce((sum, { target }) => sum + healthMs(checksOf(target)), verifyMs(plan));
  return { deployMs, rollbackMs };
}

/** The longest way through the stage's tasks. */
function stageMs(plan: DeploymentPlan, stage: Parameters<typeof expandStage>[1]): number {
  const tasks = new Map(expandStage(plan, stage).map((task) => [task.key, task]));
  const ends = new Map<string, number>();
  const endOf = (key: string): number => {
    const known = ends.get(key);
    if (known !== undefined) return known;
    const task = tasks.get(key);
    if (task === undefined) return 0;
    const end = Math.max(0, ...task.dependsOn.map(endOf)) + taskMs(plan, task.type, task.input ?? {});
    ends.set(key, end);
    return end;
  };
  return Math.max(0, ...[...tasks.keys()].map(endOf));
}

function taskMs(plan: DeploymentPlan, type: string, input: Record<string, unknown>): number {
  if (type === 'BAKE') return Number(input.forMs);
  if (type === 'VERIFY_HEALTH') return verifyMs(plan);
  if (type !== 'DEPLOY_SERVICE') return 0;
  const service = plan.services.find(({ serviceId }) => serviceId === input.serviceId);
  return service === undefined ? 0 : changeMs(service, plan.kind === 'ROLLBACK');
}

/** What a service's change waits for by its own plan, milliseconds. @param direct a way back, which takes no steps */
export function changeMs({ target, from }: Pick<PlannedService, 'target' | 'from'>, direct: boolean): number {
  if (isStoreTarget(target)) return storeMinimumMs(target);
  return healthMs(target.health) + (direct || from === null ? 0 : strategyMinimumMs(target.strategy));
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** What a store release waits for by itself, after its review. Steps that a person takes count for nothing. */
function storeMinimumMs({ store: { rollout, abilities } }: PlannedStoreTarget): number {
  if (rollout.kind === 'immediate') return 0;
  if (rollout.kind === 'staged') {
    const stayMs = ({ waitMinutes, analysis }: RolloutStep) => Math.max((waitMinutes ?? 0) * MINUTE_MS, analysisMinimumMs(analysis));
    return rollout.steps.slice(0, -1).reduce((sum, step) => sum + stayMs(step), 0);
  }
  return abilities.rollout.kind === 'phased' ? (abilities.rollout.dailyPercents.length - 1) * DAY_MS : 0;
}

/** What a strategy waits for by itself. A pause for a person and a promotion by hand count for nothing. */
export function strategyMinimumMs(strategy: Strategy): number {
  switch (strategy.kind) {
    case 'rolling':
      return 0;
    case 'canary':
      // The analysis beside the steps must have passed once before the new version gets everything.
      return (
        Math.max(
          strategy.steps.reduce((sum, step) => sum + stepMs(step), 0),
          analysisMinimumMs(strategy.background),
        ) + strategy.drainMs
      );
    case 'blue-green':
      return analysisMinimumMs(strategy.prePromotion) + analysisMinimumMs(strategy.postPromotion) + strategy.drainMs;
    default:
      return strategy satisfies never;
  }
}

function stepMs(step: CanaryStep): number {
  switch (step.do) {
    case 'pause':
      return step.forMs ?? 0;
    case 'analysis':
      return analysisMinimumMs(step.analysis);
    case 'judge':
      return step.judge.windowMs;
    default:
      return 0;
  }
}

const healthMs = (checks: readonly HealthCheck[]) =>
  Math.max(0, ...checks.map(({ successes, intervalMs }) => (successes - 1) * intervalMs));

const verifyMs = (plan: DeploymentPlan) => Math.max(0, ...plan.services.map(({ target }) => healthMs(checksOf(target))));

/** Stores are looked at, not probed. */
const checksOf = (target: PlannedTarget): readonly HealthCheck[] => (isStoreTarget(target) ? [] : target.health);

/** `36 h`, `5 min`, `30 s`: in the largest unit that it is two of at least. */
export function inTime(ms: number): string {
  const units = [
    ['d', DAY_MS],
    ['h', 60 * MINUTE_MS],
    ['min', MINUTE_MS],
  ] as const;
  const [name, unit] = units.find(([, length]) => ms >= 2 * length) ?? (['s', 1000] as const);
  return `${Number((ms / unit).toFixed(1))} ${name}`;
}
