import { setTimeout as delay } from 'node:timers/promises';
import type { Tx } from '../../../db/client.ts';
import type { Platform } from '../../../domain/release/vocabulary.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { writeHistory } from '../../../engine/history.ts';
import { intervene } from '../../../engine/intervene.ts';
import { hurry } from '../../../engine/signal.ts';
import { takeBack } from '../../../engine/take-back.ts';
import type { CiRun } from '../../../integrations/capabilities/ci.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import { askConnection } from '../../connections/ask-connection.ts';
import { ciOf } from '../../connections/ci-metadata.ts';
import type { OpenConnection } from '../../connections/connect.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { gaveUp } from '../../execution/builds/build-state.ts';
import { conflict } from '../../service-error.ts';
import { advise, mayBeDone } from '../advise.ts';
import { lockRelease, refuseEnded } from '../release-row.ts';
import { buildLock, hasEnded } from './cancel-build.ts';
import { type BuildIds, demandRun, type FoundBuild, findBuild } from './find-build.ts';
import type { ReleaseBuildView } from './list-builds.ts';

/*
 * Runs what failed of a build again, as the same build. The CI is asked first; then, in one transaction, the build is QUEUED again under the
 * handle that is followed from now on, and the task that failed for it is retried. A retry plans another build for each that is FAILED
 * (`renewRetried`): this one is not any more. As long as another build of the task is failed the task stays FAILED, because its retry would
 * start a run that nobody asked for. A worker that looks at the task meanwhile loses it: what that has seen decides nothing.
 *
 * If the process dies between the CI's answer and the commit, the run is under way and the build still says FAILED: asking again finds the
 * run (`rerunFailed` starts it once) and commits.
 */

export interface RerunBuild {
  build: ReleaseBuildView;
  /** What follows the build. */
  task: { id: string; key: string; status: TaskStatus };
  /** Other failed builds of the task, which goes on once they are run again, too. */
  alsoFailed: { id: string; platform: Platform }[];
}

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'locks'>;

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };
/** When a run that was started again is looked for, milliseconds; readers may lag behind the write. */
const LOOKED_FOR_AFTER_MS = [0, 250, 500, 1_000, 2_000];
const RETRY_AFTER_MS = 5_000;

/** Not every CI runs every run again: GitHub refuses some that were cancelled, Jenkins parameters that it does not show. */
const ANOTHER_RUN = 'Nothing was started. Where the CI does not run it again, retry the task: that starts another run.';
const advice = { ...mayBeDone, forbidden: ANOTHER_RUN, invalid: ANOTHER_RUN, conflict: ANOTHER_RUN, 'not-found': ANOTHER_RUN };

export async function rerunBuild(
  deps: Deps,
  caller: Caller,
  ids: BuildIds,
  { reason }: { reason?: string | undefined },
): Promise<RerunBuild> {
  authorise(caller, 'task:retry');
  await findBuild(deps.db, caller, ids);
  return deps.locks.withLock(buildLock(ids.buildId), LOCK, async (held) => {
    const found = await findBuild(deps.db, caller, ids);
    // Under way: somebody has just asked, or it has not failed yet.
    if (!hasEnded(found.view)) return deps.db.transact((tx) => answer(tx, caller, ids));
    const { integrationId, handle } = demandRun(found);
    await deps.db.transact((tx) => demandRepeatable(tx, caller, ids, found));
    const connection = { category: 'ci-cd' as const, tenantId: caller.tenantId, id: integrationId };
    const run = await advise(advice, () => askConnection(deps, connection, (open) => startAgain(open, handle, held.signal), held.signal));
    return deps.db.transact(async (tx) => {
      await queueAgain(tx, deps, caller, ids, { found, run, why: reason ?? null });
      return answer(tx, caller, ids);
    });
  });
}

interface StartedRun {
  handle: string;
  url: string | null;
}

/** Not before the CI shows it: whoever follows it would take the end of the former attempt for the end of this one. */
async function startAgain(open: OpenConnection, handle: string, signal: AbortSignal): Promise<StartedRun> {
  const ci = ciOf(open);
  const former = await ci.run(handle);
  const started = await ci.rerunFailed(handle);
  for (const milliseconds of LOOKED_FOR_AFTER_MS) {
    await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
    const run = await ci.run(started.handle);
    const isStale = started.handle === handle && former !== null && (run === null || isSameEnd(former, run));
    if (!isStale) return { handle: run?.handle ?? started.handle, url: run?.url ?? null };
  }
  throw new ProviderError('unavailable', `${open.provider.displayName} took the request but does not show the new attempt yet.`, {
    ...{ provider: open.provider.id, retryAfterMs: RETRY_AFTER_MS },
  });
}

const isSameEnd = (former: CiRun, run: CiRun): boolean =>
  ['failed', 'cancelled'].includes(run.state.kind) && ['failed', 'cancelled'].includes(former.state.kind) && run.attempt <= former.attempt;

interface Follower {
  id: string;
  key: string;
  status: TaskStatus;
}

