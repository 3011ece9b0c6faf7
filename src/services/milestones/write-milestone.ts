import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { MilestoneStatus } from '../../domain/milestones/status.ts';
import { type HistoryEvent, type HistoryItem, writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { isoOrNull } from '../releases/instant.ts';
import { notFound } from '../service-error.ts';
import { unlessTaken } from '../unless-taken.ts';
import { type MilestoneView, readMilestoneView } from './milestone-view.ts';

export interface MilestoneInput {
  name: string;
  description?: string | null | undefined;
  dueDate?: Date | null | undefined;
}

type Deps = Pick<ServiceDeps, 'db' | 'keyring'>;

export async function createMilestone(deps: Deps, caller: Caller, input: MilestoneInput): Promise<MilestoneView> {
  authorise(caller, 'release:update');
  const { tenantId } = caller;
  return unlessTaken(
    deps.db.transact(async (tx) => {
      const id = ulid();
      const { name, description = null, dueDate = null } = input;
      await tx.run('INSERT INTO milestones (id, tenant_id, name, description, due_date, created_by_account_id) VALUES (?)', [
        [id, tenantId, name, description, dueDate, caller.accountId],
      ]);
      await record(tx, caller, id, 'CREATE', null, changesOf(null, { name, description, dueDate: isoOrNull(dueDate) }));
      const view = await readMilestoneView(tx, tenantId, id);
      await rememberAnswer(tx, deps, caller, { status: 201, body: view });
      return view;
    }),
    TAKEN,
  );
}

/** What is absent stays as it is. */
export async function updateMilestone(
  deps: Pick<Deps, 'db'>,
  caller: Caller,
  milestoneId: string,
  input: Partial<MilestoneInput>,
): Promise<MilestoneView> {
  authorise(caller, 'release:update');
  return unlessTaken(
    deps.db.transact(async (tx) => {
      const before = await lockMilestone(tx, caller, milestoneId);
      const { name = before.name, description = before.description } = input;
      const dueDate = input.dueDate === undefined ? before.dueDate : isoOrNull(input.dueDate);
      const items = changesOf(before, { name, description, dueDate });
      if (items.length === 0) return before;
      await tx.run(
        'UPDATE milestones SET name = ?, description = ?, due_date = ?, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?',
        [name, description, dueDate === null ? null : new Date(dueDate), caller.tenantId, before.id],
      );
      await record(tx, caller, before.id, 'UPDATE', null, items);
      return readMilestoneView(tx, caller.tenantId, before.id);
    }),
    TAKEN,
  );
}

/** It sticks, whatever its releases do, until it is cleared. @param override null = what its releases say counts again */
export async function overrideMilestone(
  deps: Pick<Deps, 'db'>,
  caller: Caller,
  milestoneId: string,
  override: { status: MilestoneStatus; reason: string } | null,
): Promise<MilestoneView> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const before = await lockMilestone(tx, caller, milestoneId);
    const same = before.override?.status === override?.status && before.override?.reason === override?.reason;
    if (same) return before;
    await tx.run(
      `UPDATE milestones SET override_status = ?, override_reason = ?, override_by_account_id = ?, override_at = ${override === null ? 'NULL' : 'UTC_TIMESTAMP(3)'},
         updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`,
      [override?.status ?? null, override?.reason ?? null, override === null ? null : caller.accountId, caller.tenantId, before.id],
    );
    await record(tx, caller, before.id, 'UPDATE', override?.reason ?? null, [
      { field: 'overrideStatus', before: before.override?.status ?? null, after: override?.status ?? null },
    ]);
    return readMilestoneView(tx, caller.tenantId, before.id);
  });
}

/** Its releases stay; they are part of it no more. */
export async function deleteMilestone(deps: Pick<Deps, 'db'>, caller: Caller, milestoneId: string): Promise<void> {
  authorise(caller, 'release:update');
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    const before = await lockMilestone(tx, caller, milestoneId);
    await tx.run('DELETE FROM release_milestones WHERE tenant_id = ? AND milestone_id = ?', [tenantId, before.id]);
    await tx.run('DELETE FROM milestones WHERE tenant_id = ? AND id = ?', [tenantId, before.id]);
    await record(tx, caller, before.id, 'REMOVE', null, [{ field: 'name', before: before.name, after: null }]);
    await writeHistory(
      tx,
      before.releases.map((release) => linkEvent(caller, release.id, before, 'REMOVE')),
    );
  });
}

/** Changes of one milestone happen one after the other. @throws ServiceError not-found */
export async function lockMilestone(tx: Tx, caller: Caller, milestoneId: string): Promise<MilestoneView> {
  const found = await tx.rows('SELECT 1 FROM milestones WHERE tenant_id = ? AND id = ? FOR UPDATE', [caller.tenantId, milestoneId]);
  if (found.length === 0) throw notFound('The milestone');
  return readMilestoneView(tx, caller.tenantId, milestoneId);
}

/** That a release became part of it, or is no more: told in the history of the release. */
export const linkEvent = (
  caller: Caller,
  releaseId: string,
  milestone: Pick<MilestoneView, 'id' | 'name'>,
  action: 'ADD' | 'REMOVE',
): HistoryEvent => ({
  tenantId: caller.tenantId,
  scopeId: releaseId,
  entityType: 'milestone',
  entityId: milestone.id,
  action,
  actor: actorOf(caller),
  items: [{ field: 'name', before: action === 'REMOVE' ? milestone.name : null, after: action === 'ADD' ? milestone.name : null }],
});

export async function record(
  tx: Tx,
  caller: Caller,
  id: string,
  action: HistoryEvent['action'],
  why: string | null,
  items: readonly HistoryItem[],
): Promise<void> {
  const { tenantId } = caller;
  await writeHistory(tx, [{ tenantId, scopeId: id, entityType: 'milestone', entityId: id, action, actor: actorOf(caller), why, items }]);
}

type Told = Pick<MilestoneView, 'name' | 'description' | 'dueDate'>;

function changesOf(before: Told | null, after: Told): HistoryItem[] {
  const fields = ['name', 'description', 'dueDate'] as const;
  return fields
    .map((field) => ({ field, before: before?.[field] ?? null, after: after[field] }))
    .filter((item) => item.before !== item.after);
}

const TAKEN = { field: '/name', message: 'is the name of another milestone' };
