import { writeHistory } from '../../../engine/history.ts';
import { signal } from '../../../engine/signal.ts';
import { signalKey } from '../../../integrations/capabilities/webhook-source.ts';
import { askConnection } from '../../connections/ask-connection.ts';
import { ciOf } from '../../connections/ci-metadata.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { advise, mayBeDone } from '../advise.ts';
import { lockRelease } from '../release-row.ts';
import { type BuildIds, demandRun, findBuild } from './find-build.ts';
import type { ReleaseBuildView } from './list-builds.ts';

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

/** Two people at once: the second sees what the first has done. */
export const buildLock = (buildId: string): string => `build:${buildId}`;

export const hasEnded = ({ status }: { status: string }): boolean => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status);

/**
 * Asks the CI to stop the run of a build; the build is CANCELLED once the CI says so, its task fails then, and that pauses the release: hence
 * the permission. A build that has ended stays as it is.
 */
export async function cancelBuild(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'locks'>,
  caller: Caller,
  ids: BuildIds,
  { reason }: { reason?: string | undefined },
): Promise<ReleaseBuildView> {
  authorise(caller, 'release:pause');
  const { view } = await findBuild(deps.db, caller, ids);
  if (view.mode !== 'MANUAL' && hasEnded(view)) return view;
  return deps.locks.withLock(buildLock(ids.buildId), LOCK, async (held) => {
    const build = await findBuild(deps.db, caller, ids);
    const { integrationId, handle } = demandRun(build);
    if (hasEnded(build.view)) return build.view;
    const connection = { category: 'ci-cd' as const, tenantId: caller.tenantId, id: integrationId };
    await advise(mayBeDone, () => askConnection(deps, connection, (open) => ciOf(open).cancel(handle), held.signal));
    await deps.db.transact(async (tx) => {
      const release = await lockRelease(tx, caller, ids.releaseId);
      await writeHistory(tx, [
        {
          ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'task', entityId: build.view.taskId, action: 'UPDATE' },
          actor: actorOf(caller),
          why: reason ?? null,
          items: [{ field: 'buildCancellation', before: build.view.status, after: 'REQUESTED', entityId: build.view.id }],
        },
      ]);
      // Whoever follows the build looks at once.
      const wakes = await signal(tx, integrationId, [signalKey.ciRun(handle)]);
      tx.afterCommit(() => deps.ring(wakes));
    });
    return build.view;
  });
}
