import type { Role } from '../../domain/access/permissions.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type ServiceDeps } from '../context.ts';
import { authoriseGrant, demandAnotherOwner, type Granter, type MemberView, memberOf } from './members.ts';

/** Nobody gives a role above their own, nor takes one away from somebody above them; the last owner stays. */
export async function changeMemberRole(deps: ServiceDeps, caller: Granter, accountId: string, role: Role): Promise<MemberView> {
  authorise(caller, 'member:write');
  authoriseGrant(caller, role);
  return deps.db.transact(async (tx) => {
    const { tenantId } = caller;
    const member = await memberOf(tx, tenantId, accountId, 'FOR UPDATE');
    authoriseGrant(caller, member.role);
    if (member.role === role) return member;
    if (member.role === 'owner') await demandAnotherOwner(tx, tenantId, accountId);
    await tx.run('UPDATE members SET role = ? WHERE tenant_id = ? AND account_id = ?', [role, tenantId, accountId]);
    const items = [{ field: 'role', before: member.role, after: role }];
    await writeHistory(tx, [
      { tenantId, scopeId: accountId, entityType: 'member', entityId: accountId, action: 'UPDATE', actor: actorOf(caller), items },
    ]);
    return { ...member, role };
  });
}
