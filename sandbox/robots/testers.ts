import type { CheckmateWorld } from '../../test/fakes/checkmate/index.ts';
import { setStatus } from '../../test/fakes/checkmate/world.ts';
import type { Robot } from './robot.ts';

/** Pass everything untested some time after it came or was reset. What somebody else set to failed stays failed. */
export function testers(world: CheckmateWorld, times: { passAfterMs: number }): Robot {
  const openSince = new Map<number, number>();
  return {
    look(now) {
      for (const run of world.runs()) {
        const open = run.status === 'Active' ? [...run.tests.values()].filter(({ status }) => isOpen(status)) : [];
        if (open.length === 0) {
          openSince.delete(run.runId);
          continue;
        }
        const since = openSince.get(run.runId) ?? now;
        openSince.set(run.runId, since);
        if (now - since >= times.passAfterMs) for (const result of open) setStatus(result, 'Passed');
      }
    },
  };
}

const isOpen = (status: string) => status === 'Untested' || status === 'Retest';
