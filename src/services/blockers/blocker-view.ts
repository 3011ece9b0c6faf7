import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { BlockerSource, BlockerStatus } from '../../domain/blockers/blocker.ts';
import type { Failure } from '../../domain/failure.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import type { PersonView } from '../releases/release-view.ts';
import { notFound } from '../service-error.ts';

export interface BlockerView {
  id: string;
  releaseId: string;
  status: BlockerStatus;
  statusSince: string;
  source: BlockerSource;
  /** null = the tracker. */
  statusBy: PersonView | null;
  /** Given with the change to its present status. */
  reason: string | null;
  title: string;
  url: string | null;
  /** null = words of a person: nothing is followed. */
  ticket: TicketView | null;
  addedBy: PersonView;
  addedAt: string;
}

/** The ticket as it was last read. */
export interface TicketView {
  key: string;
  status: string | null;
  isDone: boolean;
  checkedAt: string | null;
  /** null = it is looked at no more: the release has ended. */
  nextLookAt: string | null;
  /** The last look failed, so what is shown may be wrong by now. */
  isStale: boolean;
  error: string | null;
}

interface Row {
  id: string;
  releaseId: string;
  status: BlockerStatus;
  statusSince: Date;
  source: BlockerSource;
  statusById: string | null;
  statusByName: string | null;
  reason: string | null;
  title: string;
  url: string | null;
  ticketKey: string | null;
  ticketStatus: string | null;
  ticketDone: number;
  checkedAt: Date | null;
  checkFailure: unknown;
  runAt: Date | null;
  addedById: string;
  addedByName: string | null;
  createdAt: Date;
}

const SELECT = `
  SELECT b.id, b.release_id AS releaseId, b.status, b.status_since AS statusSince, b.source, b.status_by_account_id AS statusById,
         s.display_name AS statusByName, b.reason, b.title, b.url, b.ticket_key AS ticketKey, b.ticket_status AS ticketStatus,
         b.ticket_done AS ticketDone, b.checked_at AS checkedAt, b.check_failure AS checkFailure, b.run_at AS runAt,
         b.added_by_account_id AS addedById, a.display_name AS addedByName, b.created_at AS createdAt
  FROM release_blockers b LEFT JOIN accounts a ON a.id = b.added_by_account_id LEFT JOIN accounts s ON s.id = b.status_by_account_id`;

/** All of a release, open ones first, each kind in the order they were added; one query. */
export async function blockerViews(sql: Sql, tenantId: string, releaseId: string, status?: BlockerStatus): Promise<BlockerView[]> {
  const rows = await sql.rows<Row>(
    `${SELECT} WHERE b.tenant_id = ? AND b.release_id = ?${status === undefined ? '' : ' AND b.status = ?'}
     ORDER BY b.status <> 'OPEN', b.id`,
    [tenantId, releaseId, ...(status === undefined ? [] : [status])],
  );
  return rows.map(view);
}

/** @throws ServiceError not-found */
export async function blockerView(sql: Sql, tenantId: string, releaseId: string, id: string): Promise<BlockerView> {
  const [row] = await sql.rows<Row>(`${SELECT} WHERE b.tenant_id = ? AND b.release_id = ? AND b.id = ?`, [tenantId, releaseId, id]);
  if (row === undefined) throw notFound('The blocker');
  return view(row);
}

function view(row: Row): BlockerView {
  return {
    id: row.id,
    releaseId: row.releaseId,
    status: row.status,
    statusSince: iso(row.statusSince),
    source: row.source,
    statusBy: row.statusById === null ? null : { accountId: row.statusById, displayName: row.statusByName ?? row.statusById },
    reason: row.reason,
    title: row.title,
    url: row.url,
    ticket: row.ticketKey === null ? null : ticketView(row, row.ticketKey),
    addedBy: { accountId: row.addedById, displayName: row.addedByName ?? row.addedById },
    addedAt: iso(row.createdAt),
  };
}

function ticketView(row: Row, key: string): TicketView {
  const failure = parseJson(row.checkFailure) as Failure | null;
  return {
    key,
    status: row.ticketStatus,
    isDone: row.ticketDone === 1,
    checkedAt: isoOrNull(row.checkedAt),
    nextLookAt: isoOrNull(row.runAt),
    isStale: failure !== null,
    error: failure?.message ?? null,
  };
}
