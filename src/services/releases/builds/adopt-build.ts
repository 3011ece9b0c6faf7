import type { Tx } from '../../../db/client.ts';
import type { Platform } from '../../../domain/release/vocabulary.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { writeHistory } from '../../../engine/history.ts';
import { intervene } from '../../../engine/intervene.ts';
import { hurry } from '../../../engine/signal.ts';
import { takeBack } from '../../../engine/take-back.ts';
import { queueCleanUps } from '../../clean-ups/clean-up-row.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { rememberAnswer } from '../../idempotency.ts';
import { conflict } from '../../service-error.ts';
import { lockRelease, refuseEnded } from '../release-row.ts';
import { type AdoptionPlace, placeOf } from './adoption-place.ts';
import { type FoundSource, findSource, type SourceChoice } from './adoption-source.ts';
import { hasEnded } from './cancel-build.ts';
import { findBuild } from './find-build.ts';
import { insertAdopted, type NewestBuild, newestBuildOf } from './insert-adopted.ts';
import type { ReleaseBuildView } from './list-builds.ts';
import { failedBuilds, followerOf } from './rerun-build.ts';

/*
 * A build that was made elsewhere becomes the build of a task that waits for one. The CI, the store or the upload is asked first, without a lock;
 * then, in one transaction, the build is written in front of what the task had, the task is due, and a run whose place was taken is cancelled by a
 * clean-up. A worker that looks at the task meanwhile loses it: what that has seen decides nothing. From then on the task follows the build like one of
 * its own: artifact, checks and stores included.
 *
 * A crash before the commit changes nothing; asking again, before or after it, is the same adoption.
 */

export interface AdoptBuild extends SourceChoice {
  platform: Platform;
  /** The build task. */
  taskId?: string | undefined;
  /** Number of the regression cycle whose build task it is. */
  cycle?: number | undefined;
  /** Takes a build of another commit, or of one that nobody knows; needs `reason`. */
  allowOtherCommit?: boolean | undefined;
  reason?: string | undefined;
}

export interface AdoptedBuild {
  build: ReleaseBuildView;
  task: { id: string; key: string; status: TaskStatus };
}

type Deps = Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'keyring'>;

/** @throws ServiceError invalid naming the field; conflict where the task does not wait, or the build is of another commit */
export async function adoptBuild(deps: Deps, caller: Caller, releaseId: string, input: AdoptBuild): Promise<AdoptedBuild> {
  authorise(caller, 'build:report');
  if (input.allowOtherCommit === true) authorise(caller, 'task:complete');
  const place = await placeOf(deps, caller, releaseId, input);
  const source = await findSource(deps, caller, place, input);
  const isOther = source.commit === null ? source.mustHaveCommit : !place.commits.includes(source.commit);
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const before = await newestBuildOf(tx, place);
    if (before !== null && isSame(before, source)) return remember(tx, deps, caller, place, before.id);
    refuseEnded(release);
    if (isOther && input.allowOtherCommit !== true) throw conflict(otherCommit(place, source));
    await demandWaiting(tx, place, before);
    const buildId = await insertAdopted(tx, caller, place, source, before, isOther ? (input.reason ?? null) : null);
    await writeHistory(tx, [
      {
        ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'task', entityId: place.task.id, action: 'UPDATE' },
        ...{ actor: actorOf(caller), why: input.reason ?? null },
        items: [
          { field: 'buildAdoption', before: before?.id ?? null, after: buildId, entityId: buildId },
          ...(isOther ? [{ field: 'buildCommit', before: place.commits[0] ?? null, after: source.commit, entityId: buildId }] : []),
        ],
      },
    ]);
    const cancelled = await takePlaceOf(tx, caller, releaseId, before, input.reason ?? null);
    await sendOn(tx, deps, caller, place, input.reason ?? null);
    tx.afterCommit(() => deps.ring(cancelled));
    return remember(tx, deps, caller, place, buildId);
  });
}

async function remember(tx: Tx, deps: Deps, caller: Caller, place: AdoptionPlace, buildId: string): Promise<AdoptedBuild> {
  const { view: build } = await findBuild(tx, caller, { releaseId: place.releaseId, buildId });
  const answer = { build, task: await followerOf(tx, place.task.id) };
  await rememberAnswer(tx, deps, caller, { status: 200, body: answer });
  return answer;
}

function isSame(build: NewestBuild, source: FoundSource): boolean {
  switch (source.kind) {
    case 'run':
      return build.integrationId === source.integrationId && build.handle === source.run.handle;
    case 'upload':
      return source.upload.buildId === build.id;
    case 'store':
      return build.storeBuildNumber === source.buildNumber;
    default:
      return source satisfies never;
  }
}

function otherCommit({ commits, ref }: AdoptionPlace, { commit }: FoundSource): string {
  const [expected = 'the one that was asked for'] = commits;
  const words = commit === null ? 'Nobody tells of which commit it is' : `It is of the commit ${commit}`;
  return `${words}, and the task waits for ${ref}, which is ${expected}. To take it all the same, say allowOtherCommit with a reason.`;
}

/** @throws ServiceError conflict */
async function demandWaiting(tx: Tx, place: AdoptionPlace, before: NewestBuild | null): Promise<void> {
  if (before?.status === 'SUCCEEDED') throw conflict(`The ${place.platform} build of ${place.task.key} succeeded: it needs no other.`);
  const [task] = await tx.rows<{ status: string }>('SELECT status FROM tasks WHERE id = ? FOR UPDATE', [place.task.id]);
  const status = task?.status ?? 'gone';
  if (['PENDING', 'READY', 'IN_PROGRESS', 'WAITING', 'FAILED'].includes(status)) return;
  throw conflict(`The task ${place.task.key} is ${status}: nothing waits for a build any more.`);
}

/** What the task had before ends here; a run of it that may be under way is cancelled. */
async function takePlaceOf(tx: Tx, caller: Caller, releaseId: string, before: NewestBuild | null, reason: string | null) {
  if (before === null || hasEnded(before)) return [];
  await tx.run(
    `UPDATE builds SET status = 'CANCELLED', provider_state = 'another build was adopted', ended_at = UTC_TIMESTAMP(3)
     WHERE tenant_id = ? AND id = ?`,
    [caller.tenantId, before.id],
  );
  if (before.dispatchedAt === null) return [];
  const wanted = { tenantId: caller.tenantId, scopeId: releaseId, accountId: caller.accountId, reason };
  return queueCleanUps(tx, wanted, [{ kind: 'CI_RUN', subject: before.id }]);
}

/** A failed task goes on once no build of it is failed, as after running one again. */
async function sendOn(tx: Tx, { ring }: Deps, caller: Caller, { task }: AdoptionPlace, why: string | null): Promise<void> {
  const follower = await followerOf(tx, task.id);
  if (follower.status === 'FAILED') {
    if ((await failedBuilds(tx, task.id)).length === 0) await intervene(tx, follower.id, { do: 'retry', why }, actorOf(caller), ring);
    return;
  }
  // Whoever looks at it this very moment may have seen the former build fail.
  if (await takeBack(tx, task.id, actorOf(caller), why, ring)) return;
  const wakes = await hurry(tx, [task.id]);
  tx.afterCommit(() => ring(wakes));
}
