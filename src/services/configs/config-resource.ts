import type { Sql, Tx } from '../../db/client.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { connectionTableNames } from '../connections/tables.ts';
import { invalid, notFound, type Problem } from '../service-error.ts';

/**
 * What a release uses of a connection: a workflow set, a tracker project, a test project, channels. The kinds differ in their fields only, so
 * one set of use cases serves all; each kind says what its rows look like.
 */
export interface ConfigKind<Body extends ConfigBody> {
  /** For messages: `The CI config`. */
  what: string;
  table: string;
  /** Of the connection it may hang on. */
  category: Category;
  /** The field of a release config that names it. */
  referenceField: 'ciConfigId' | 'projectManagementConfigId' | 'testManagementConfigId' | 'commsConfigId';
  /** What the schema alone cannot see: entries that exclude each other. */
  problems(body: Body): Problem[];
  /** Its own columns, besides id, tenant, connection, name and times. */
  columns(body: Body): Record<string, string | number>;
  /** Writes rows of other tables that belong to it, replacing what was there. */
  writeParts?(tx: Tx, tenantId: string, id: string, body: Body): Promise<void>;
  deleteParts?(tx: Tx, tenantId: string, id: string): Promise<void>;
  /** Bodies by id; `ids` are the tenant's. A bounded number of queries, however many there are. */
  bodies(sql: Sql, tenantId: string, ids: readonly string[]): Promise<Map<string, Omit<Body, 'name' | 'integrationId'>>>;
}

export interface ConfigBody {
  name: string;
  integrationId: string;
}

export type ConfigView<Body extends ConfigBody> = Body & { id: string; createdAt: string; updatedAt: string };

interface HeadRow {
  id: string;
  name: string;
  integrationId: string;
  createdAt: Date;
  updatedAt: Date;
}

const HEAD = 'id, name, integration_id AS integrationId, created_at AS createdAt, updated_at AS updatedAt';

export async function configViews<B extends ConfigBody>(
  sql: Sql,
  kind: ConfigKind<B>,
  tenantId: string,
  where: { id: string; lock?: 'FOR UPDATE' } | { after: string | null; limit: number },
): Promise<ConfigView<B>[]> {
  const heads =
    'id' in where
      ? await sql.rows<HeadRow>(`SELECT ${HEAD} FROM ${kind.table} WHERE tenant_id = ? AND id = ? ${where.lock ?? ''}`, [
          tenantId,
          where.id,
        ])
      : await sql.rows<HeadRow>(
          `SELECT ${HEAD} FROM ${kind.table} WHERE tenant_id = ? ${where.after === null ? '' : 'AND id < ?'} ORDER BY id DESC LIMIT ?`,
          where.after === null ? [tenantId, where.limit] : [tenantId, where.after, where.limit],
        );
  if (heads.length === 0) return [];
  const bodies = await kind.bodies(
    sql,
    tenantId,
    heads.map((head) => head.id),
  );
  return heads.map((head) => {
    const view = { ...head, ...bodies.get(head.id), createdAt: head.createdAt.toISOString(), updatedAt: head.updatedAt.toISOString() };
    // Head and body together are the whole of it: `bodies` answers for every id it is given.
    return view as unknown as ConfigView<B>;
  });
}

/** @throws ServiceError not-found */
export async function configView<B extends ConfigBody>(
  sql: Sql,
  kind: ConfigKind<B>,
  tenantId: string,
  id: string,
  lock?: 'FOR UPDATE',
): Promise<ConfigView<B>> {
  const [view] = await configViews(sql, kind, tenantId, lock === undefined ? { id } : { id, lock });
  if (view === undefined) throw notFound(kind.what);
  return view;
}

/** The connection must be the tenant's, of the right category and active; the share lock keeps it so until the commit. */
export async function demandConfig<B extends ConfigBody>(tx: Tx, kind: ConfigKind<B>, tenantId: string, body: B): Promise<void> {
  const found = await tx.rows(
    `SELECT id FROM ${connectionTableNames[kind.category]} WHERE tenant_id = ? AND id = ? AND is_active = 1 LOCK IN SHARE MODE`,
    [tenantId, body.integrationId],
  );
  const problems = kind.problems(body);
  if (found.length === 0)
    problems.unshift({ field: '/integrationId', message: `is no active ${kind.category} integration of this tenant` });
  if (problems.length > 0) throw invalid(problems);
}

/** A problem for each entry that repeats an earlier one. */
export function repeated<T>(field: string, items: readonly T[], keyOf: (item: T) => string, describe: (item: T) => string): Problem[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ field: `${field}/${index}`, message: `${describe(item)} is there already` }];
  });
}
