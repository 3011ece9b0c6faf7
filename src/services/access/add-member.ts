import type { Role } from '../../domain/access/permissions.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { conflict } from '../service-error.ts';
import { authoriseGrant, ensureAccount, type Granter, type MemberView, memberOf } from './members.ts';

export interface AddMemberInput {
  /** `null` makes a service account. */
  email: string | null;
  displayName: string;
  role: Role;
}

/** @throws ServiceError conflict when the account is a member already */
export async function addMember(deps: ServiceDeps, caller: Granter, input: AddMemberInput): Promise<MemberView> {
  authorise(caller, 'member:write');
  authoriseGrant(caller, input.role);
  return deps.db.transact(async (tx) => {
    const { tenantId } = caller;
    const accountId = await ensureAccount(tx, input.email, input.displayName);
    const added = await tx.run('INSERT IGNORE INTO members (tenant_id, account_id, role) VALUES (?, ?, ?)', [
      tenantId,
      accountId,
      input.role,
    ]);
    if (added === 0) throw conflict('This account is a member already.');
    const items = [
      { field: 'displayName', before: null, after: input.displayName },
      { field: 'role', before: null, after: input.role },
    ];
    await writeHistory(tx, [
      { tenantId, scopeId: accountId, entityType: 'member', entityId: accountId, action: 'ADD', actor: actorOf(caller), items },
    ]);
    const view = await memberOf(tx, tenantId, accountId);
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}
