import { ulid } from 'ulid';
import type { Database } from '../../db/client.ts';
import { effectivePermissions, type Permission, type Role } from '../../domain/access/permissions.ts';
import { writeHistory } from '../../engine/history.ts';
import { engineActor } from '../../engine/vocabulary.ts';
import type { Secret } from '../../platform/secret.ts';
import { notFound } from '../service-error.ts';
import { ensureAccount, type MemberView, memberOf } from './members.ts';
import { revokeTokenIn } from './revoke-token.ts';
import { insertToken, type TokenRow, type TokenView, tokenColumns, tokenView } from './tokens.ts';

/**
 * What the operator does on the machine itself, before any token exists: no caller, no permission. Whoever can run the command line has
 * the database's password and the keys.
 */

export async function createTenant(db: Database, name: string): Promise<{ tenantId: string; name: string }> {
  const tenantId = ulid();
  await db.run('INSERT INTO tenants (id, name) VALUES (?, ?)', [tenantId, name]);
  return { tenantId, name };
}

export async function listTenants(db: Database): Promise<{ id: string; name: string; createdAt: Date }[]> {
  return db.rows('SELECT id, name, created_at AS createdAt FROM tenants ORDER BY id');
}

async function demandTenant(db: Database, tenantId: string): Promise<void> {
  const rows = await db.rows('SELECT id FROM tenants WHERE id = ?', [tenantId]);
  if (rows.length === 0) throw notFound(`The tenant ${tenantId}`);
}

export interface OperatorToken {
  tenantId: string;
  name: string;
  role: Role;
  scopes: readonly Permission[];
  expiresAt: Date | null;
  /** A member; a new service account with the token's role when absent. */
  accountId?: string | undefined;
}

export async function createOperatorToken(db: Database, input: OperatorToken): Promise<{ view: TokenView; token: Secret }> {
  const { tenantId } = input;
  await demandTenant(db, tenantId);
  return db.transact(async (tx) => {
    let { accountId } = input;
    if (accountId === undefined) {
      accountId = await ensureAccount(tx, null, input.name);
      await tx.run('INSERT INTO members (tenant_id, account_id, role) VALUES (?, ?, ?)', [tenantId, accountId, input.role]);
      await writeHistory(tx, [memberAdded(tenantId, accountId, input.role)]);
    } else {
      await memberOf(tx, tenantId, accountId);
    }
    return insertToken(tx, { ...input, accountId, actor: engineActor });
  });
}

const memberAdded = (tenantId: string, accountId: string, role: Role) =>
  ({
    tenantId,
    scopeId: accountId,
    entityType: 'member',
    entityId: accountId,
    action: 'ADD',
    actor: engineActor,
    why: 'admin command line',
    items: [{ field: 'role', before: null, after: role }],
  }) as const;

export async function listOperatorTokens(db: Database, tenantId: string): Promise<TokenView[]> {
  await demandTenant(db, tenantId);
  const rows = await db.rows<TokenRow>(`SELECT ${tokenColumns} FROM api_tokens WHERE tenant_id = ? ORDER BY id DESC`, [tenantId]);
  return rows.map(tokenView);
}

export async function revokeOperatorToken(db: Database, tokenId: string): Promise<void> {
  const [row] = await db.rows<{ tenantId: string }>('SELECT tenant_id AS tenantId FROM api_tokens WHERE id = ?', [tokenId]);
  if (row === undefined) throw notFound(`The token ${tokenId}`);
  await db.transact((tx) => revokeTokenIn(tx, { tenantId: row.tenantId, tokenId, actor: engineActor }));
}

interface OperatorMember {
  tenantId: string;
  email: string | null;
  displayName: string;
  role: Role;
}

/** Adds the member, or changes the role of one there is. */
export async function addOperatorMember(db: Database, input: OperatorMember): Promise<MemberView> {
  const { tenantId, role } = input;
  await demandTenant(db, tenantId);
  return db.transact(async (tx) => {
    const accountId = await ensureAccount(tx, input.email, input.displayName);
    await tx.run('INSERT INTO members (tenant_id, account_id, role) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE role = ?', [
      tenantId,
      accountId,
      role,
      role,
    ]);
    await writeHistory(tx, [memberAdded(tenantId, accountId, role)]);
    return memberOf(tx, tenantId, accountId);
  });
}

/** Scopes the role does not have would make a token that can do less than asked for, silently. */
export const uselessScopes = (role: Role, scopes: readonly Permission[]): Permission[] => {
  const usable = new Set(effectivePermissions(role, role, scopes));
  return scopes.filter((scope) => !usable.has(scope));
};
