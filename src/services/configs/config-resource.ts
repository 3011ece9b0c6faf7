import type { Sql, Tx } from '../../db/client.ts';
import type { Provider } from '../../integrations/kit/define-provider.ts';
import { findProvider } from '../../integrations/registry.ts';
import type { ReleaseCategory } from '../connections/references.ts';
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
  category: ReleaseCategory;
  /** What the schema alone cannot see: entries that exclude each other. @param provider of the connection; null = it is not installed */
  problems(body: Body, provider: Provider | null): Problem[];
  /** Fields that must stay as they are while release configs or releases that name it rely on them. */
  fixedInUse?: readonly (keyof Body & string)[];
  /** Its own columns, besides id, tenant, connection, name and times; `values` are theirs, in the same order. */
  columns: readonly string[];
  values(body: Body): (string | number | null)[];
  /** Whether a release gets a copy of the row; a store config is written out in the config of the release itself. */
  isCopied: boolean;
  /** Writes rows of other tables that belong to it, replacing what was there. */
  writeParts?(tx: Tx, tenantId: string, id: string, body: Omit<Body, 'name' | 'integrationId'>): Promise<void>;
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

/** SQL: leaves out the copies of releases, which are nobody's to list, read, change or name. */
export const peoplesOwn = ({ isCopied }: Pick<ConfigKind<ConfigBody>, 'isCopied'>, alias = '') =>
  isCopied ? `AND ${alias}frozen_for_release_id IS NULL` : '';

export async function configViews<B extends ConfigBody>(
  sql: Sql,
  kind: ConfigKind<B>,
  tenantId: string,
  where: { id: string; lock?: 'FOR UPDATE' } | { after: string | null; limit: number },
): Promise<ConfigView<B>[]> {
  const own = `SELECT ${HEAD} FROM ${kind.table} WHERE tenant_id = ? ${peoplesOwn(kind)}`;
  const heads =
    'id' in where
      ? await sql.rows<HeadRow>(`${own} AND id = ? ${where.lock ?? ''}`, [tenantId, where.id])
      : await sql.rows<HeadRow>(
          `${own} ${where.after === null ? '' : 'AND id < ?'} ORDER BY id DESC LIMIT ?`,
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

/** What they say, by id: a release's copies and people's own alike. Two queries, however many there are. */
export async function configContents<B extends ConfigBody>(
  sql: Sql,
  kind: ConfigKind<B>,
  tenantId: string,
  ids: readonly string[],
): Promise<Map<string, B>> {
  if (ids.length === 0) return new Map();
  const heads = await sql.rows<Pick<HeadRow, 'id' | 'name' | 'integrationId'>>(
    `SELECT id, name, integration_id AS integrationId FROM ${kind.table} WHERE tenant_id = ? AND id IN (?)`,
    [tenantId, ids],
  );
  const bodies = await kind.bodies(sql, tenantId, ids);
  // Head and body together are the whole of it, as in `configViews`.
  return new Map(heads.map(({ id, ...head }) => [id, { ...head, ...bodies.get(id) } as unknown as B]));
}

/** The connection must be the tenant's, of the right category and active; the share lock keeps it so until the commit. */
export async function demandConfig<B extends ConfigBody>(tx: Tx, kind: ConfigKind<B>, tenantId: string, body: B): Promise<void> {
  const problems = await configProblems(tx, kind, tenantId, body);
  if (problems.length > 0) throw invalid(problems);
}

/** Every one, as `demandConfig` refuses them. */
export async function configProblems<B extends ConfigBody>(tx: Tx, kind: ConfigKind<B>, tenantId: string, body: B): Promise<Problem[]> {
  const [found] = await tx.rows<{ provider: string }>(
    `SELECT provider FROM ${connectionTableNames[kind.category]} WHERE tenant_id = ? AND id = ? AND is_active = 1 LOCK IN SHARE MODE`,
    [tenantId, body.integrationId],
  );
  const problems = kind.problems(body, found === undefined ? null : findProvider(found.provider));
  if (found === undefined)
    problems.unshift({ field: '/integrationId', message: `is no active ${kind.category} integration of this tenant` });
  return problems;
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
