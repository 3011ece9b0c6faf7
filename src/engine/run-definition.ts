import type { Tx } from '../db/client.ts';
import type { Failure } from '../domain/failure.ts';
import type { Plan, RunView } from '../domain/run.ts';

/** Something a person should hear of; `type` picks the template and the channels. */
export interface Notice {
  type: string;
  data: Record<string, unknown>;
  /** One message per key, however often it is caused. */
  dedupeKey: string;
}

export type EngineEvent =
  | {
      kind: 'task-completed';
      runId: string;
      subjectId: string;
      task: { id: string; key: string; type: string; stageAttempt: number };
      output: Record<string, unknown>;
    }
  | {
      kind: 'task-failed';
      runId: string;
      subjectId: string;
      task: { id: string; key: string; type: string; attempt: number };
      failure: Failure;
      /** What the attempt found out all the same. */
      output?: Record<string, unknown>;
    }
  | {
      kind: 'task-waiting';
      runId: string;
      subjectId: string;
      task: { id: string; key: string; type: string; stageAttempt: number };
      reason: string;
    }
  | { kind: 'run-completed'; runId: string; subjectId: string };

/** What the engine is given per kind of run. It knows nothing else about what a run is for. */
export interface RunDefinition {
  kind: string;
  /** Type of the message that always shows how the subject stands; absent where runs of this kind have none. */
  living?: string;
  /** Likewise of a message that shows how one task stands, by the task's type. */
  livingOfTask?(taskType: string): string | undefined;
  /**
   * Reads what it needs in `tx`, decides by a pure function, writes its own rows in `tx`, and says what the engine should do. Must not have
   * other effects: the transaction may be retried.
   */
  advance(tx: Tx, run: RunView, now: Date): Promise<Plan>;
  notices(event: EngineEvent): readonly Notice[];
}

export type RunDefinitions = ReadonlyMap<string, RunDefinition>;

export function runDefinitionOf(definitions: RunDefinitions, kind: string): RunDefinition {
  const definition = definitions.get(kind);
  if (definition === undefined) throw new Error(`no definition is registered for runs of kind ${kind}`);
  return definition;
}
