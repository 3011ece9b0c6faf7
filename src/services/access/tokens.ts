import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Permission, Role } from '../../domain/access/permissions.ts';
import { writeHistory } from '../../engine/history.ts';
import type { Actor } from '../../engine/vocabulary.ts';
import { hashToken, randomToken } from '../../platform/crypto.ts';
import type { Secret } from '../../platform/secret.ts';
import { TOKEN_PREFIX } from './authenticate.ts';

/** An API token as it is shown: never the token itself. */
export interface TokenView {
  id: string;
  accountId: string;
  name: string;
  role: Role;
  /** Empty = all of the role. */
  scopes: string[];
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
  createdAt: string;
}

export interface TokenRow {
  id: string;
  accountId: string;
  name: string;
  role: Role;
  scopes: unknown;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  createdAt: Date;
}

export const tokenColumns =
  'id, account_id AS accountId, name, role, scopes, expires_at AS expiresAt, last_used_at AS lastUsedAt, revoked_at AS revokedAt, created_at AS createdAt';

export function tokenView(row: TokenRow): TokenView {
  return {
    id: row.id,
    accountId: row.accountId,
    name: row.name,
    role: row.role,
    scopes: parseJson(row.scopes) as string[],
    expiresAt: row.expiresAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}

interface NewToken {
  tenantId: string;
  accountId: string;
  name: string;
  role: Role;
  scopes: readonly Permission[];
  expiresAt: Date | null;
  actor: Actor;
}

/** Writes a new token and its history; whether it may be given is the caller's business. The token is in the answer and nowhere else. */
export async function insertToken(tx: Tx, token: NewToken): Promise<{ view: TokenView; token: Secret }> {
  const id = ulid();
  const secret = randomToken(TOKEN_PREFIX);
  await tx.run(
    'INSERT INTO api_tokens (id, tenant_id, account_id, name, token_hash, role, scopes, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    [
      id,
      token.tenantId,
      token.accountId,
      token.name,
      hashToken(secret.reveal()),
      token.role,
      JSON.stringify(token.scopes),
      token.expiresAt,
    ],
  );
  await writeHistory(tx, [
    {
      tenantId: token.tenantId,
      scopeId: id,
      entityType: 'token',
      entityId: id,
      action: 'CREATE',
      actor: token.actor,
      items: [
        { field: 'name', before: null, after: token.name },
        { field: 'accountId', before: null, after: token.accountId },
        { field: 'role', before: null, after: token.role },
        { field: 'scopes', before: null, after: token.scopes.join(',') },
        { field: 'expiresAt', before: null, after: token.expiresAt?.toISOString() ?? null },
      ],
    },
  ]);
  const [row] = await tx.rows<TokenRow>(`SELECT ${tokenColumns} FROM api_tokens WHERE tenant_id = ? AND id = ?`, [token.tenantId, id]);
  if (row === undefined) throw new Error('the token that was just written is not there');
  return { view: tokenView(row), token: secret };
}
