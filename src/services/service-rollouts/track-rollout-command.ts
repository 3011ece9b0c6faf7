import type { ServiceRolloutState } from '../../domain/deployment/rollout/rollout.ts';
import { type KeptTrackRollout, serviceWishOf, storeWishOf } from '../../domain/deployment/track-rollout.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { judgeCommand, type RolloutCommand } from '../rollouts/rollout-command.ts';
import type { ServiceRolloutCommand, ServiceRolloutVerdict } from './service-rollout-command.ts';

export interface CommandedTrackRollout {
  state: Pick<ServiceRolloutState, 'wanted' | 'advanceRequestedAt'>;
  track: KeptTrackRollout;
  taskStatus: TaskStatus;
}

/** In the words of a store. */
const commandOf = { pause: 'halt', resume: 'resume', advance: 'advance', promote: 'complete' } as const satisfies Record<
  Exclude<ServiceRolloutCommand, 'abort'>,
  RolloutCommand
>;

const refuse = (why: string): ServiceRolloutVerdict => ({ do: 'refuse', why });

/** What a command comes to for a rollout in a store: what it comes to there (`judgeCommand`), as far as its task looks after it. */
export function judgeTrackCommand(
  command: ServiceRolloutCommand,
  { state, track, taskStatus }: CommandedTrackRollout,
): ServiceRolloutVerdict {
  const { status, pauseReason, step } = track.progress;
  if (status === 'COMPLETED') return refuse('is COMPLETED: everybody has it, and it goes no further');
  if (status === 'ABORTED') return refuse('is ABORTED, and goes no further');
  if (state.wanted === 'ABORT') return command === 'abort' ? { do: 'nothing' } : refuse('is being aborted, and nothing stops that');
  if (command === 'abort') return taskStatus === 'FAILED' ? noTask : { do: 'want', wanted: 'ABORT' };
  const advanceRequestedAt = state.advanceRequestedAt === null ? null : new Date(state.advanceRequestedAt);
  const verdict = judgeCommand(commandOf[command], {
    ...{ status, pauseReason, step, taskStatus, advanceRequestedAt, plan: track.track.plan },
    wanted: storeWishOf[state.wanted],
  });
  if (verdict.do === 'ask-store') return noTask;
  return verdict.do === 'want' ? { do: 'want', wanted: serviceWishOf[verdict.wanted] } : verdict;
}

const noTask = refuse('has no task any more that would do so');
