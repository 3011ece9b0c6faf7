import { ulid } from 'ulid';
import type { Sql, SqlValue, Tx } from '../../db/client.ts';
import type { Permission } from '../../domain/access/permissions.ts';
import { type HistoryEvent, type HistoryItem, writeHistory } from '../../engine/history.ts';
import { changedItems } from '../configs/changed-items.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { iso } from '../releases/instant.ts';
import { invalid, notFound, type Problem } from '../service-error.ts';
import { unlessTaken } from '../unless-taken.ts';

/*
 * The catalogue: what there is to deploy, where, and when it may be. Its kinds of entry are written, listed and told of alike; what is particular
 * to one stands in its kind.
 */

export interface CatalogueKind<Body extends object> {
  table: string;
  /** `The service`, for refusals. */
  title: string;
  readPermission: Permission;
  writePermission: Permission;
  /** Columns after id and tenant, as they are inserted; `values` in the same order. */
  columns: readonly string[];
  /** Columns that creation alone sets. */
  fixedColumns?: readonly string[];
  values(body: Body): readonly SqlValue[];
  /** For `fixedColumns`. */
  fixedValues?(caller: Caller, body: Body): readonly SqlValue[];
  /** Everything of rows that `body` is made of; one query more where rows of another table belong to it. */
  bodies(sql: Sql, tenantId: string, rows: readonly Row[]): Promise<Body[]>;
  /** What is wrong with it beside what is there; called under a lock of the tenant's entries of this kind. */
  problems?(tx: Tx, caller: Caller, body: Body, id: string): Promise<readonly Problem[]>;
  /** Rows of other tables that belong to it. */
  writeParts?(tx: Tx, tenantId: string, id: string, body: Body): Promise<void>;
  /** @throws ServiceError conflict saying what still needs it */
  demandUnused?(tx: Tx, caller: Caller, id: string): Promise<void>;
  removeParts?(tx: Tx, tenantId: string, id: string): Promise<void>;
  /** What else a change of one brings about, in its transaction. */
  changed?(tx: Tx, deps: Pick<ServiceDeps, 'ring'>, tenantId: string): Promise<void>;
  /** Of a list, by query: column → value. */
  filters?: readonly string[];
}

export type Row = Record<string, unknown> & { id: string; createdAt: Date; updatedAt: Date };
export type EntryView<Body> = Body & { id: string; createdAt: string; updatedAt: string };

type WriteDeps = Pick<ServiceDeps, 'db' | 'keyring' | 'ring'>;

const select = ({ table, columns, fixedColumns = [] }: Pick<CatalogueKind<object>, 'table' | 'columns' | 'fixedColumns'>) =>
  `SELECT id, created_at AS createdAt, updated_at AS updatedAt, ${[...columns, ...fixedColumns].join(', ')} FROM ${table}`;

async function views<Body extends object>(
  sql: Sql,
  kind: CatalogueKind<Body>,
  tenantId: string,
  rows: readonly Row[],
): Promise<EntryView<Body>[]> {
  const bodies = rows.length === 0 ? [] : await kind.bodies(sql, tenantId, rows);
  return rows.flatMap(({ id, createdAt, updatedAt }, index) => {
    const body = bodies[index];
    return body === undefined ? [] : [{ id, ...body, createdAt: iso(createdAt), updatedAt: iso(updatedAt) }];
  });
}

/** Newest first. @param only column → value, of the kind's `filters` */
export async function listEntries<Body extends object>(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  kind: CatalogueKind<Body>,
  page: PageRequest,
  only: Readonly<Record<string, string | undefined>> = {},
): Promise<Page<EntryView<Body>>> {
  authorise(caller, kind.readPermission);
  const after = afterId(page);
  const filters = (kind.filters ?? []).flatMap((column) => (only[column] === undefined ? [] : [[column, only[column]] as const]));
  const where = ['tenant_id = ?', ...filters.map(([column]) => `${column} = ?`), ...(after === null ? [] : ['id < ?'])];
  const rows = await db.rows<Row>(`${select(kind)} WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ?`, [
    ...[caller.tenantId, ...filters.map(([, value]) => value), ...(after === null ? [] : [after])],
    page.limit + 1,
  ]);
  const shown = new Map((await views(db, kind, caller.tenantId, rows.slice(0, page.limit))).map((view) => [view.id, view]));
  const { items, nextCursor } = pageOf(rows, page.limit, ({ id }) => shown.get(id));
  return { items: items.flatMap((view) => view ?? []), nextCursor };
}

/** @throws ServiceError not-found, for another tenant's as well */
export async function readEntry<Body extends object>(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  kind: CatalogueKind<Body>,
  id: string,
): Promise<EntryView<Body>> {
  authorise(caller, kind.readPermission);
  return findEntry(db, kind, caller.tenantId, id);
}

