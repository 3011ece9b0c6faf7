import type { Database } from '../../db/client.ts';

/*
 * Numbers of `state_history` are taken when a row is inserted and seen when its transaction commits, so 12 may be seen before 11. Whoever handed
 * out 12 and goes on from there would never see 11. Therefore what follows a gap is handed out only once it is known that nothing will fill it:
 *
 * - A read that sees uncommitted rows finds the one that is under way: wait for its transaction.
 * - It finds none, and the row behind the gap was inserted long enough ago for the statement that took the number to have stored its row: the
 *   transaction was rolled back. Numbers are not taken again.
 *
 * Nothing here is remembered: every process decides the same from the rows, also after a restart.
 */

/** Who, when, what and where; its items are read only where somebody listens. */
export interface EventHead {
  sequence: number;
  id: string;
  at: Date;
  tenantId: string;
  scopeId: string;
  entityType: string;
  entityId: string;
  action: string;
  accountId: string | null;
  displayName: string | null;
  why: string | null;
}

export interface DecidedEvents {
  /** In the order of their numbers. */
  heads: EventHead[];
  /** Nothing with this number or a lower one will appear any more. */
  upTo: number;
  /** There may be more at once. */
  isFull: boolean;
}

export interface ReadOptions {
  /** How long one INSERT may take from its number to its row, milliseconds. */
  insertMs: number;
  /** Rows to read at once. */
  limit: number;
}

/** Longer than any transaction can be open: the server ends sessions that say nothing for so long, and the client gives up before. */
const SETTLED_SECONDS = 60;
/** Gaps that are looked into at once. */
const MAX_GAPS = 100;

/** The number up to which time alone has decided everything: where a process begins that has read nothing yet. */
export async function settledSequence(db: Pick<Database, 'rows'>): Promise<number> {
  const [row] = await db.rows<{ sequence: number }>(
    `SELECT sequence FROM state_history FORCE INDEX (state_history_sequence)
     WHERE occurred_at <= UTC_TIMESTAMP(3) - INTERVAL ${SETTLED_SECONDS} SECOND ORDER BY sequence DESC LIMIT 1`,
  );
  return row?.sequence ?? 0;
}

interface Row extends EventHead {
  isOld: number;
}

/** What came after `after`, as far as it is decided. One query, and one more where numbers are missing. */
export async function readDecided(
  db: Pick<Database, 'rows' | 'batch'>,
  after: number,
  { insertMs, limit }: ReadOptions,
): Promise<DecidedEvents> {
  const rows = await db.rows<Row>(
    `SELECT ${headColumns}, h.occurred_at <= UTC_TIMESTAMP(3) - INTERVAL ? MICROSECOND AS isOld
     FROM ${headTables} WHERE h.sequence > ? ORDER BY h.sequence LIMIT ?`,
    [insertMs * 1000, after, limit],
  );
  const decided = rows.slice(0, await decidedRows(db, after, rows));
  return {
    heads: decided.map(({ isOld: _isOld, ...head }) => head),
    upTo: decided.at(-1)?.sequence ?? after,
    isFull: rows.length === limit && decided.length === limit,
  };
}

interface Gap {
  from: number;
  to: number;
  /** Index of the row behind it. */
  before: number;
}

/** How many of the rows may be handed out. */
async function decidedRows(db: Pick<Database, 'batch'>, after: number, rows: readonly Row[]): Promise<number> {
  const gaps: Gap[] = [];
  let last = after;
  for (const [index, row] of rows.entries()) {
    if (row.sequence > last + 1) {
      if (row.isOld !== 1 || gaps.length === MAX_GAPS) return cut(db, gaps, index);
      gaps.push({ from: last + 1, to: row.sequence - 1, before: index });
    }
    last = row.sequence;
  }
  return cut(db, gaps, rows.length);
}

/** @param upTo rows before the first gap that time has not decided */
async function cut(db: Pick<Database, 'batch'>, gaps: readonly Gap[], upTo: number): Promise<number> {
  if (gaps.length === 0) return upTo;
  const [, rows] = await db.batch([
    // Of the next statement alone.
    ['SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED', []],
    [
      `SELECT MIN(sequence) AS sequence FROM state_history WHERE ${gaps.map(() => 'sequence BETWEEN ? AND ?').join(' OR ')}`,
      gaps.flatMap(({ from, to }) => [from, to]),
    ],
  ]);
  const first = (rows as { sequence: number | null }[])[0]?.sequence ?? null;
  // One that was committed since the rows were read is found here, too: the next look reads it in its place.
  return first === null ? upTo : (gaps.find(({ to }) => first <= to)?.before ?? upTo);
}

/** Columns of `EventHead`. */
export const headColumns = `
  h.sequence, h.id, h.occurred_at AS at, h.tenant_id AS tenantId, h.scope_id AS scopeId, h.entity_type AS entityType,
  h.entity_id AS entityId, h.action, h.account_id AS accountId, a.display_name AS displayName, h.why`;

export const headTables = 'state_history h LEFT JOIN accounts a ON a.id = h.account_id';