/** The task that waits for the build: the one that started it, or the one that judges what that started. */
export async function followerOf(tx: Tx, taskId: string): Promise<Follower> {
  const [follower] = await tx.rows<Follower>(
    `SELECT t.id, t.task_key AS \`key\`, t.status FROM tasks o JOIN tasks t ON t.stage_id = o.stage_id AND t.stage_attempt = o.stage_attempt
       AND (t.id = o.id OR (o.type = 'TRIGGER_AUTOMATION_RUNS' AND t.type = 'AUTOMATION_RUNS'))
     WHERE o.id = ? ORDER BY t.type = 'AUTOMATION_RUNS' DESC LIMIT 1 FOR UPDATE`,
    [taskId],
  );
  if (follower === undefined) throw new Error(`the task ${taskId} of a build does not exist`);
  return follower;
}

/** @throws ServiceError conflict naming what is in the way */
async function demandRepeatable(tx: Tx, caller: Caller, { releaseId }: BuildIds, { view, isLatest }: FoundBuild): Promise<void> {
  refuseEnded(await lockRelease(tx, caller, releaseId));
  if (view.status === 'SUCCEEDED') throw conflict(`The ${view.platform} build succeeded: nothing of it is left to run again.`);
  if (!isLatest) throw conflict(`Another ${view.platform} build has taken the place of this one; run that one again.`);
  const { id, key, status } = await followerOf(tx, view.taskId);
  if (status === 'FAILED' || status === 'WAITING' || status === 'PENDING') return;
  if (status !== 'READY' && status !== 'IN_PROGRESS')
    throw conflict(`The task ${key} is ${status}, and nothing waits for the build any more.`);
  if (await isBeingReplaced(tx, id, view.id)) {
    throw conflict(`The task ${key} was retried: it starts another ${view.platform} run in place of this one.`);
  }
}

/** A task that gave up for the build and goes on was sent on by a person: that plans another build. */
async function isBeingReplaced(tx: Tx, followerId: string, buildId: string): Promise<boolean> {
  const rows = await tx.rows(
    `SELECT 1 FROM builds b WHERE b.id = ? AND b.ended_at <= (SELECT MAX(ended_at) FROM attempts WHERE task_id = ? AND ${gaveUp})`,
    [buildId, followerId],
  );
  return rows.length > 0;
}

async function queueAgain(
  tx: Tx,
  deps: Deps,
  caller: Caller,
  ids: BuildIds,
  { found, run, why }: { found: FoundBuild; run: StartedRun; why: string | null },
): Promise<void> {
  const release = await lockRelease(tx, caller, ids.releaseId);
  const task = await followerOf(tx, found.view.taskId);
  const { isLatest } = await findBuild(tx, caller, ids);
  const changed = isLatest
    ? await tx.run(
        `UPDATE builds SET status = 'QUEUED', provider_state = NULL, reported_status = NULL, handle = ?, url = COALESCE(?, url), ended_at = NULL
         WHERE tenant_id = ? AND id = ? AND status = ? AND handle = ?`,
        [run.handle, run.url, caller.tenantId, ids.buildId, found.view.status, found.run?.handle ?? ''],
      )
    : 0;
  if (changed === 0) {
    throw conflict(
      `The run was started again at the CI, but the build was renewed by a retry meanwhile${run.url === null ? '' : `: ${run.url}`}.`,
    );
  }
  const actor = actorOf(caller);
  await writeHistory(tx, [
    {
      ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'task', entityId: found.view.taskId, action: 'UPDATE' },
      ...{ actor, why },
      items: [{ field: 'buildRerun', before: found.view.status, after: 'QUEUED', entityId: ids.buildId }],
    },
  ]);
  if (task.status === 'FAILED') {
    if ((await failedBuilds(tx, found.view.taskId)).length === 0) await intervene(tx, task.id, { do: 'retry', why }, actor, deps.ring);
    return;
  }
  // Whoever looks at it this very moment has seen the build fail.
  if (await takeBack(tx, task.id, actor, why, deps.ring)) return;
  const wakes = await hurry(tx, [task.id]);
  tx.afterCommit(() => deps.ring(wakes));
}

/** Those no other build has taken the place of. */
export function failedBuilds(tx: Tx, taskId: string): Promise<RerunBuild['alsoFailed']> {
  return tx.rows(
    `SELECT b.id, b.platform FROM builds b WHERE b.task_id = ? AND b.status IN ('FAILED', 'CANCELLED')
       AND NOT EXISTS (SELECT 1 FROM builds n WHERE n.task_id = b.task_id AND n.platform = b.platform AND n.ordinal > b.ordinal)
     ORDER BY b.platform`,
    [taskId],
  );
}

async function answer(tx: Tx, caller: Caller, ids: BuildIds): Promise<RerunBuild> {
  const { view: build } = await findBuild(tx, caller, ids);
  return { build, task: await followerOf(tx, build.taskId), alsoFailed: await failedBuilds(tx, build.taskId) };
}
