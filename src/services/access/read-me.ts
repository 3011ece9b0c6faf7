import { parseJson } from '../../db/schema/columns.ts';
import type { Role } from '../../domain/access/permissions.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { notFound } from '../service-error.ts';

interface MeRow {
  tenantName: string;
  displayName: string;
  email: string | null;
  memberRole: Role;
  tokenName: string;
  tokenRole: Role;
  scopes: unknown;
  expiresAt: Date | null;
}

/** Everybody may know who they are. */
export async function readMe(deps: Pick<ServiceDeps, 'db'>, caller: Caller, tokenId: string) {
  const [row] = await deps.db.rows<MeRow>(
    `SELECT n.name AS tenantName, a.display_name AS displayName, a.email, m.role AS memberRole, t.name AS tokenName, t.role AS tokenRole,
            t.scopes, t.expires_at AS expiresAt
     FROM api_tokens t
     JOIN tenants n ON n.id = t.tenant_id
     JOIN accounts a ON a.id = t.account_id
     JOIN members m ON m.tenant_id = t.tenant_id AND m.account_id = t.account_id
     WHERE t.id = ? AND t.tenant_id = ?`,
    [tokenId, caller.tenantId],
  );
  if (row === undefined) throw notFound('The token');
  return {
    tenant: { id: caller.tenantId, name: row.tenantName },
    account: { id: caller.accountId, displayName: row.displayName, email: row.email, role: row.memberRole },
    token: {
      id: tokenId,
      name: row.tokenName,
      role: row.tokenRole,
      scopes: parseJson(row.scopes) as string[],
      expiresAt: row.expiresAt?.toISOString() ?? null,
    },
    permissions: [...caller.permissions],
  };
}
