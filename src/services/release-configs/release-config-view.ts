import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { ReleaseConfigBody } from '../../domain/release/config.ts';
import { readConfigBody } from '../../domain/release/read-config.ts';
import { notFound, type Problem } from '../service-error.ts';

export type ReleaseConfigInput = ReleaseConfigBody & {
  name: string;
  /** Absent: it stays what it was. */
  isDefault?: boolean | undefined;
};

export interface ReleaseConfigView extends ReleaseConfigInput {
  id: string;
  /** A deactivated config starts no release any more. */
  isActive: boolean;
  /** Releases of its type that name no config take it. */
  isDefault: boolean;
  createdByAccountId: string;
  createdAt: string;
  updatedAt: string;
}

/** With what the person who wrote it should know. */
export interface WrittenReleaseConfig extends ReleaseConfigView {
  warnings: Problem[];
}

interface Row {
  id: string;
  name: string;
  isActive: number;
  defaultFor: string | null;
  body: unknown;
  createdByAccountId: string;
  createdAt: Date;
  updatedAt: Date;
}

const SELECT = `SELECT id, name, is_active AS isActive, default_for AS defaultFor, body, created_by_account_id AS createdByAccountId, created_at AS createdAt,
  updated_at AS updatedAt FROM release_configs`;

function view(row: Row): ReleaseConfigView {
  return {
    ...readConfigBody(parseJson(row.body)),
    id: row.id,
    name: row.name,
    isActive: Boolean(row.isActive),
    isDefault: row.defaultFor !== null,
    createdByAccountId: row.createdByAccountId,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** @throws ServiceError not-found */
export async function releaseConfigView(sql: Sql, tenantId: string, id: string, lock: '' | 'FOR UPDATE' = ''): Promise<ReleaseConfigView> {
  const [row] = await sql.rows<Row>(`${SELECT} WHERE tenant_id = ? AND id = ? ${lock}`, [tenantId, id]);
  if (row === undefined) throw notFound('The release config');
  return view(row);
}

/** Newest first; deactivated ones only when asked for. */
export async function releaseConfigViews(
  sql: Sql,
  tenantId: string,
  { after, limit, includeInactive }: { after: string | null; limit: number; includeInactive: boolean },
): Promise<ReleaseConfigView[]> {
  const rows = await sql.rows<Row>(
    `${SELECT} WHERE tenant_id = ? ${includeInactive ? '' : 'AND is_active = 1'} ${after === null ? '' : 'AND id < ?'} ORDER BY id DESC LIMIT ?`,
    after === null ? [tenantId, limit] : [tenantId, after, limit],
  );
  return rows.map(view);
}
