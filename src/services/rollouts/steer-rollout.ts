import type { Tx } from '../../db/client.ts';
import type { Permission } from '../../domain/access/permissions.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { hurry } from '../../engine/signal.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { lookAtWindows } from '../execution/window-service.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { type LockedRelease, lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict, invalid } from '../service-error.ts';
import { judgeCommand, type RolloutCommand, type Verdict } from './rollout-command.ts';
import { lockRollout } from './rollout-row.ts';
import { isUnattended, planOf, type RolloutRow, type RolloutView, rolloutView } from './rollout-view.ts';
import { type RolloutIds, type StoreAct, steerInStore } from './steer-in-store.ts';

/** Holding back is pausing; what brings more users is changing the release. */
const permissions: Readonly<Record<RolloutCommand, Permission>> = {
  halt: 'release:pause',
  resume: 'release:pause',
  advance: 'release:update',
  complete: 'release:update',
};

/**
 * A person's word on a rollout: written down, and its task is due at once. Only the task talks to the store; people hear of it when the store
 * shows it. Once the task has ended, halting and resuming is done at the store by the request itself. Asked twice, it is one wish.
 * @throws ServiceError conflict saying why the state does not allow it
 */
export async function steerRollout(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'connector' | 'locks'>,
  caller: Caller,
  ids: RolloutIds,
  command: RolloutCommand,
  { reason = null }: { reason?: string | null | undefined },
): Promise<RolloutView> {
  authorise(caller, permissions[command]);
  const steered = await deps.db.transact(async (tx): Promise<RolloutView | StoreAct> => {
    const release = await lockRelease(tx, caller, ids.releaseId);
    const row = await lockRollout(tx, release, ids.rolloutId);
    const verdict = judgeCommand(command, { ...row, plan: planOf(row) });
    if (verdict.do === 'refuse') throw conflict(`The rollout of ${row.version} to ${row.target} ${verdict.why}.`);
    // What everybody has can be halted long after the release is COMPLETED.
    if (!isUnattended(row) || release.run.status !== 'COMPLETED') refuseEnded(release);
    if (verdict.do === 'nothing') return rolloutView(tx, release.tenantId, row);
    if (command === 'resume' && row.pauseReason === 'analysis' && reason === null) throw invalid([needsReason]);
    if (verdict.do === 'ask-store') {
      if (verdict.act === 'resume') {
        await refusePaused(tx, release);
        await refuseClosed(tx, release, row);
      }
      return verdict.act;
    }
    await write(tx, release, row, verdict);
    await writeHistory(tx, [
      {
        ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'rollout', entityId: row.id, action: 'UPDATE' },
        actor: actorOf(caller),
        why: reason,
        items: [changeOf(release, row, verdict)],
      },
    ]);
    const wakes = await hurry(tx, [row.taskId]);
    tx.afterCommit(() => deps.ring(wakes));
    return rolloutView(tx, release.tenantId, await lockRollout(tx, release, row.id));
  });
  return typeof steered === 'string' ? steerInStore(deps, caller, ids, steered, reason) : steered;
}

const needsReason = { field: '/reason', message: 'must be given: the rollout was halted for what its analysis found' };

/** While people have paused the release nothing reaches more users; a task would wait, a request cannot. */
async function refusePaused(tx: Tx, release: LockedRelease): Promise<void> {
  const holds = await tx.rows(
    `SELECT 1 FROM run_holds WHERE tenant_id = ? AND run_id = ? AND reason IN ('USER_REQUESTED', 'FREEZE', 'BLOCKER') LIMIT 1`,
    [release.tenantId, release.run.id],
  );
  if (holds.length > 0) throw conflict(`${release.displayId} is paused, and nothing reaches more users meanwhile; resume it first.`);
}

/** Nor while the windows forbid it, save where they let finish what is under way. */
async function refuseClosed(tx: Tx, { id, tenantId, displayId }: LockedRelease, { target }: RolloutRow): Promise<void> {
  const [row] = await tx.rows<{ configId: string }>('SELECT config_id AS configId FROM releases WHERE tenant_id = ? AND id = ?', [
    tenantId,
    id,
  ]);
  if (row === undefined) throw new Error(`the release ${id} is gone`);
  const scope = { releaseConfigId: row.configId, target };
  const { allowed, onClose, blocking, nextChangeAt } = await lookAtWindows(tx, { tenantId, subject: { kind: 'release', id }, scope });
  if (allowed || onClose === 'finish') return;
  const names = blocking.map(({ name }) => `"${name}"`).join(', ');
  const until = nextChangeAt === null ? '' : ` until ${iso(nextChangeAt)}`;
  throw conflict(`${names} forbids that ${displayId} reaches more users${until}; override the windows of the release, or wait.`);
}

type Change = Extract<Verdict, { do: 'want' | 'advance' }>;

/** Compare-and-set: a look of the task that began before sees that its row has changed. */
async function write(tx: Tx, release: LockedRelease, row: RolloutRow, verdict: Change): Promise<void> {
  // A wish for the next step does not outlive a wish for another way.
  const [assignment, value] =
    verdict.do === 'want' ? ['wanted = ?, advance_requested_at = NULL', verdict.wanted] : ['advance_requested_at = ?', release.now];
  const written = await tx.run(
    `UPDATE rollouts SET ${assignment}, version = version + 1, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ? AND version = ?`,
    [value, release.tenantId, row.id, row.revision],
  );
  if (written === 0) throw conflict(`The rollout of ${row.version} to ${row.target} changed this very moment; try again.`);
}

function changeOf(release: LockedRelease, row: RolloutRow, verdict: Change): HistoryItem {
  return verdict.do === 'want'
    ? { field: 'wanted', before: row.wanted, after: verdict.wanted }
    : { field: 'advanceRequestedAt', before: isoOrNull(row.advanceRequestedAt), after: iso(release.now) };
}
