import { isValid } from 'ulid';
import { writeHistory } from '../../engine/history.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { notFound, ServiceError } from '../service-error.ts';
import { about } from './create-delegation.ts';

/**
 * Takes a delegation back: approvals from now on count for their author alone; those given before stay what they were. One that is over, or was taken back
 * already, stays as it is.
 * @throws ServiceError forbidden for somebody else's, unless the caller may change members
 */
export async function revokeDelegation(deps: Pick<ServiceDeps, 'db'>, caller: Caller, delegationId: string): Promise<void> {
  authorise(caller, 'release:read');
  await deps.db.transact(async (tx) => {
    const [row] = isValid(delegationId)
      ? await tx.rows<{ fromAccountId: string; toAccountId: string; isOver: number }>(
          `SELECT from_account_id AS fromAccountId, to_account_id AS toAccountId, revoked_at IS NOT NULL OR ends_at <= UTC_TIMESTAMP(3) AS isOver
           FROM approval_delegations WHERE tenant_id = ? AND id = ? FOR UPDATE`,
          [caller.tenantId, delegationId],
        )
      : [];
    if (row === undefined) throw notFound('The delegation');
    if (row.fromAccountId !== caller.accountId && !caller.permissions.has('member:write')) {
      throw new ServiceError('forbidden', 'Only whoever delegated, or somebody who may change members, takes it back.');
    }
    if (row.isOver === 1) return;
    await tx.run('UPDATE approval_delegations SET revoked_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [
      caller.tenantId,
      delegationId,
    ]);
    const items = [{ field: 'approvalDelegation', before: row.toAccountId, after: null }];
    await writeHistory(tx, [{ ...about(caller, row.fromAccountId), action: 'REMOVE', items }]);
  });
}
