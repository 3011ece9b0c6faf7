import type { Tx } from '../../db/client.ts';
import { type CleanUpWishes, planCleanUps } from '../../domain/release/clean-up.ts';
import { cancelRun } from '../../engine/cancel.ts';
import { type HistoryEvent, writeHistory } from '../../engine/history.ts';
import type { Ring } from '../../platform/ring.ts';
import { queueCleanUps } from '../clean-ups/clean-up-row.ts';
import { leftBehindOf } from '../clean-ups/left-behind.ts';
import { actorOf, type Caller } from '../context.ts';
import { markGates } from '../gates/gate-request.ts';
import { gateTaskTypes } from './gate-view.ts';
import { iso } from './instant.ts';
import { announce, nameOf } from './messages/announce.ts';
import type { LockedRelease } from './release-row.ts';
import { subjectEnded } from './turn-signals.ts';

/** Calls a locked release off, in the caller's transaction: its run ends with everything open in it, and what is to be cleaned up is due. */
export async function archiveInside(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  { reason, cleanUp }: { reason: string | null; cleanUp: CleanUpWishes },
): Promise<void> {
  const why = reason ?? 'the release was archived';
  await cancelRun(tx, release.run.id, actorOf(caller), why, ring);
  await markAllGates(tx, release);
  await closeRows(tx, caller, release, why);
  await closeBuilds(tx, release);
  await cleanUpAfter(tx, ring, caller, release, { reason, cleanUp });
  const wakes = await subjectEnded(tx, release.id);
  tx.afterCommit(() => ring(wakes));
  await announce(tx, ring, release, 'RELEASE_ARCHIVED', { by: await nameOf(tx, caller), reason });
}

/** Of an archived release. What was wanted before stands; what was kept or failed is tried again. */
export async function cleanUpAfter(
  tx: Tx,
  ring: Ring,
  caller: Caller,
  release: LockedRelease,
  { reason, cleanUp }: { reason: string | null; cleanUp: CleanUpWishes },
): Promise<void> {
  const outside = (await leftBehindOf(tx, release.tenantId, [release])).get(release.id);
  if (outside === undefined) return;
  const wanted = { tenantId: release.tenantId, scopeId: release.id, accountId: caller.accountId, reason };
  const wakes = await queueCleanUps(tx, wanted, planCleanUps(outside, cleanUp));
  tx.afterCommit(() => ring(wakes));
}

/** Nobody is asked about them any more. */
async function markAllGates(tx: Tx, release: LockedRelease): Promise<void> {
  const gates = await tx.rows<{ id: string; type: string }>('SELECT id, type FROM tasks WHERE run_id = ? AND type IN (?)', [
    release.run.id,
    gateTaskTypes,
  ]);
  markGates(tx, release.tenantId, gates);
}

/** Builds that were not asked for yet never will be: a worker that comes to do so finds them cancelled, or was quicker and they run. */
async function closeBuilds(tx: Tx, release: LockedRelease): Promise<void> {
  const builds = await tx.rows<{ id: string; dispatchedAt: Date | null; endedAt: Date | null }>(
    `SELECT b.id, b.dispatched_at AS dispatchedAt, b.ended_at AS endedAt FROM release_builds r JOIN builds b ON b.id = r.build_id
     WHERE r.tenant_id = ? AND r.release_id = ? ORDER BY b.id FOR UPDATE`,
    [release.tenantId, release.id],
  );
  const early = builds.filter(({ dispatchedAt, endedAt }) => dispatchedAt === null && endedAt === null).map(({ id }) => id);
  if (early.length === 0) return;
  await tx.run(
    `UPDATE builds SET status = 'CANCELLED', provider_state = 'the release was archived', ended_at = UTC_TIMESTAMP(3) WHERE id IN (?)`,
    [early],
  );
}

/** The release's own rows: no slot stays planned, no cycle open. */
async function closeRows(tx: Tx, caller: Caller, release: LockedRelease, why: string): Promise<void> {
  const scope = { tenantId: release.tenantId, scopeId: release.id, action: 'UPDATE' as const, actor: actorOf(caller), why };
  const events: HistoryEvent[] = [
    {
      ...scope,
      entityType: 'release',
      entityId: release.id,
      items: [{ field: 'archivedAt', before: null, after: iso(release.now) }],
    },
  ];
  await tx.run('UPDATE releases SET archived_at = ?, archiving = NULL, attention = NULL, updated_at = UTC_TIMESTAMP(3) WHERE id = ?', [
    release.now,
    release.id,
  ]);
  const slots = await tx.rows<{ id: string }>(
    `SELECT id FROM regression_slots WHERE tenant_id = ? AND release_id = ? AND status = 'PLANNED' FOR UPDATE`,
    [release.tenantId, release.id],
  );
  for (const { id } of slots) {
    await tx.run(`UPDATE regression_slots SET status = 'SKIPPED', reason = 'the release was archived' WHERE id = ?`, [id]);
    events.push({
      ...scope,
      entityType: 'slot',
      entityId: id,
      items: [{ field: 'status', before: 'PLANNED', after: 'SKIPPED' }],
    });
  }
  const cycles = await tx.rows<{ id: string; status: string }>(
    `SELECT id, status FROM regression_cycles WHERE tenant_id = ? AND release_id = ? AND status IN ('NOT_STARTED', 'IN_PROGRESS') FOR UPDATE`,
    [release.tenantId, release.id],
  );
  for (const { id, status } of cycles) {
    await tx.run(`UPDATE regression_cycles SET status = 'ABANDONED', ended_at = UTC_TIMESTAMP(3) WHERE id = ?`, [id]);
    events.push({
      ...scope,
      entityType: 'cycle',
      entityId: id,
      items: [{ field: 'status', before: status, after: 'ABANDONED' }],
    });
  }
  await writeHistory(tx, events);
}
