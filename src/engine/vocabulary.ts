import type { Failure } from '../domain/failure.ts';
import type { WaitReason } from '../domain/run.ts';

/** Who did it: a member of the tenant, or the engine itself. */
export type Actor =
  | {
      kind: 'account';
      accountId: string;
      /** The chat in which they said it; absent = through the API. */
      via?: string;
    }
  | { kind: 'engine' };
export const engineActor: Actor = { kind: 'engine' };
export const accountIdOf = (actor: Actor) => (actor.kind === 'account' ? actor.accountId : null);

/** What a handler hands to the settlement. Times are relative: the database's clock makes them absolute. */
export type Outcome =
  | { kind: 'completed'; output?: Record<string, unknown> }
  | {
      kind: 'waiting';
      reason: Exclude<WaitReason, 'RETRY' | 'RATE_LIMIT' | 'CONNECTION'>;
      /** Milliseconds until the engine looks again by itself; null = only an event, or the deadline. */
      forMs: number | null;
      externalId?: string;
      /** Progress to show and to go on from; replaces the task's output. */
      output?: Record<string, unknown>;
      /** What to be hurried by. */
      signals?: readonly { integrationId: string; key: string }[];
    }
  | {
      kind: 'failed';
      failure: Failure;
      /** What was found, to show and to go on from; replaces the task's output. */
      output?: Record<string, unknown>;
    }
  /** The process is stopping: give the task back at once, nothing counted. */
  | { kind: 'handed-back' };

/** A task as its executor sees it: claimed by this process, valid as long as the fence stands. */
export interface ClaimedTask {
  id: string;
  tenantId: string;
  runId: string;
  runKind: string;
  subjectId: string;
  stageId: string;
  stageAttempt: number;
  key: string;
  type: string;
  queue: string;
  fence: number;
  attempt: number;
  failures: number;
  maxAttempts: number;
  input: Record<string, unknown>;
  output: Record<string, unknown> | null;
  externalId: string | null;
  /** The wait that ended with this claim; null when the task was READY. */
  waitedFor: WaitReason | null;
  /** Effects that some attempt was about to write: when first, when again, and what. */
  intents: Record<string, { at: string; again?: string; value: string | null }>;
}

export type AttemptOutcome = 'completed' | 'failed' | 'lost' | 'handed-back' | 'skipped' | 'cancelled';
