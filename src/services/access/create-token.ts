import { effectivePermissions, type Permission, type Role } from '../../domain/access/permissions.ts';
import { actorOf, authorise, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { invalid, ServiceError } from '../service-error.ts';
import { authoriseGrant, type Granter, memberOf } from './members.ts';
import { insertToken, type TokenView } from './tokens.ts';

export interface CreateTokenInput {
  name: string;
  role: Role;
  /** Empty = all of the role. */
  scopes: readonly Permission[];
  expiresAt: Date | null;
  /** Another member; the caller when absent. */
  accountId?: string | undefined;
}

/** The token is shown in this answer and never again. */
export type CreatedToken = TokenView & { token: string };

/** Gives a member a token that can do no more than the caller could with the present one. */
export async function createToken(deps: ServiceDeps, caller: Granter, input: CreateTokenInput, now: Date): Promise<CreatedToken> {
  authorise(caller, 'token:write');
  authoriseGrant(caller, input.role);
  if (input.expiresAt !== null && input.expiresAt <= now) throw invalid([{ field: '/expiresAt', message: 'must be in the future' }]);
  return deps.db.transact(async (tx) => {
    const member = await memberOf(tx, caller.tenantId, input.accountId ?? caller.accountId);
    authoriseGrant(caller, member.role);
    const wider = [...effectivePermissions(member.role, input.role, input.scopes)].filter(
      (permission) => !caller.permissions.has(permission),
    );
    if (wider.length > 0) throw new ServiceError('forbidden', `Your own token lacks ${wider.join(', ')}, so it cannot give it.`);
    const { view, token } = await insertToken(tx, {
      tenantId: caller.tenantId,
      accountId: member.accountId,
      name: input.name,
      role: input.role,
      scopes: input.scopes,
      expiresAt: input.expiresAt,
      actor: actorOf(caller),
    });
    const answer = { ...view, token: token.reveal() };
    await rememberAnswer(tx, deps, caller, { status: 201, body: answer });
    return answer;
  });
}
