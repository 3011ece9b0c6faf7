import type { AnalysisPlan } from '../analysis-plan.ts';
import type { CanaryStep, CanaryStrategy, Strategy } from '../strategy.ts';
import type { HealthCheck, TargetBody } from '../target.ts';
import { type DeploymentKind, otherSide, type Side } from '../vocabulary.ts';
import type { ServiceRolloutPhase } from './rollout.ts';

/** One step of a rollout, whatever strategy it comes from. */
export type ProgramStep = CanaryStep & { phase: ServiceRolloutPhase };

/**
 * Every strategy as the same few moves: bring the new version to its side, see it healthy, take the steps (the last weight among them is 100), drain, and
 * end the old one.
 */
export interface RolloutProgram {
  /** Where the new version runs. */
  to: Side;
  /** Where the old one runs until it is ended; null = there is none, or the new one takes its very place. */
  from: Side | null;
  /** Whether the new version takes the active side: bringing it there is what exposes it. */
  inPlace: boolean;
  /** Whether a router shares the traffic. */
  routed: boolean;
  firstPhase: ServiceRolloutPhase;
  steps: readonly ProgramStep[];
  background: AnalysisPlan | null;
  drainMs: number;
  readyWithinMs: number;
  health: readonly HealthCheck[];
}

/**
 * @param from the side that the installed version runs on; null = nothing is installed
 * @param unchanged whether that is the very version that is to run: then it is looked at where it is, and nothing moves
 */
export function programOf(
  target: TargetBody,
  { kind, from, unchanged }: { kind: DeploymentKind; from: Side | null; unchanged: boolean },
): RolloutProgram {
  const { strategy, traffic, deploy, health } = target;
  const routed = traffic !== null;
  const inPlace = unchanged || strategy.kind === 'rolling' || !routed;
  const to = from === null ? 'blue' : inPlace ? from : otherSide(from);
  const atOnce = kind === 'ROLLBACK' || from === null || inPlace;
  return {
    ...{ to, from: inPlace ? null : from, inPlace, routed },
    firstPhase: !atOnce && strategy.kind === 'blue-green' ? 'PREVIEWING' : 'INSTALLING',
    steps: routed ? (atOnce ? [{ do: 'set-weight', percent: 100, phase: 'SWITCHING' }] : stepsOf(strategy)) : [],
    background: !atOnce && strategy.kind === 'canary' ? strategy.background : null,
    drainMs: strategy.kind === 'rolling' ? 0 : strategy.drainMs,
    ...{ readyWithinMs: deploy.readyWithinMs, health },
  };
}

function stepsOf(strategy: Strategy): ProgramStep[] {
  if (strategy.kind === 'canary') return canarySteps(strategy);
  if (strategy.kind === 'rolling') return [{ do: 'set-weight', percent: 100, phase: 'SWITCHING' }];
  const { prePromotion, promotion, postPromotion } = strategy;
  return [
    ...(prePromotion === null ? [] : [{ do: 'analysis' as const, analysis: prePromotion, phase: 'PRE_ANALYSIS' as const }]),
    ...(promotion === 'automatic' ? [] : [{ do: 'pause' as const, forMs: null, phase: 'AWAITING_PROMOTION' as const }]),
    { do: 'set-weight', percent: 100, phase: 'SWITCHING' },
    ...(postPromotion === null ? [] : [{ do: 'analysis' as const, analysis: postPromotion, phase: 'POST_ANALYSIS' as const }]),
  ];
}

/** After the last step it has everything, whether or not the last step says so. */
function canarySteps({ steps }: CanaryStrategy): ProgramStep[] {
  const stepping = steps.map((step) => ({ ...step, phase: 'STEPPING' as const }));
  return stepping.some(isAll) ? stepping : [...stepping, { do: 'set-weight', percent: 100, phase: 'STEPPING' }];
}

/** Whether it gives the new version all traffic. */
export const isAll = (step: CanaryStep) => step.do === 'set-weight' && step.percent === 100;
