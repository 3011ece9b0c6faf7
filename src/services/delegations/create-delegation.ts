import { isValid, ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { Role } from '../../domain/access/permissions.ts';
import { mayApprove } from '../../domain/gates/approval-rules.ts';
import { type HistoryEvent, writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { databaseNow } from '../release-configs/database-now.ts';
import { iso } from '../releases/instant.ts';
import { invalid, type Problem } from '../service-error.ts';
import { type DelegationRow, type DelegationView, delegationView, selectDelegations } from './delegation-row.ts';

export interface NewDelegation {
  toAccountId: string;
  /** Absent = now. */
  from?: Date | undefined;
  until: Date;
  reason: string;
}

/** A holiday, a leave; whoever is away for longer gives up the role. */
const LONGEST_MS = 366 * 24 * 60 * 60_000;

/**
 * Leaves the caller's approving to another member for a time: that one's approvals count as the caller's, too, where groups are asked. It passes on no
 * right: only somebody who may approve can be left anything.
 */
export async function createDelegation(
  deps: Pick<ServiceDeps, 'db' | 'keyring'>,
  caller: Caller,
  input: NewDelegation,
): Promise<DelegationView> {
  authorise(caller, 'gate:approve');
  return deps.db.transact(async (tx) => {
    const { tenantId, accountId } = caller;
    const now = await databaseNow(tx);
    const from = input.from ?? now;
    const problems = [...timeProblems(from, input, now), ...(await personProblems(tx, caller, input.toAccountId))];
    if (problems.length > 0) throw invalid(problems);
    const id = ulid();
    await tx.run(
      'INSERT INTO approval_delegations (id, tenant_id, from_account_id, to_account_id, starts_at, ends_at, reason) VALUES (?)',
      [[id, tenantId, accountId, input.toAccountId, from, input.until, input.reason]],
    );
    const items = [
      { field: 'approvalDelegation', before: null, after: input.toAccountId },
      { field: 'from', before: null, after: iso(from) },
      { field: 'until', before: null, after: iso(input.until) },
    ];
    await writeHistory(tx, [{ ...about(caller, accountId), action: 'ADD', why: input.reason, items }]);
    const view = await readDelegation(tx, tenantId, id);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}

function timeProblems(from: Date, { until }: NewDelegation, now: Date): Problem[] {
  if (until <= now) return [{ field: '/until', message: 'must not be in the past' }];
  if (until <= from) return [{ field: '/until', message: 'must be later than from' }];
  return until.getTime() - from.getTime() > LONGEST_MS ? [{ field: '/until', message: 'must be within a year of from' }] : [];
}

async function personProblems(tx: Tx, { tenantId, accountId }: Caller, toAccountId: string): Promise<Problem[]> {
  const field = '/toAccountId';
  if (toAccountId === accountId) return [{ field, message: 'must be somebody else' }];
  const [member] = isValid(toAccountId)
    ? await tx.rows<{ role: Role }>('SELECT role FROM members WHERE tenant_id = ? AND account_id = ? LOCK IN SHARE MODE', [
        tenantId,
        toAccountId,
      ])
    : [];
  return member !== undefined && mayApprove(member) ? [] : [{ field, message: 'must be a member who may approve' }];
}

/** What somebody leaves to others is part of what a member is. */
export const about = (caller: Caller, fromAccountId: string): Omit<HistoryEvent, 'action' | 'items'> => ({
  ...{ tenantId: caller.tenantId, scopeId: fromAccountId, entityType: 'member', entityId: fromAccountId, actor: actorOf(caller) },
});

async function readDelegation(tx: Tx, tenantId: string, id: string): Promise<DelegationView> {
  const [row] = await tx.rows<DelegationRow>(`${selectDelegations} AND d.id = ?`, [tenantId, id]);
  if (row === undefined) throw new Error(`the delegation ${id} vanished while it was written`);
  return delegationView(row);
}
