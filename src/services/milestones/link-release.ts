import { writeHistory } from '../../engine/history.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { lockRelease } from '../releases/release-row.ts';
import { type MilestoneView, readMilestoneView } from './milestone-view.ts';
import { linkEvent, lockMilestone, record } from './write-milestone.ts';

/** A release is part of any number of milestones, an ended one too: what it brought about may be named later. Twice is once. */
export async function linkRelease(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  milestoneId: string,
): Promise<MilestoneView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const milestone = await lockMilestone(tx, caller, milestoneId);
    if (milestone.releases.some(({ id }) => id === release.id)) return milestone;
    await tx.run('INSERT INTO release_milestones (tenant_id, release_id, milestone_id, linked_by_account_id) VALUES (?)', [
      [release.tenantId, release.id, milestone.id, caller.accountId],
    ]);
    await writeHistory(tx, [linkEvent(caller, release.id, milestone, 'ADD')]);
    await record(tx, caller, milestone.id, 'ADD', null, [
      { field: 'release', before: null, after: release.displayId, entityId: release.id },
    ]);
    return readMilestoneView(tx, release.tenantId, milestone.id);
  });
}

/** What is not part of it is left as it is. */
export async function unlinkRelease(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string, milestoneId: string): Promise<void> {
  authorise(caller, 'release:update');
  await deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const milestone = await lockMilestone(tx, caller, milestoneId);
    const unlinked = await tx.run('DELETE FROM release_milestones WHERE tenant_id = ? AND release_id = ? AND milestone_id = ?', [
      release.tenantId,
      release.id,
      milestone.id,
    ]);
    if (unlinked === 0) return;
    await writeHistory(tx, [linkEvent(caller, release.id, milestone, 'REMOVE')]);
    await record(tx, caller, milestone.id, 'REMOVE', null, [
      { field: 'release', before: release.displayId, after: null, entityId: release.id },
    ]);
  });
}
