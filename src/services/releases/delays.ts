import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { groupBy } from './group-by.ts';
import { iso } from './instant.ts';
import type { DelayView } from './release-view.ts';

interface DelayRow {
  releaseId: string;
  fromDate: Date;
  toDate: Date;
  reason: string;
  createdAt: Date;
  accountId: string;
  displayName: string | null;
}

/** By release, oldest first. */
export async function delaysOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, DelayView[]>> {
  if (releaseIds.length === 0) return new Map();
  const rows = await sql.rows<DelayRow>(
    `SELECT d.release_id AS releaseId, d.from_date AS fromDate, d.to_date AS toDate, d.reason, d.created_at AS createdAt,
            d.account_id AS accountId, a.display_name AS displayName
     FROM release_delays d LEFT JOIN accounts a ON a.id = d.account_id
     WHERE d.tenant_id = ? AND d.release_id IN (?) ORDER BY d.id`,
    [tenantId, releaseIds],
  );
  const byRelease = groupBy(rows, (row) => row.releaseId);
  return new Map([...byRelease].map(([releaseId, delays]) => [releaseId, delays.map(viewOf)]));
}

/** Keeps why a target moved later; the delays before it stay. */
export async function keepDelay(
  tx: Tx,
  release: { id: string; tenantId: string },
  delay: { from: Date; to: Date; reason: string; accountId: string },
): Promise<void> {
  await tx.run('INSERT INTO release_delays (id, tenant_id, release_id, from_date, to_date, reason, account_id) VALUES (?)', [
    [ulid(), release.tenantId, release.id, delay.from, delay.to, delay.reason, delay.accountId],
  ]);
}

const viewOf = (row: DelayRow): DelayView => ({
  from: iso(row.fromDate),
  to: iso(row.toDate),
  reason: row.reason,
  at: iso(row.createdAt),
  by: { accountId: row.accountId, displayName: row.displayName ?? row.accountId },
});
