import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type ServiceDeps } from '../context.ts';
import { authoriseGrant, demandAnotherOwner, type Granter, memberOf } from './members.ts';

/** Their tokens of this tenant end with the membership. The account stays: histories name it. */
export async function removeMember(deps: ServiceDeps, caller: Granter, accountId: string): Promise<void> {
  authorise(caller, 'member:write');
  await deps.db.transact(async (tx) => {
    const { tenantId } = caller;
    const member = await memberOf(tx, tenantId, accountId, 'FOR UPDATE');
    authoriseGrant(caller, member.role);
    if (member.role === 'owner') await demandAnotherOwner(tx, tenantId, accountId);
    await tx.run('DELETE FROM members WHERE tenant_id = ? AND account_id = ?', [tenantId, accountId]);
    await tx.run('UPDATE api_tokens SET revoked_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND account_id = ? AND revoked_at IS NULL', [
      tenantId,
      accountId,
    ]);
    // Should they come back, nothing of before counts.
    await tx.run('DELETE FROM chat_identities WHERE tenant_id = ? AND account_id = ?', [tenantId, accountId]);
    await tx.run(
      `UPDATE approval_delegations SET revoked_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND (from_account_id = ? OR to_account_id = ?) AND revoked_at IS NULL AND ends_at > UTC_TIMESTAMP(3)`,
      [tenantId, accountId, accountId],
    );
    const items = [{ field: 'role', before: member.role, after: null }];
    await writeHistory(tx, [
      { tenantId, scopeId: accountId, entityType: 'member', entityId: accountId, action: 'REMOVE', actor: actorOf(caller), items },
    ]);
  });
}
