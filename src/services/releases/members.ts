import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import type { Problem } from '../service-error.ts';

/** Only a member of the tenant can drive a release. */
export async function checkPilot(sql: Sql, tenantId: string, accountId: string | null | undefined): Promise<Problem[]> {
  if (accountId === null || accountId === undefined) return [];
  const rows = isValid(accountId)
    ? await sql.rows('SELECT 1 FROM members WHERE tenant_id = ? AND account_id = ?', [tenantId, accountId])
    : [];
  return rows.length > 0 ? [] : [{ field: '/pilotAccountId', message: 'The pilot must be a member of the tenant.' }];
}
