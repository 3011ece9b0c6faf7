import type { TaskStatus } from '../domain/run.ts';
import type { ClaimedTask, Outcome } from './vocabulary.ts';

export interface SettleRequest {
  task: ClaimedTask;
  outcome: Outcome;
  /** The slot would go on at once with a task this completion releases, or plan the run whose stage it ends. */
  handOver: boolean;
}

export type SettleResult =
  | {
      settled: true;
      status: TaskStatus;
      next: ClaimedTask | null;
      /** The task's run, when its stage ended with it and nobody was rung for: the slot has it planned. */
      drainedRun: string | null;
    }
  /** Somebody else moved the task: whatever we did is theirs to find. */
  | { settled: false };
