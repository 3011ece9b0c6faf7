import type { Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { approveInside, findOpenGate } from './approve.ts';
import { readRelease } from './get-release.ts';
import { iso } from './instant.ts';
import { type LockedRelease, lockRelease } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';
import { askPlanner } from './slots/slot-row.ts';
import { refuseBeforeRegression } from './slots/trigger-regression.ts';

/**
 * Asks to leave regression: slots that are left are skipped once no cycle is active, and the gate comes next. When the gate already waits
 * for people, asking is approving.
 */
export async function triggerPreRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: { reason?: string | undefined },
): Promise<ReleaseDetail> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    await refuseBeforeRegression(tx, release);
    const gate = await findOpenGate(tx, release);
    if (gate !== null) {
      authorise(caller, 'gate:approve');
      await approveInside(tx, deps.ring, caller, release, gate, { decision: 'APPROVED', comment: input.reason });
    } else {
      await request(tx, caller, release, input.reason ?? null);
      await askPlanner(tx, deps.ring, release);
    }
    return readRelease(tx, caller.tenantId, releaseId);
  });
}

async function request(tx: Tx, caller: Caller, release: LockedRelease, why: string | null): Promise<void> {
  if (release.preReleaseRequestedAt !== null) return;
  const cycles = await tx.rows(
    `SELECT 1 FROM regression_cycles WHERE tenant_id = ? AND release_id = ? AND status IN ('IN_PROGRESS', 'DONE') LIMIT 1`,
    [release.tenantId, release.id],
  );
  if (cycles.length === 0)
    throw conflict(`No regression cycle of ${release.displayId} has begun: there is no release candidate to go on with.`);
  await tx.run('UPDATE releases SET pre_release_requested_at = ? WHERE id = ?', [release.now, release.id]);
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'release',
      entityId: release.id,
      action: 'UPDATE',
      actor: actorOf(caller),
      why,
      items: [{ field: 'preReleaseRequestedAt', before: null, after: iso(release.now) }],
    },
  ]);
}
