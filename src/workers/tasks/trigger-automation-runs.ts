import type { BuildStatus } from '../../services/execution/builds/build-state.ts';
import { automation } from '../automation.ts';
import { follow } from '../build-task.ts';
import type { TaskHandler } from '../task-context.ts';

const ENDED: readonly BuildStatus[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/**
 * Starts the automated tests of the candidate. Done when every run is known to exist, or to have ended as its CI reported; AUTOMATION_RUNS judges
 * them.
 */
export const triggerAutomationRuns: TaskHandler = {
  async run(context) {
    const runs = [];
    for (const platform of automation.platforms(context.release)) {
      const { id, status, handle, url } = await follow(context, automation, platform, automation.ref(context));
      runs.push({ platform, buildId: id, status, handle, url });
    }
    if (runs.every(({ handle, status }) => handle !== null || ENDED.includes(status))) return { kind: 'completed', output: { runs } };
    return { kind: 'waiting', reason: 'CALLBACK', forMs: context.pollMs, output: { runs } };
  },
};
