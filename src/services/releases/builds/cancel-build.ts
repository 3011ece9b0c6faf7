import type { Tx } from '../../../db/client.ts';
import { writeHistory } from '../../../engine/history.ts';
import { hurry, signal } from '../../../engine/signal.ts';
import { takeBack } from '../../../engine/take-back.ts';
import { signalKey } from '../../../integrations/capabilities/webhook-source.ts';
import { queueCleanUps } from '../../clean-ups/clean-up-row.ts';
import { askConnection } from '../../connections/ask-connection.ts';
import { ciOf } from '../../connections/ci-metadata.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { advise, mayBeDone } from '../advise.ts';
import { type LockedRelease, lockRelease } from '../release-row.ts';
import { type BuildIds, demandRun, type FoundBuild, findBuild } from './find-build.ts';
import type { ReleaseBuildView } from './list-builds.ts';

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

/** Two people at once: the second sees what the first has done. */
export const buildLock = (buildId: string): string => `build:${buildId}`;

export const hasEnded = ({ status }: { status: string }): boolean => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status);

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'locks'>;

/**
 * Asks the CI to stop the run of a build; the build is CANCELLED once the CI says so, its task fails then, and that pauses the release: hence
 * the permission. A build that has ended stays as it is. One whose run the CI has not named yet, or that was not asked for, is CANCELLED at once;
 * should its run show after all, a clean-up cancels it.
 */
export async function cancelBuild(
  deps: Deps,
  caller: Caller,
  ids: BuildIds,
  { reason }: { reason?: string | undefined },
): Promise<ReleaseBuildView> {
  authorise(caller, 'release:pause');
  const { view } = await findBuild(deps.db, caller, ids);
  if (view.mode !== 'MANUAL' && hasEnded(view)) return view;
  return deps.locks.withLock(buildLock(ids.buildId), LOCK, async (held) => {
    const why = reason ?? null;
    const found = await findBuild(deps.db, caller, ids);
    const build = found.run === null ? await closeUnnamed(deps, caller, ids, found, why) : found;
    if (hasEnded(build.view)) return build.view;
    await askToStop(deps, caller, build, { ids, why, signal: held.signal });
    return build.view;
  });
}

async function askToStop(
  deps: Deps,
  caller: Caller,
  build: FoundBuild,
  { ids, why, signal: aborted }: { ids: BuildIds; why: string | null; signal: AbortSignal },
): Promise<void> {
  const { integrationId, handle } = demandRun(build);
  const connection = { category: 'ci-cd' as const, tenantId: caller.tenantId, id: integrationId };
  await advise(mayBeDone, () => askConnection(deps, connection, (open) => ciOf(open).cancel(handle), aborted));
  await deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, ids.releaseId);
    await record(tx, caller, release, build.view, { after: 'REQUESTED', why });
    // Whoever follows the build looks at once.
    const wakes = await signal(tx, integrationId, [signalKey.ciRun(handle)]);
    tx.afterCommit(() => deps.ring(wakes));
  });
}

/** @returns the build as it stands then: where a worker has learnt its run meanwhile it is not closed */
async function closeUnnamed(deps: Deps, caller: Caller, ids: BuildIds, found: FoundBuild, why: string | null): Promise<FoundBuild> {
  if (found.view.mode === 'MANUAL') demandRun(found);
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, ids.releaseId);
    const closed = await tx.run(
      `UPDATE builds SET status = 'CANCELLED', provider_state = 'cancelled before the CI named its run', ended_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND id = ? AND handle IS NULL AND ended_at IS NULL`,
      [caller.tenantId, ids.buildId],
    );
    const build = await findBuild(tx, caller, ids);
    if (closed === 0) return build;
    await record(tx, caller, release, found.view, { after: 'CANCELLED', why });
    const wanted = { tenantId: caller.tenantId, scopeId: release.id, accountId: caller.accountId, reason: why };
    // Whoever dispatches it has said so in its row before; who comes later finds it cancelled.
    const mayRun = build.view.dispatchedAt !== null;
    const cancelled = mayRun ? await queueCleanUps(tx, wanted, [{ kind: 'CI_RUN', subject: ids.buildId }]) : [];
    const isTaken = await takeBack(tx, found.view.taskId, actorOf(caller), why, deps.ring);
    const wakes = isTaken ? [] : await hurry(tx, [found.view.taskId]);
    tx.afterCommit(() => deps.ring([...cancelled, ...wakes]));
    return build;
  });
}

async function record(
  tx: Tx,
  caller: Caller,
  release: LockedRelease,
  { id, taskId, status }: ReleaseBuildView,
  { after, why }: { after: string; why: string | null },
): Promise<void> {
  await writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'task', entityId: taskId, action: 'UPDATE' },
      ...{ actor: actorOf(caller), why, items: [{ field: 'buildCancellation', before: status, after, entityId: id }] },
    },
  ]);
}
