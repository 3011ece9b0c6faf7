import type { Sql } from '../../db/client.ts';
import { iso, isoOrNull } from '../releases/instant.ts';

export interface DelegationView {
  id: string;
  from: { accountId: string; displayName: string };
  to: { accountId: string; displayName: string };
  startsAt: string;
  endsAt: string;
  reason: string;
  revokedAt: string | null;
  /** It counts at this moment. */
  isActive: boolean;
  createdAt: string;
}

export interface DelegationRow {
  id: string;
  fromAccountId: string;
  fromName: string | null;
  toAccountId: string;
  toName: string | null;
  startsAt: Date;
  endsAt: Date;
  reason: string;
  revokedAt: Date | null;
  isActive: number;
  createdAt: Date;
}

const isActive = '(d.revoked_at IS NULL AND d.starts_at <= UTC_TIMESTAMP(3) AND d.ends_at > UTC_TIMESTAMP(3))';

/** Ends in a WHERE to go on from. */
export const selectDelegations = `
  SELECT d.id, d.from_account_id AS fromAccountId, f.display_name AS fromName, d.to_account_id AS toAccountId, t.display_name AS toName,
         d.starts_at AS startsAt, d.ends_at AS endsAt, d.reason, d.revoked_at AS revokedAt, ${isActive} AS isActive, d.created_at AS createdAt
  FROM approval_delegations d LEFT JOIN accounts f ON f.id = d.from_account_id LEFT JOIN accounts t ON t.id = d.to_account_id
  WHERE d.tenant_id = ?`;

export function delegationView(row: DelegationRow): DelegationView {
  const { fromAccountId, fromName, toAccountId, toName, ...rest } = row;
  return {
    ...rest,
    from: { accountId: fromAccountId, displayName: fromName ?? fromAccountId },
    to: { accountId: toAccountId, displayName: toName ?? toAccountId },
    startsAt: iso(row.startsAt),
    endsAt: iso(row.endsAt),
    revokedAt: isoOrNull(row.revokedAt),
    isActive: row.isActive === 1,
    createdAt: iso(row.createdAt),
  };
}

/** Who leaves their approving to this account at this moment, sorted. What they were left themselves does not go on to others. */
export async function delegatorsOf(sql: Pick<Sql, 'rows'>, tenantId: string, accountId: string): Promise<string[]> {
  const rows = await sql.rows<{ accountId: string }>(
    `SELECT DISTINCT d.from_account_id AS accountId FROM approval_delegations d
     WHERE d.tenant_id = ? AND d.to_account_id = ? AND ${isActive} ORDER BY d.from_account_id`,
    [tenantId, accountId],
  );
  return rows.map((row) => row.accountId);
}

/** Everybody to whom something is left at this moment, with those who leave it. */
export async function activeDelegations(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
): Promise<{ fromAccountId: string; toAccountId: string }[]> {
  return sql.rows(
    `SELECT DISTINCT d.from_account_id AS fromAccountId, d.to_account_id AS toAccountId FROM approval_delegations d
     WHERE d.tenant_id = ? AND ${isActive} ORDER BY d.to_account_id, d.from_account_id`,
    [tenantId],
  );
}
