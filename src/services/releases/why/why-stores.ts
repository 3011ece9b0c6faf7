import type { Verdict } from '../../../domain/analysis/judge-metric.ts';
import { percentText } from '../../../domain/release/store-notifications.ts';
import type { RolloutPlan } from '../../../domain/rollout/plan.ts';
import { stepDueAt } from '../../../domain/rollout/progress.ts';
import { isHaltedInStore } from '../../../domain/rollout/rollout.ts';
import type { RolloutRow } from '../../rollouts/rollout-view.ts';
import { isLastStep } from '../../rollouts/rollout-view.ts';
import type { SubmissionStatus } from '../../submissions/submission-view.ts';
import { iso } from '../instant.ts';

/** What a task of the stores is about, besides what every task is. */
export type StoreFact = SubmissionFact | RolloutFact;

interface SubmissionFact {
  kind: 'submission';
  target: string;
  version: string;
  status: SubmissionStatus;
  submittedAt: Date | null;
}

interface RolloutFact extends Pick<RolloutRow, 'status' | 'pauseReason' | 'wanted' | 'step' | 'stepReachedAt' | 'fraction'> {
  kind: 'rollout';
  target: string;
  version: string;
  plan: RolloutPlan;
  /** Who halted it here, and why. */
  by: string | null;
  why: string | null;
  /** How the analysis of its step stands, and what that rests on; null = none is wanted, or none was looked at. */
  verdict: Verdict | null;
  evidence: string | null;
  /** Of one without evidence: when it is halted unless a person takes it on. ISO 8601; null = not yet known */
  haltedAt: string | null;
}

/** As items of `why` tell it. */
interface Told {
  on: 'person' | 'provider' | 'worker' | 'time';
  nextAction: string | null;
  remedy: string | null;
  sentence: string;
}

/** Says of a task that waits for a store what it waits for; null = no more than of any other. @param runAt when the engine looks again */
export function tellStore(store: StoreFact, runAt: Date | null): Told | null {
  const look = runAt === null ? null : 'the engine looks again';
  const next = runAt === null ? '' : ` The engine looks again at ${iso(runAt)}.`;
  return store.kind === 'submission' ? tellSubmission(store, look, next) : tellRollout(store, look, next);
}

function tellSubmission({ target, version, status, submittedAt }: SubmissionFact, look: string | null, next: string): Told | null {
  if (status !== 'IN_REVIEW') return null;
  const since = submittedAt === null ? '' : ` since ${iso(submittedAt)}`;
  return {
    on: 'provider',
    nextAction: look,
    remedy: null,
    sentence: `waits for the review of ${version} by ${target}, in review${since}.${next}`,
  };
}

function tellRollout(rollout: RolloutFact, look: string | null, next: string): Told | null {
  const { target, version, status, pauseReason, wanted, fraction } = rollout;
  const what = `the rollout of ${version} to ${target}`;
  const reached = `at ${percentText(fraction)} of the users`;
  if (isHaltedInStore(rollout)) {
    // A person's wish is on its way to the store.
    if (wanted !== 'HALT')
      return { on: 'worker', nextAction: look, remedy: null, sentence: `resumes ${what}, which is halted ${reached}.` };
    const reason = pauseReason === 'analysis' ? ', with a reason, once its cause is known' : '';
    return {
      on: 'person',
      nextAction: look,
      remedy: `Resume ${what}${reason}.`,
      sentence: `is halted ${reached}${whose(rollout)}.${next}`,
    };
  }
  if (wanted === 'HALT') return { on: 'worker', nextAction: look, remedy: null, sentence: `halts ${what}${whose(rollout)}, ${reached}.` };
  if (status === 'PAUSED' && pauseReason === 'step') {
    return {
      on: 'person',
      nextAction: look,
      remedy: `Advance ${what}.`,
      sentence: `is on ${stepText(rollout)} until somebody advances it.${next}`,
    };
  }
  if (status === 'PAUSED' && pauseReason === 'inconclusive') {
    const then = rollout.haltedAt === null ? '' : ` It is halted at ${rollout.haltedAt} unless somebody takes it on.`;
    const found = rollout.evidence === null ? '' : `: ${rollout.evidence}`;
    return {
      on: 'person',
      nextAction: rollout.haltedAt === null ? look : 'it is halted',
      remedy: `Advance ${what} to go on without evidence, or halt it.`,
      sentence: `stands still on ${stepText(rollout)}, for there is no evidence for the next${found}.${then}`,
    };
  }
  if (status !== 'PROGRESSING' && pauseReason !== 'window') return null;
  return progress(rollout, look, next);
}

function progress(rollout: RolloutFact, look: string | null, next: string): Told {
  const { plan, target, fraction, step, stepReachedAt } = rollout;
  const due = plan.kind === 'staged' && !isLastStep(plan, step) ? stepDueAt(plan.steps, { step, stepReachedAt }) : null;
  if (due !== null)
    return {
      on: 'time',
      nextAction: 'the next step is taken',
      remedy: null,
      sentence: `is on ${stepText(rollout)} until ${iso(due)}${measured(rollout)}.`,
    };
  return {
    on: 'provider',
    nextAction: look,
    remedy: null,
    sentence: `waits for ${target}, which shows ${percentText(fraction)} of the users${measured(rollout)}.${next}`,
  };
}

const measured = ({ verdict, evidence }: RolloutFact) =>
  verdict === 'running' ? `, and is measured before it reaches more: ${evidence}` : '';

function whose({ pauseReason, by, why }: RolloutFact): string {
  if (pauseReason === 'outside') return " in the store's console";
  return `${by === null ? '' : ` by ${by}`}${why === null ? '' : `: ${why}`}`;
}

function stepText({ plan, step, fraction }: RolloutFact): string {
  const of = plan.kind === 'staged' ? ` of ${plan.steps.length}` : '';
  return `step ${step}${of} at ${percentText(fraction)} of the users`;
}
