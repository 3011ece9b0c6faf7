import type { Sql } from '../../db/client.ts';
import { can, roles } from '../../domain/access/permissions.ts';
import type { FailedConnection } from '../../domain/failure.ts';
import { type Category, categories } from '../../integrations/kit/define-provider.ts';
import { connectionTableNames } from '../connections/tables.ts';
import { isoOrNull } from './instant.ts';

/** A connection that keeps a task from going on, and who can do something about it. */
export interface BrokenConnection {
  category: string;
  id: string;
  displayName: string;
  verificationStatus: string;
  /** What its provider said when it was last asked. */
  error: string | null;
  /** Since when it has not worked; null while it still counts as working. */
  since: string | null;
  /** Roles that may mend it. */
  roles: string[];
  /** The first few people with such a role. */
  people: string[];
  /** Method and path of the request that mends it. */
  request: string;
}

const PEOPLE = 5;
const WORKING = ['VALID', 'PENDING'];
const menders = roles.filter((role) => can(role, 'integration:write'));

interface Row {
  id: string;
  displayName: string;
  status: string;
  error: string | null;
  since: Date | null;
}

/** By id; of those that were deleted meanwhile there is none. */
export async function brokenConnections(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  failed: readonly FailedConnection[],
): Promise<Map<string, BrokenConnection>> {
  const found = new Map<string, BrokenConnection>();
  if (failed.length === 0) return found;
  const members = await sql.rows<{ name: string }>(
    `SELECT a.display_name AS name FROM members m JOIN accounts a ON a.id = m.account_id
     WHERE m.tenant_id = ? AND m.role IN (?) ORDER BY m.created_at, m.account_id LIMIT ?`,
    [tenantId, menders, PEOPLE],
  );
  const people = members.map(({ name }) => name);
  for (const category of categories) {
    const ids = failed.filter((connection) => connection.category === category).map(({ id }) => id);
    if (ids.length === 0) continue;
    for (const row of await sql.rows<Row>(select(category), [WORKING, WORKING, tenantId, ids])) {
      const request = `PATCH /api/v1/tenants/${tenantId}/integrations/${category}/${row.id}`;
      const { id, displayName, status, error } = row;
      const since = WORKING.includes(status) ? null : isoOrNull(row.since);
      found.set(id, { category, id, displayName, verificationStatus: status, error, since, roles: menders, people, request });
    }
  }
  return found;
}

/** Each verification that finds it broken again moves `last_verified_at`; the history knows when it broke. */
const select = (category: Category) => `
  SELECT c.id, c.display_name AS displayName, c.verification_status AS status, c.verification_error AS error,
         (SELECT MAX(h.occurred_at) FROM state_history h JOIN state_history_items i ON i.history_id = h.id
          WHERE h.tenant_id = c.tenant_id AND h.scope_id = c.id AND i.field = 'verificationStatus'
            AND i.value_after NOT IN (?) AND (i.value_before IS NULL OR i.value_before IN (?))) AS since
  FROM ${connectionTableNames[category]} c WHERE c.tenant_id = ? AND c.id IN (?) AND c.is_active = 1`;
