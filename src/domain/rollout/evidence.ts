import type { Verdict } from '../analysis/judge-metric.ts';
import type { AnalysisPlan } from '../deployment/analysis-plan.ts';
import type { RolloutPlan } from './plan.ts';
import { isHaltedInStore, type RolloutState } from './rollout.ts';

/* What speaks for leaving a step, besides its time. No evidence is no success, and no failure either. */

/** How the analysis of a stay on a step stands. */
export interface Evidence {
  /** Of `analysisOf`: a stay that began anew has evidence of its own. */
  key: string;
  verdict: Verdict;
  /** A part of a sentence for people: what the verdict rests on. */
  reason: string;
  /** When it is measured next; null = nothing is measured any more. */
  nextLookAt: Date | null;
  /** Since when nothing that is still to be measured could change it; null = something could. */
  endedAt: Date | null;
}

interface StepAnalysis {
  /** Tells the stay by the instant it began. */
  key: string;
  plan: AnalysisPlan;
}

/**
 * What is to be measured while it stands where it stands: nothing before the first users have it, after all have, and while people or windows halt it.
 * What halted it itself goes on being shown.
 */
export function analysisOf(
  plan: RolloutPlan,
  state: Pick<RolloutState, 'status' | 'pauseReason' | 'fraction' | 'step' | 'stepReachedAt'>,
): StepAnalysis | null {
  const { status, pauseReason, fraction, stepReachedAt } = state;
  if (stepReachedAt === null || fraction <= 0 || fraction >= 1 || status === 'COMPLETED' || status === 'ABORTED') return null;
  if (isHaltedInStore(state) && pauseReason !== 'analysis') return null;
  const analysis = wantedBy(plan, state.step) ?? null;
  return analysis === null ? null : { key: `stay-${stepReachedAt.toISOString()}`, plan: analysis };
}

function wantedBy(plan: RolloutPlan, step: number): AnalysisPlan | null | undefined {
  if (plan.kind === 'immediate') return null;
  // What stands below the first step stays there as long as on it.
  return plan.kind === 'phased' ? plan.analysis : plan.steps[Math.max(step, 1) - 1]?.analysis;
}

interface Looked {
  plan: RolloutPlan;
  /** As it was before the look. */
  state: RolloutState;
  /** Of the stay of `state`; null = nothing is to be measured, or nothing was yet. */
  evidence: Evidence | null;
  now: Date;
}

/** Whether the step may be left for a larger share. */
export type Proof =
  | { is: 'given' }
  | { is: 'measured'; until: Date | null; why: string }
  /** @property until when it is halted without a person; null = it is measured on */
  | { is: 'lacking'; until: Date | null; why: string };

/** @param next what the look has made of the state: a stay that begins with it has no evidence yet */
export function proofOf({ plan, evidence }: Looked, next: RolloutState): Proof {
  const wanted = analysisOf(plan, next);
  if (wanted === null) return { is: 'given' };
  if (evidence === null || evidence.key !== wanted.key) return { is: 'measured', until: null, why: 'it is measured' };
  const { verdict, reason, nextLookAt, endedAt } = evidence;
  switch (verdict) {
    case 'successful':
      return { is: 'given' };
    case 'inconclusive':
    case 'error': {
      const until = endedAt === null ? null : new Date(endedAt.getTime() + wanted.plan.inconclusiveDeadlineMs);
      return { is: 'lacking', until, why: `there is no evidence for the next share: ${reason}` };
    }
    case 'running':
      return { is: 'measured', until: nextLookAt, why: `it is measured: ${reason}` };
    case 'failed':
      // Whoever resumed it in the console began a stay of its own: this is the old one's.
      return { is: 'measured', until: null, why: 'it is measured' };
    default:
      return verdict satisfies never;
  }
}

/** Evidence against the version counts wherever its share is by now. @returns what was found; null = nothing speaks against it */
export function failedWords({ plan, state, evidence }: Looked): string | null {
  const wanted = analysisOf(plan, state);
  if (wanted === null || evidence?.key !== wanted.key || evidence.verdict !== 'failed') return null;
  return `its analysis failed: ${evidence.reason}`;
}

/** What keeps it halted, for people. */
export function haltedWords({ evidence }: Pick<Looked, 'evidence'>): string {
  const found =
    evidence === null ? '' : `: ${evidence.verdict === 'failed' ? 'its analysis failed' : 'there is no evidence'} (${evidence.reason})`;
  return `it was halted for its analysis${found}; a person resumes it with a reason, and it is measured anew`;
}
