import type { Tx } from '../../../db/client.ts';
import type { CycleStatus } from '../../../domain/release/vocabulary.ts';
import { terminalTaskStatuses } from '../../../domain/run.ts';
import { cancelTasks } from '../../../engine/cancel.ts';
import { writeHistory } from '../../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { conflict, notFound } from '../../service-error.ts';
import { announce, nameOf } from '../messages/announce.ts';
import { type LockedRelease, lockRelease, refuseEnded } from '../release-row.ts';
import type { CycleDetail } from './cycle-view.ts';
import { readCycle } from './list-cycles.ts';
import { askPlanner } from './slot-row.ts';

interface CycleHead {
  id: string;
  status: CycleStatus;
  rcTag: string | null;
}

/**
 * Calls off the cycle under way: its open tasks are cancelled, its candidate is none any more. What it left running at the CI is stopped by a task
 * that the planner adds (see `superseded-build-service.ts`). Its number stays used. The next cycle is the next slot's.
 * @throws ServiceError conflict when it is not under way
 */
export async function abandonCycle(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  { releaseId, number }: { releaseId: string; number: number },
  { reason }: { reason: string },
): Promise<CycleDetail> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    const cycle = await lockActive(tx, release, number);
    const run = { id: release.run.id, tenantId: release.tenantId, subjectId: release.id };
    const why = `cycle ${number} was abandoned: ${reason}`.slice(0, 1000);
    const cancelled = await cancelTasks(tx, run, await openTasks(tx, release), actorOf(caller), why, deps.ring);
    await tx.run(
      `UPDATE regression_cycles SET status = 'ABANDONED', reason = ?, abandoned_by_account_id = ?, ended_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND id = ?`,
      [reason, caller.accountId, release.tenantId, cycle.id],
    );
    await writeHistory(tx, [
      ...cancelled,
      {
        ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'cycle', entityId: cycle.id, action: 'UPDATE' },
        ...{ actor: actorOf(caller), why: reason, items: [{ field: 'status', before: cycle.status, after: 'ABANDONED' }] },
      },
    ]);
    await announce(tx, deps.ring, release, 'CYCLE_ABANDONED', { cycle: number, rcTag: cycle.rcTag, by: await nameOf(tx, caller), reason });
    await askPlanner(tx, deps.ring, release);
    return readCycle(tx, release.tenantId, release.id, number);
  });
}

async function lockActive(tx: Tx, release: LockedRelease, number: number): Promise<CycleHead> {
  const [cycle] = await tx.rows<CycleHead>(
    'SELECT id, status, rc_tag AS rcTag FROM regression_cycles WHERE tenant_id = ? AND release_id = ? AND number = ? FOR UPDATE',
    [release.tenantId, release.id, number],
  );
  if (cycle === undefined) throw notFound('The regression cycle');
  refuseEnded(release);
  if (cycle.status === 'IN_PROGRESS' || cycle.status === 'NOT_STARTED') return cycle;
  throw conflict(`Cycle ${number} of ${release.displayId} is ${cycle.status}: only the one under way can be abandoned.`);
}

/** While a cycle is under way its stage has no other task than the cycle's. */
async function openTasks(tx: Tx, release: LockedRelease): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    `SELECT t.id FROM stages s JOIN tasks t ON t.stage_id = s.id AND t.stage_attempt = s.attempt
     WHERE s.run_id = ? AND s.stage_key = 'REGRESSION' AND t.status NOT IN (?)`,
    [release.run.id, terminalTaskStatuses],
  );
  return rows.map(({ id }) => id);
}
