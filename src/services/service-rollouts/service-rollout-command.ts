import type { RolloutProgram } from '../../domain/deployment/rollout/program.ts';
import { isOver, isPastReturn, type ServiceRolloutState, type ServiceRolloutWish } from '../../domain/deployment/rollout/rollout.ts';
import { type TaskStatus, terminalTaskStatuses } from '../../domain/run.ts';

export const serviceRolloutCommands = ['pause', 'resume', 'advance', 'promote', 'abort'] as const;
export type ServiceRolloutCommand = (typeof serviceRolloutCommands)[number];

export interface CommandedRollout {
  state: ServiceRolloutState;
  program: RolloutProgram;
  taskStatus: TaskStatus;
}

/** What a command comes to in the state a rollout is in. */
export type ServiceRolloutVerdict =
  | { do: 'want'; wanted: ServiceRolloutWish }
  | { do: 'advance' }
  /** It is as the person wants it, or on its way there. */
  | { do: 'nothing' }
  | { do: 'refuse'; why: string };

const refuse = (why: string): ServiceRolloutVerdict => ({ do: 'refuse', why });
const want = (wanted: ServiceRolloutWish): ServiceRolloutVerdict => ({ do: 'want', wanted });

/** Decides on what is stored alone: drivers are its task's business. */
export function judgeServiceCommand(command: ServiceRolloutCommand, rollout: CommandedRollout): ServiceRolloutVerdict {
  const { state, taskStatus } = rollout;
  if (isOver(state)) return refuse(`is ${state.status}, and goes no further`);
  if (state.status === 'ABORTING' || state.wanted === 'ABORT') {
    return command === 'abort' ? { do: 'nothing' } : refuse('is being aborted, and nothing stops that');
  }
  if (isPastReturn(state)) return refuse('has all traffic, and the old version is being ended: roll the deployment back instead');
  if (taskStatus === 'FAILED' || terminalTaskStatuses.some((status) => status === taskStatus)) {
    return refuse('has no task any more that would do so');
  }
  switch (command) {
    case 'abort':
      return want('ABORT');
    case 'pause':
      return state.wanted === 'PAUSE' ? { do: 'nothing' } : want('PAUSE');
    case 'resume':
      return state.wanted === 'PAUSE' ? want('RUN') : refuse(`is not paused by a person: there is nothing to resume${hint(state)}`);
    case 'advance':
      return advance(rollout);
    case 'promote':
      return promote(rollout);
    default:
      return command satisfies never;
  }
}

function advance({ state, program }: CommandedRollout): ServiceRolloutVerdict {
  if (state.wanted === 'PAUSE') return refuse('is paused: resume it first');
  if (state.healthyAt === null) return refuse('is not healthy yet: there is no step to leave');
  if (state.step >= program.steps.length) return refuse('has no step left to leave');
  return state.advanceRequestedAt === null ? { do: 'advance' } : { do: 'nothing' };
}

function promote({ state, program }: CommandedRollout): ServiceRolloutVerdict {
  if (state.wanted === 'PAUSE') return refuse('is paused: resume it first');
  if (program.inPlace || !program.routed) return refuse('takes the place of the old version: there is no step to skip');
  return state.wanted === 'PROMOTE' ? { do: 'nothing' } : want('PROMOTE');
}

const hint = ({ pauseReason }: ServiceRolloutState) => {
  if (pauseReason === 'step' || pauseReason === 'inconclusive') return '. It waits on its step; advance it';
  return pauseReason === 'window' ? '. It waits for a window' : '';
};