export async function createEntry<Body extends object>(
  deps: WriteDeps,
  caller: Caller,
  kind: CatalogueKind<Body>,
  body: Body,
): Promise<EntryView<Body>> {
  authorise(caller, kind.writePermission);
  const { tenantId } = caller;
  return unlessTaken(
    deps.db.transact(async (tx) => {
      await lockTenant(tx, tenantId);
      const id = ulid();
      await demandSound(tx, caller, kind, body, id);
      const columns = ['id', 'tenant_id', ...kind.columns, ...(kind.fixedColumns ?? [])];
      const values = [id, tenantId, ...kind.values(body), ...(kind.fixedValues?.(caller, body) ?? [])];
      await tx.run(`INSERT INTO ${kind.table} (${columns.join(', ')}) VALUES (?)`, [values]);
      await kind.writeParts?.(tx, tenantId, id, body);
      await record(tx, caller, id, 'CREATE', changedItems(null, body));
      await kind.changed?.(tx, deps, tenantId);
      const view = await findEntry(tx, kind, tenantId, id);
      await rememberAnswer(tx, deps, caller, { status: 201, body: view });
      return view;
    }),
    taken(kind),
  );
}

/** The whole of it anew; the same again changes nothing. */
export async function replaceEntry<Body extends object>(
  deps: Pick<WriteDeps, 'db' | 'ring'>,
  caller: Caller,
  kind: CatalogueKind<Body>,
  id: string,
  body: Body,
): Promise<EntryView<Body>> {
  authorise(caller, kind.writePermission);
  const { tenantId } = caller;
  return unlessTaken(
    deps.db.transact(async (tx) => {
      await lockTenant(tx, tenantId);
      const before = await findEntry(tx, kind, tenantId, id);
      await demandSound(tx, caller, kind, body, id);
      const items = changedItems(bodyOf(before), body);
      if (items.length === 0) return before;
      const assignments = kind.columns.map((column) => `${column} = ?`);
      await tx.run(`UPDATE ${kind.table} SET ${assignments.join(', ')}, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?`, [
        ...kind.values(body),
        ...[tenantId, id],
      ]);
      await kind.writeParts?.(tx, tenantId, id, body);
      await record(tx, caller, id, 'UPDATE', items);
      await kind.changed?.(tx, deps, tenantId);
      return findEntry(tx, kind, tenantId, id);
    }),
    taken(kind),
  );
}

export async function deleteEntry<Body extends object>(
  deps: Pick<WriteDeps, 'db' | 'ring'>,
  caller: Caller,
  kind: CatalogueKind<Body>,
  id: string,
): Promise<void> {
  authorise(caller, kind.writePermission);
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    await lockTenant(tx, tenantId);
    const before = await findEntry(tx, kind, tenantId, id);
    await kind.demandUnused?.(tx, caller, id);
    await kind.removeParts?.(tx, tenantId, id);
    await tx.run(`DELETE FROM ${kind.table} WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
    await record(tx, caller, id, 'REMOVE', changedItems(bodyOf(before), null));
    await kind.changed?.(tx, deps, tenantId);
  });
}

async function findEntry<Body extends object>(sql: Sql, kind: CatalogueKind<Body>, tenantId: string, id: string): Promise<EntryView<Body>> {
  const rows = await sql.rows<Row>(`${select(kind)} WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
  const [view] = await views(sql, kind, tenantId, rows);
  if (view === undefined) throw notFound(kind.title);
  return view;
}

function bodyOf(view: { id: string; createdAt: string; updatedAt: string }): object {
  const { id: _id, createdAt: _createdAt, updatedAt: _updatedAt, ...body } = view;
  return body;
}

/** Entries refer to each other: a tenant's are written one after the other. */
export async function lockTenant(tx: Tx, tenantId: string): Promise<void> {
  await tx.rows('SELECT id FROM tenants WHERE id = ? FOR UPDATE', [tenantId]);
}

async function demandSound<Body extends object>(tx: Tx, caller: Caller, kind: CatalogueKind<Body>, body: Body, id: string): Promise<void> {
  const problems = (await kind.problems?.(tx, caller, body, id)) ?? [];
  if (problems.length > 0) throw invalid(problems);
}

/** Writes what happened to an entry into its own history. */
export async function record(
  tx: Tx,
  caller: Caller,
  id: string,
  action: HistoryEvent['action'],
  items: readonly HistoryItem[],
  why: string | null = null,
): Promise<void> {
  const { tenantId } = caller;
  await writeHistory(tx, [{ tenantId, scopeId: id, entityType: 'config', entityId: id, action, actor: actorOf(caller), why, items }]);
}

const taken = ({ title }: Pick<CatalogueKind<object>, 'title'>) => ({
  field: '/name',
  message: `is taken: ${title.toLowerCase()} of this name exists`,
});
