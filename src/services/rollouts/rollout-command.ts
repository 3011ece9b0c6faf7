import type { RolloutPlan } from '../../domain/rollout/plan.ts';
import { isHaltedInStore } from '../../domain/rollout/rollout.ts';
import { isLastStep, isUnattended, type RolloutRow } from './rollout-view.ts';

export const rolloutCommands = ['halt', 'resume', 'advance', 'complete'] as const;
export type RolloutCommand = (typeof rolloutCommands)[number];

type Rollout = Pick<RolloutRow, 'status' | 'pauseReason' | 'wanted' | 'step' | 'advanceRequestedAt' | 'taskStatus'> & { plan: RolloutPlan };

/** What a command comes to in the state a rollout is in. */
export type Verdict =
  | { do: 'want'; wanted: Rollout['wanted'] }
  | { do: 'advance' }
  /** Its task looks no more: the request itself has to ask the store. */
  | { do: 'ask-store'; act: 'halt' | 'resume' }
  /** It is as the person wants it, or on its way there. */
  | { do: 'nothing' }
  | { do: 'refuse'; why: string };

const refuse = (why: string): Verdict => ({ do: 'refuse', why });

/** Decides alone on what is stored: the store is the task's business, and once that has ended, the request's. */
export function judgeCommand(command: RolloutCommand, rollout: Rollout): Verdict {
  if (rollout.status === 'ABORTED') return refuse('is aborted, and goes no further');
  if (rollout.status === 'COMPLETED') return ofComplete(command);
  if (isUnattended(rollout)) return ofUnattended(command, rollout);
  switch (command) {
    case 'halt':
      return rollout.wanted === 'HALT' ? { do: 'nothing' } : { do: 'want', wanted: 'HALT' };
    case 'resume':
      return resume(rollout);
    case 'advance':
      return advance(rollout);
    case 'complete':
      if (isHalted(rollout)) return refuse('is halted: resume it first');
      return rollout.wanted === 'COMPLETE' ? { do: 'nothing' } : { do: 'want', wanted: 'COMPLETE' };
    default:
      return command satisfies never;
  }
}

function ofComplete(command: RolloutCommand): Verdict {
  if (command === 'complete') return { do: 'nothing' };
  if (command === 'halt') return { do: 'ask-store', act: 'halt' };
  return refuse(
    `is complete: everybody has it${command === 'resume' ? ", and what was halted in the store's console since is resumed there" : ''}`,
  );
}

function ofUnattended(command: RolloutCommand, rollout: Rollout): Verdict {
  const halted = isHaltedInStore(rollout);
  if (command === 'halt') return halted ? { do: 'nothing' } : { do: 'ask-store', act: 'halt' };
  if (!halted) return refuse(command === 'resume' ? 'is not halted: there is nothing to resume' : 'has no task any more that would do so');
  return command === 'resume' ? { do: 'ask-store', act: 'resume' } : refuse('is halted: resume it first');
}

function resume(rollout: Rollout): Verdict {
  if (!isHalted(rollout)) return refuse(`is not halted: there is nothing to resume${hint(rollout)}`);
  return rollout.wanted === 'HALT' ? { do: 'want', wanted: 'RUN' } : { do: 'nothing' };
}

function advance(rollout: Rollout): Verdict {
  if (isHalted(rollout)) return refuse('is halted: resume it first');
  if (rollout.plan.kind !== 'staged') return refuse(`has no steps of ours to advance: its plan is ${rollout.plan.kind}`);
  if (rollout.status === 'PENDING') return refuse('has not begun yet: there is no step to leave');
  if (rollout.wanted === 'COMPLETE') return refuse('is being completed already');
  if (isLastStep(rollout.plan, rollout.step)) return refuse('is on its last step');
  return rollout.advanceRequestedAt === null ? { do: 'advance' } : { do: 'nothing' };
}

/** Here, in the console, or about to be. */
const isHalted = (rollout: Rollout) => rollout.wanted === 'HALT' || isHaltedInStore(rollout);

function hint({ status, pauseReason }: Rollout): string {
  if (status !== 'PAUSED') return '';
  if (pauseReason === 'window') return '. It waits for a window';
  return pauseReason === 'inconclusive' ? '. It has no evidence; advance it to go on without' : '. It waits on its step; advance it';
}
