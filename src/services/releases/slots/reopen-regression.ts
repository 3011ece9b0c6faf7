import type { Tx } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { cancelTasks } from '../../../engine/cancel.ts';
import { writeHistory } from '../../../engine/history.ts';
import type { Ring } from '../../../platform/ring.ts';
import { actorOf, type Caller } from '../../context.ts';
import { markGates } from '../../gates/gate-request.ts';
import { conflict } from '../../service-error.ts';
import { type LockedRelease, refuseEnded, stagesOf } from '../release-row.ts';

interface PostTask {
  id: string;
  type: string;
  status: TaskStatus;
  intents: unknown;
}

const ENDED: readonly TaskStatus[] = ['COMPLETED', 'SKIPPED', 'CANCELLED'];

/**
 * Lets another cycle follow although post-regression has opened: what is open of it is cancelled, and the planner puts the stage back once it
 * finds the new slot. Does nothing while post-regression has not opened.
 *
 * Not once the final tag exists, or may: a tag is for ever, and the next candidate would need it on another commit. Whoever writes it stores
 * that intent under its fence first, and cancelling the task takes the fence, so what is not stored by now is not written.
 * @throws ServiceError conflict that says what to do instead
 */
export async function reopenRegression(tx: Tx, ring: Ring, caller: Caller, release: LockedRelease, why: string): Promise<void> {
  refuseEnded(release);
  const stages = await stagesOf(tx, release.run.id);
  const post = stages.get('POST_REGRESSION');
  if (post === undefined || post.status === 'PENDING') return;
  const tasks = await tx.rows<PostTask>(
    `SELECT t.id, t.type, t.status, t.intents FROM stages s JOIN tasks t ON t.stage_id = s.id
     WHERE s.run_id = ? AND s.stage_key = 'POST_REGRESSION' ORDER BY t.id FOR UPDATE`,
    [release.run.id],
  );
  const obstacle = await obstacleOf(tx, release, tasks, stages.get('DISTRIBUTION')?.status);
  if (obstacle !== null || post.status !== 'IN_PROGRESS') {
    throw conflict(
      `Regression of ${release.displayId} cannot be opened again: ${obstacle ?? 'post-regression is over'}. Complete the release, or archive it, and make a hotfix.`,
    );
  }
  const open = tasks.filter(({ status }) => !ENDED.includes(status));
  const run = { id: release.run.id, tenantId: release.tenantId, subjectId: release.id };
  const taskIds = open.map(({ id }) => id);
  await writeHistory(tx, await cancelTasks(tx, run, taskIds, actorOf(caller), `regression was opened again: ${why}`.slice(0, 1000), ring));
  markGates(tx, release.tenantId, open);
}

async function obstacleOf(
  tx: Tx,
  release: LockedRelease,
  tasks: readonly PostTask[],
  distribution: string | undefined,
): Promise<string | null> {
  if (distribution !== undefined && distribution !== 'PENDING') return 'its distribution has begun';
  if (release.releaseTag !== null) return `its final tag ${release.releaseTag} exists`;
  const tags = tasks.filter(({ type }) => type === 'CREATE_RELEASE_TAG');
  const mayExist = ({ status, intents }: PostTask) => status === 'COMPLETED' || Object.hasOwn((parseJson(intents) ?? {}) as object, 'tag');
  if (tags.some(mayExist)) return 'its final tag is being written, and may exist';
  const submitted = await tx.rows('SELECT 1 FROM store_submissions WHERE tenant_id = ? AND release_id = ? LIMIT 1', [
    release.tenantId,
    release.id,
  ]);
  return submitted.length > 0 ? 'a store has a version of it' : null;
}
