import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { mayGrant, type Role } from '../../domain/access/permissions.ts';
import type { Caller } from '../context.ts';
import { notFound, ServiceError } from '../service-error.ts';

/** Whoever gives roles or tokens: their own role bounds what they can give. */
export interface Granter extends Caller {
  /** Of the member and of the token they came with. */
  roles: readonly Role[];
}

/** @throws ServiceError forbidden */
export function authoriseGrant(granter: Granter, role: Role): void {
  if (granter.roles.every((own) => mayGrant(own, role))) return;
  throw new ServiceError('forbidden', `The role ${role} is above your own.`);
}

export interface MemberView {
  accountId: string;
  displayName: string;
  /** `null`: a service account. */
  email: string | null;
  role: Role;
  createdAt: string;
}

interface MemberRow {
  accountId: string;
  displayName: string;
  email: string | null;
  role: Role;
  createdAt: Date;
}

const SELECT_MEMBERS = `SELECT m.account_id AS accountId, a.display_name AS displayName, a.email, m.role, m.created_at AS createdAt
  FROM members m JOIN accounts a ON a.id = m.account_id`;

const memberView = (row: MemberRow): MemberView => ({ ...row, createdAt: row.createdAt.toISOString() });

/** @throws ServiceError not-found */
export async function memberOf(sql: Sql, tenantId: string, accountId: string, lock: '' | 'FOR UPDATE' = ''): Promise<MemberView> {
  const [row] = await sql.rows<MemberRow>(`${SELECT_MEMBERS} WHERE m.tenant_id = ? AND m.account_id = ? ${lock}`, [tenantId, accountId]);
  if (row === undefined) throw notFound('The member');
  return memberView(row);
}

export async function membersAfter(sql: Sql, tenantId: string, after: string | null, limit: number): Promise<MemberView[]> {
  const rows = await sql.rows<MemberRow>(
    `${SELECT_MEMBERS} WHERE m.tenant_id = ? ${after === null ? '' : 'AND m.account_id < ?'} ORDER BY m.account_id DESC LIMIT ?`,
    after === null ? [tenantId, limit] : [tenantId, after, limit],
  );
  return rows.map(memberView);
}

/** The account with this address, made if there is none; without an address always a new service account. */
export async function ensureAccount(tx: Tx, email: string | null, displayName: string): Promise<string> {
  const id = ulid();
  if (email === null) {
    await tx.run('INSERT INTO accounts (id, email, display_name) VALUES (?, NULL, ?)', [id, displayName]);
    return id;
  }
  // Two at once: the second finds the first's row.
  await tx.run('INSERT IGNORE INTO accounts (id, email, display_name) VALUES (?, ?, ?)', [id, email, displayName]);
  const [row] = await tx.rows<{ id: string }>('SELECT id FROM accounts WHERE email = ?', [email]);
  if (row === undefined) throw new Error('the account that was just written is not there');
  return row.id;
}

/** Locks the owners' rows, so that two owners cannot remove each other at once. @throws ServiceError conflict */
export async function demandAnotherOwner(tx: Tx, tenantId: string, accountId: string): Promise<void> {
  const owners = await tx.rows<{ accountId: string }>(
    `SELECT account_id AS accountId FROM members WHERE tenant_id = ? AND role = 'owner' ORDER BY account_id FOR UPDATE`,
    [tenantId],
  );
  if (owners.some((owner) => owner.accountId !== accountId)) return;
  throw new ServiceError('conflict', 'This is the last owner of the tenant; make somebody else an owner first.');
}
