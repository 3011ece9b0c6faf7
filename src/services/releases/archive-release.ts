import type { Tx } from '../../db/client.ts';
import type { Platform } from '../../domain/release/vocabulary.ts';
import { cancelRun } from '../../engine/cancel.ts';
import { type HistoryEvent, writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { announce, nameOf } from './announce.ts';
import { markGates } from './gate-request.ts';
import { gateTaskTypes } from './gate-view.ts';
import { readRelease } from './get-release.ts';
import { iso } from './instant.ts';
import { type LockedRelease, lockRelease } from './release-row.ts';
import type { ReleaseDetail } from './release-view.ts';
import { releaseEnded } from './turn-signals.ts';

/** What a release made outside and archiving does not take back. */
export interface LeftBehind {
  branch: string | null;
  tags: string[];
  tickets: { key: string; url: string | null }[];
  testRuns: { id: string; url: string | null }[];
  /** Builds that were not over: they go on at the provider. */
  builds: { id: string; platform: Platform; url: string | null }[];
}

export interface ArchivedRelease {
  release: ReleaseDetail;
  leftBehind: LeftBehind;
}

/**
 * Calls a release off: its run is cancelled with everything open in it. Nothing is deleted outside; the answer says what stays there. Once
 * archived, asking again changes nothing.
 * @throws ServiceError conflict when the release is completed
 */
export async function archiveRelease(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  releaseId: string,
  input: { reason?: string | undefined },
): Promise<ArchivedRelease> {
  authorise(caller, 'release:archive');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, releaseId);
    if (release.status === 'COMPLETED') throw conflict(`${release.displayId} is COMPLETED: what went out cannot be called off.`);
    if (release.status !== 'ARCHIVED') {
      const why = input.reason ?? 'the release was archived';
      await cancelRun(tx, release.run.id, actorOf(caller), why, deps.ring);
      await markAllGates(tx, release);
      await closeRows(tx, caller, release, why);
      const wakes = await releaseEnded(tx, release.id);
      tx.afterCommit(() => deps.ring(wakes));
      await announce(tx, deps.ring, release, 'RELEASE_ARCHIVED', { by: await nameOf(tx, caller), reason: input.reason ?? null });
    }
    return { release: await readRelease(tx, caller.tenantId, releaseId), leftBehind: await leftBehindOf(tx, release) };
  });
}

/** Nobody is asked about them any more. */
async function markAllGates(tx: Tx, release: LockedRelease): Promise<void> {
  const gates = await tx.rows<{ id: string; type: string }>('SELECT id, type FROM tasks WHERE run_id = ? AND type IN (?)', [
    release.run.id,
    gateTaskTypes,
  ]);
  markGates(tx, release.tenantId, gates);
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
  await tx.run('UPDATE releases SET archived_at = ?, attention = NULL, updated_at = UTC_TIMESTAMP(3) WHERE id = ?', [
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

async function leftBehindOf(tx: Tx, release: LockedRelease): Promise<LeftBehind> {
  const platforms = await tx.rows<{
    ticketKey: string | null;
    ticketUrl: string | null;
    testRunId: string | null;
    testRunUrl: string | null;
  }>(
    `SELECT ticket_key AS ticketKey, ticket_url AS ticketUrl, test_run_id AS testRunId, test_run_url AS testRunUrl
     FROM platform_releases WHERE tenant_id = ? AND release_id = ? ORDER BY platform, target`,
    [release.tenantId, release.id],
  );
  const cycles = await tx.rows<{ rcTag: string }>(
    `SELECT rc_tag AS rcTag FROM regression_cycles WHERE tenant_id = ? AND release_id = ? AND rc_tag IS NOT NULL ORDER BY number`,
    [release.tenantId, release.id],
  );
  const builds = await tx.rows<LeftBehind['builds'][number]>(
    `SELECT b.id, b.platform, b.url FROM release_builds r JOIN builds b ON b.id = r.build_id
     WHERE r.tenant_id = ? AND r.release_id = ? AND b.dispatched_at IS NOT NULL AND b.ended_at IS NULL ORDER BY b.id`,
    [release.tenantId, release.id],
  );
  return {
    branch: release.forkCommit === null ? null : release.branch,
    tags: [...cycles.map(({ rcTag }) => rcTag), ...(release.releaseTag === null ? [] : [release.releaseTag])],
    tickets: platforms.flatMap(({ ticketKey, ticketUrl }) => (ticketKey === null ? [] : [{ key: ticketKey, url: ticketUrl }])),
    testRuns: platforms.flatMap(({ testRunId, testRunUrl }) => (testRunId === null ? [] : [{ id: testRunId, url: testRunUrl }])),
    builds,
  };
}
