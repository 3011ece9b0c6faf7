import type { TaskContext } from './task-context.ts';

/** Output of the task of this type in the same round; empty when there is none or it was skipped. */
export async function outputOf({ task, services }: TaskContext, type: string): Promise<Record<string, unknown>> {
  return (await services.records.sibling(task, type))?.output ?? {};
}
