import type { Intent } from '../engine/intent.ts';
import type { ClaimedTask, Outcome } from '../engine/vocabulary.ts';
import type { LockHeld } from '../platform/lock.ts';

/** What the executor gives every handler, whatever its run is for. */
export interface Given {
  task: ClaimedTask;
  signal: AbortSignal;
  pollMs: number;
  intent(effect: string, value?: string): Promise<Intent>;
  renewIntent(effect: string): Promise<void>;
  held: LockHeld | null;
}

/** A handler with what its task is about, ready to run. */
export interface BoundTask {
  locks: readonly string[];
  run(given: Given): Promise<Outcome>;
}

/** Binds a task to its handler. @throws Error when no handler is registered for its type */
export type BindTask = (task: ClaimedTask) => Promise<BoundTask>;

interface Binding<Name extends string, Subject, Services> {
  /** What handlers find the subject by in their context: `release`, `deployment`. */
  name: Name;
  load: (subjectId: string) => Promise<Subject>;
  services: Services;
  handlers: ReadonlyMap<
    string,
    {
      locks?(subject: Subject, task: ClaimedTask): readonly string[];
      run(context: Given & { services: Services } & Record<Name, Subject>): Promise<Outcome>;
    }
  >;
}

/** The handlers of one kind of run, bound to its loader and services. */
export function bindHandlers<Name extends string, Subject, Services>({
  name,
  load,
  services,
  handlers,
}: Binding<Name, Subject, Services>): BindTask {
  return async (task) => {
    const handler = handlers.get(task.type);
    if (handler === undefined) throw new Error(`no handler is registered for tasks of type ${task.type}`);
    const subject = await load(task.subjectId);
    return {
      locks: handler.locks?.(subject, task) ?? [],
      run: (given) => handler.run({ ...given, services, ...({ [name]: subject } as Record<Name, Subject>) }),
    };
  };
}
