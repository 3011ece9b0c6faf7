import type { StoreTarget } from '../domain/release/vocabulary.ts';
import type { RolloutWindows } from '../domain/rollout/rollout.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import type { WindowStanding } from '../services/execution/window-service.ts';
import { windowSignals } from '../services/windows/window-signals.ts';
import type { TaskContext } from './task-context.ts';

/** Whether windows let a release reach users of this target now. */
export const windowsOf = ({ release, services }: TaskContext, target: StoreTarget): Promise<WindowStanding> =>
  services.windows.look({
    tenantId: release.tenantId,
    subject: { kind: 'release', id: release.id },
    scope: { releaseConfigId: release.configId, target },
  });

const namesOf = ({ blocking }: WindowStanding) => blocking.map(({ name }) => name);

export const rolloutWindows = (standing: WindowStanding): RolloutWindows => ({
  ...{ exposureAllowed: standing.allowed, opensAt: standing.nextChangeAt, closedBy: namesOf(standing), onClose: standing.onClose },
});

/** What a task that waits for a window shows of it; `why` reads it. */
export interface WindowWaitOutput {
  closedBy: readonly string[];
  opensAt: string | null;
}

export const windowWaitOutput = (standing: WindowStanding): WindowWaitOutput => ({
  ...{ closedBy: namesOf(standing), opensAt: standing.nextChangeAt?.toISOString() ?? null },
});

/** Where nobody has it yet there is nothing to look at: it wakes once, when that changes, or when the windows or who may pass them do. */
export function waitForWindow(tenantId: string, standing: WindowStanding, output: Record<string, unknown>): Outcome {
  const { nextChangeAt, at } = standing;
  return {
    ...{ kind: 'waiting', reason: 'WINDOW', signals: windowSignals(tenantId) },
    forMs: nextChangeAt === null ? null : Math.max(0, nextChangeAt.getTime() - at.getTime()),
    output: { ...output, ...windowWaitOutput(standing) },
  };
}
