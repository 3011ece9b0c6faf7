import type { TaskPlan } from '../src/domain/run.ts';
import type { RunDefinition } from '../src/engine/run-definition.ts';

/** A run of one stage that is complete when its tasks are: what the benchmarks execute. */
export const noopRun: RunDefinition = {
  kind: 'bench',
  advance: async (_tx, run) => {
    const stage = run.stages[0];
    if (stage === undefined || stage.openTasks > 0) return { commands: [], wakeAt: null };
    return { commands: [{ do: 'close-stage', stage: stage.key, status: 'COMPLETED' }, { do: 'complete' }], wakeAt: null };
  },
  notices: () => [],
};

/** `count` tasks in sequence. */
export function sequence(count: number, notBefore: Date | null = null): TaskPlan[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `T${index}`,
    type: 'NOOP',
    dependsOn: index === 0 ? [] : [`T${index - 1}`],
    notBefore: index === 0 ? notBefore : null,
    input: null,
    maxAttempts: 3,
    deadlineMs: 3_600_000,
    onDeadline: 'fail',
  }));
}
