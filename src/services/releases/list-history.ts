import type { Sql } from '../../db/client.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { iso } from './instant.ts';
import { findRunOf } from './release-row.ts';
import type { PersonView } from './release-view.ts';

export interface HistoryEventView {
  id: string;
  at: string;
  entityType: string;
  entityId: string;
  action: string;
  /** Null = the engine. */
  by: PersonView | null;
  why: string | null;
  items: HistoryItemView[];
}

export interface HistoryItemView {
  /** Set when the change moved another row than the event's own. */
  entityId: string | null;
  field: string;
  before: string | null;
  after: string | null;
}

interface EventRow {
  id: string;
  at: Date;
  entityType: string;
  entityId: string;
  action: string;
  accountId: string | null;
  displayName: string | null;
  why: string | null;
}

const SEQUENCE_OF = 'SELECT sequence FROM state_history WHERE tenant_id = ? AND scope_id = ? AND id = ?';

/** Everything that ever happened to a release, newest first: by the database's order, for the clocks of processes may differ. */
export async function listHistory(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  page: PageRequest,
): Promise<Page<HistoryEventView>> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return historyPage(deps.db, caller.tenantId, releaseId, page);
}

/** The history of whatever has one; who may read it was asked before. */
export async function historyPage(sql: Sql, tenantId: string, scopeId: string, page: PageRequest): Promise<Page<HistoryEventView>> {
  const after = afterId(page);
  const rows = await sql.rows<EventRow>(
    `SELECT h.id, h.occurred_at AS at, h.entity_type AS entityType, h.entity_id AS entityId, h.action, h.account_id AS accountId,
            a.display_name AS displayName, h.why
     FROM state_history h LEFT JOIN accounts a ON a.id = h.account_id
     WHERE h.tenant_id = ? AND h.scope_id = ?${after === null ? '' : ` AND h.sequence < (${SEQUENCE_OF})`} ORDER BY h.sequence DESC LIMIT ?`,
    [tenantId, scopeId, ...(after === null ? [] : [tenantId, scopeId, after]), page.limit + 1],
  );
  const items = await itemsOfEvents(
    sql,
    rows.slice(0, page.limit).map((row) => row.id),
  );
  return pageOf(rows, page.limit, ({ accountId, displayName, at, ...event }) => ({
    ...event,
    at: iso(at),
    by: accountId === null ? null : { accountId, displayName: displayName ?? accountId },
    items: items.get(event.id) ?? [],
  }));
}

/** By event, in their order; in one query. */
export async function itemsOfEvents(sql: Sql, eventIds: readonly string[]): Promise<ReadonlyMap<string, HistoryItemView[]>> {
  const byEvent = new Map<string, HistoryItemView[]>();
  if (eventIds.length === 0) return byEvent;
  const rows = await sql.rows<HistoryItemView & { historyId: string }>(
    `SELECT history_id AS historyId, entity_id AS entityId, field, value_before AS \`before\`, value_after AS \`after\`
     FROM state_history_items WHERE history_id IN (?) ORDER BY history_id, ordinal`,
    [eventIds],
  );
  for (const { historyId, ...item } of rows) {
    const items = byEvent.get(historyId) ?? [];
    items.push(item);
    byEvent.set(historyId, items);
  }
  return byEvent;
}
