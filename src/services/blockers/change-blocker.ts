import type { Tx } from '../../db/client.ts';
import type { BlockerStatus } from '../../domain/blockers/blocker.ts';
import { statusItem, writeHistory } from '../../engine/history.ts';
import { liftHold, placeHold, ringRun } from '../../engine/holds.ts';
import { makeRunsDue } from '../../engine/stage-counters.ts';
import { type Actor, accountIdOf } from '../../engine/vocabulary.ts';
import type { Ring } from '../../platform/ring.ts';
import { tell } from '../execution/tell.ts';
import { hurryGates } from '../gates/hurry-gates.ts';
import type { LockedRelease } from '../releases/release-row.ts';
import { type BlockerRow, labelOf } from './blocker-row.ts';

/*
 * A blocker that is open holds the run, under its own id: that is the same row lock whoever opens or closes it, a person or the look at its
 * ticket, so open blockers and holds never differ, and one closing is the last. Its message is named after that closing's opening: one per edge.
 */

/** Who changes it, and why. */
export interface BlockerChange {
  actor: Actor;
  /** How messages call them; null = the tracker. */
  name: string | null;
  why: string | null;
}

/** Holds the release for a blocker whose row says OPEN already. @param before its status; null = it is new */
export async function holdFor(
  tx: Tx,
  ring: Ring,
  release: LockedRelease,
  blocker: BlockerRow,
  before: BlockerStatus | null,
  change: BlockerChange,
): Promise<void> {
  await record(tx, release, blocker, before, 'OPEN', change);
  await placeHold(tx, holdOf(release, blocker), change.actor, labelOf(blocker));
  const { open } = await counts(tx, release);
  const data = { title: labelOf(blocker), url: blocker.url, open, by: change.name };
  await tell(tx, ring, release, [{ type: 'BLOCKER_ADDED', data, dedupeKey: `BLOCKER_ADDED/${blocker.id}/${blocker.openings}` }]);
  await hurryGates(tx, ring, release.run.id);
}

/** Opens one that was closed. */
export async function openAgain(tx: Tx, ring: Ring, release: LockedRelease, blocker: BlockerRow, change: BlockerChange): Promise<void> {
  const opened = { ...blocker, openings: blocker.openings + 1 };
  await writeStatus(tx, release, opened, 'OPEN', change);
  await holdFor(tx, ring, release, opened, blocker.status, change);
}

/** Closes one that is open; with the last one the release goes on as before, and people hear of it. */
export async function close(
  tx: Tx,
  ring: Ring,
  release: LockedRelease,
  blocker: BlockerRow,
  to: 'RESOLVED' | 'WAIVED',
  change: BlockerChange,
): Promise<void> {
  await writeStatus(tx, release, blocker, to, change);
  await record(tx, release, blocker, blocker.status, to, change);
  await liftHold(tx, holdOf(release, blocker), change.actor, ring, change.why);
  const { open, closed } = await counts(tx, release);
  if (open > 0) return;
  const dedupeKey = `BLOCKERS_RESOLVED/${blocker.id}/${blocker.openings}`;
  await tell(tx, ring, release, [{ type: 'BLOCKERS_RESOLVED', data: { resolved: closed }, dedupeKey }]);
  // Whatever else holds the run holds its tasks, not the planner, which wanted nothing while it was blocked.
  await makeRunsDue(tx, [release.run]);
  await ringRun(tx, release.run.id, ring);
  await hurryGates(tx, ring, release.run.id);
}

const holdOf = (release: LockedRelease, { id }: BlockerRow) => ({ runId: release.run.id, reason: 'BLOCKER' as const, subject: id });

/** The fence moves: what a look under way has seen was before this, and if a person did it, the ticket is looked at anew. */
async function writeStatus(tx: Tx, release: LockedRelease, blocker: BlockerRow, to: BlockerStatus, change: BlockerChange): Promise<void> {
  const isPerson = change.actor.kind === 'account';
  await tx.run(
    `UPDATE release_blockers SET status = ?, status_since = UTC_TIMESTAMP(3), source = ?, status_by_account_id = ?, reason = ?, openings = ?,
       fence = fence + 1, run_at = IF(run_at IS NOT NULL AND ?, UTC_TIMESTAMP(3), run_at) WHERE tenant_id = ? AND id = ?`,
    [
      ...[to, isPerson ? 'PERSON' : 'TRACKER', accountIdOf(change.actor), change.why, blocker.openings],
      ...[isPerson, release.tenantId, blocker.id],
    ],
  );
}

async function record(
  tx: Tx,
  release: LockedRelease,
  blocker: BlockerRow,
  before: BlockerStatus | null,
  after: BlockerStatus,
  { actor, why }: BlockerChange,
): Promise<void> {
  await writeHistory(tx, [
    {
      tenantId: release.tenantId,
      scopeId: release.id,
      entityType: 'blocker',
      entityId: blocker.id,
      action: before === null ? 'ADD' : 'UPDATE',
      actor,
      why,
      items: [
        before === null ? { field: 'status', before: null, after } : statusItem(before, after),
        ...(before === null ? [{ field: 'title', before: null, after: labelOf(blocker) }] : []),
      ],
    },
  ]);
}

async function counts(tx: Tx, { tenantId, id }: LockedRelease): Promise<{ open: number; closed: number }> {
  const [row] = await tx.rows<{ total: number; open: string | number | null }>(
    `SELECT COUNT(*) AS total, SUM(status = 'OPEN') AS open FROM release_blockers WHERE tenant_id = ? AND release_id = ?`,
    [tenantId, id],
  );
  const open = Number(row?.open ?? 0);
  return { open, closed: Number(row?.total ?? 0) - open };
}
