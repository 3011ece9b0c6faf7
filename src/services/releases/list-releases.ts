import type { Sql } from '../../db/client.ts';
import { gather } from '../../db/gather.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { Platform, ReleasePhase, ReleaseStatus, ReleaseType } from '../../domain/release/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';
import { createBatch } from '../../engine/batch.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { turnsOf } from './blocked-by.ts';
import { groupBy } from './group-by.ts';
import { iso, isoOrNull } from './instant.ts';
import { platformsOf } from './platform-view.ts';
import { displayIdOf } from './release-row.ts';
import type { PlatformView, ReleaseName, ReleaseSummary } from './release-view.ts';

export interface ReleaseFilter {
  status?: ReleaseStatus | undefined;
  phase?: ReleasePhase | undefined;
  type?: ReleaseType | undefined;
  platform?: Platform | undefined;
  /** Part of a branch name or of a version. */
  text?: string | undefined;
}

interface SummaryRow {
  /** Which of the pages asked for it is of. */
  page: number;
  id: string;
  displayNumber: number;
  type: ReleaseType;
  branch: string;
  releaseTag: string | null;
  kickOffDate: Date;
  /** Whether the kickoff has come, by the database's clock. */
  isDue: number;
  targetReleaseDate: Date;
  releaseDate: Date | null;
  archivedAt: Date | null;
  submittedAt: Date | null;
  createdAt: Date;
  runStatus: RunStatus;
  held: number;
}

/** Newest first; two round trips, whatever the page holds. */
export async function listReleases(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  filter: ReleaseFilter,
  page: PageRequest,
): Promise<Page<ReleaseSummary>> {
  authorise(caller, 'release:read');
  const [found] = await readPages(deps.db, [pageQuery(caller, filter, page)]);
  return found ?? { items: [], nextCursor: null };
}

/**
 * `listReleases` for a process that answers many at once: pages without a filter, each of which takes the database the same short time, are
 * read together with what else was asked for while a reading was under way. A filter may look at every release there is: nobody waits for it.
 */
export function createReleaseLister(
  deps: Pick<ServiceDeps, 'db'>,
): (caller: Caller, filter: ReleaseFilter, page: PageRequest) => Promise<Page<ReleaseSummary>> {
  const read = createBatch<PageQuery, Page<ReleaseSummary>>({
    maxSize: 20,
    maxConcurrent: 2,
    flush: (queries) => readPages(deps.db, queries),
  });
  return async (caller, filter, page) => {
    if (Object.values(filter).some((value) => value !== undefined)) return listReleases(deps, caller, filter, page);
    authorise(caller, 'release:read');
    return read(pageQuery(caller, filter, page));
  };
}

/** A page as it is asked for; `where` narrows beyond the tenant. */
interface PageQuery {
  tenantId: string;
  limit: number;
  where: { text: string; values: string[] };
}

const pageQuery = (caller: Caller, filter: ReleaseFilter, page: PageRequest): PageQuery => ({
  tenantId: caller.tenantId,
  limit: page.limit,
  where: whereOf(filter, afterId(page)),
});

/** Pages of any tenants: one query for the releases, and per tenant one for their versions and one for what live ones wait for, together. */
async function readPages(sql: Sql, queries: readonly PageQuery[]): Promise<Page<ReleaseSummary>[]> {
  const rows = await sql.rows<SummaryRow>(
    queries.map(selectPage).join(' UNION ALL '),
    queries.flatMap(({ tenantId, where, limit }) => [tenantId, ...where.values, limit + 1]),
  );
  const byPage = groupBy(rows, (row) => Number(row.page));
  const pages = queries.map((query, index) => ({ query, rows: (byPage.get(index) ?? []).sort(newestFirst) }));
  const parts = new Map(
    await Promise.all(
      [...groupBy(pages, ({ query }) => query.tenantId)].map(async ([tenantId, of]) => {
        const shown = new Map(of.flatMap(({ query, rows: found }) => found.slice(0, query.limit).map((row) => [row.id, row])));
        const together = gather(sql);
        const [versions, turns] = await Promise.all([
          platformsOf(together, tenantId, [...shown.keys()]),
          turnsOf(together, tenantId, [...shown.values()]),
        ]);
        return [tenantId, { versions, turns }] as const;
      }),
    ),
  );
  return pages.map(({ query, rows: found }) =>
    pageOf(found, query.limit, (row) => {
      const { versions, turns } = parts.get(query.tenantId) ?? {};
      return summaryOf(row, versions?.get(row.id) ?? [], turns?.get(row.id) ?? []);
    }),
  );
}

/** The index is named because MariaDB may read a tenant's releases from the newest on until it meets the cursor. */
const selectPage = ({ where }: PageQuery, index: number) =>
  `(SELECT ${index} AS page, r.id, r.display_number AS displayNumber, r.type, r.branch, r.release_tag AS releaseTag,
           r.kick_off_date AS kickOffDate, r.kick_off_date <= UTC_TIMESTAMP(3) AS isDue, r.target_release_date AS targetReleaseDate, r.release_date AS releaseDate,
           r.archived_at AS archivedAt, r.submitted_at AS submittedAt, r.created_at AS createdAt, n.status AS runStatus, n.held
    FROM releases r FORCE INDEX (releases_tenant) JOIN runs n ON n.id = r.run_id
    WHERE r.tenant_id = ?${where.text} ORDER BY r.id DESC LIMIT ?)`;

/** A union promises no order; ids are ASCII. */
const newestFirst = (a: SummaryRow, b: SummaryRow) => (a.id < b.id ? 1 : -1);

const summaryOf = (row: SummaryRow, platforms: PlatformView[], turns: ReleaseName[]): ReleaseSummary => ({
  id: row.id,
  displayId: displayIdOf(row.displayNumber),
  type: row.type,
  status: releaseStatus({ status: row.runStatus, held: row.held === 1 }, { archivedAt: row.archivedAt, submittedAt: row.submittedAt }),
  branch: row.branch,
  releaseTag: row.releaseTag,
  kickOffDate: iso(row.kickOffDate),
  targetReleaseDate: iso(row.targetReleaseDate),
  releaseDate: isoOrNull(row.releaseDate),
  createdAt: iso(row.createdAt),
  blockedBy: turns,
  platforms,
});

/** The computed status, told in columns: the inverse of `releaseStatus`, which a test holds it to. */
const statusSql: Record<ReleaseStatus, string> = {
  PENDING: `n.status = 'PENDING'`,
  IN_PROGRESS: `n.status = 'IN_PROGRESS' AND n.held = 0 AND r.submitted_at IS NULL`,
  PAUSED: `n.status = 'IN_PROGRESS' AND n.held = 1`,
  SUBMITTED: `n.status = 'IN_PROGRESS' AND n.held = 0 AND r.submitted_at IS NOT NULL`,
  COMPLETED: `n.status = 'COMPLETED'`,
  ARCHIVED: `n.status = 'CANCELLED'`,
};

const phaseSql: Record<ReleasePhase, string> = {
  upcoming: `n.status = 'PENDING' AND r.type <> 'HOTFIX'`,
  ongoing: `n.status = 'IN_PROGRESS' AND r.type <> 'HOTFIX'`,
  hotfix: `n.status IN ('PENDING', 'IN_PROGRESS') AND r.type = 'HOTFIX'`,
  ended: `n.status IN ('COMPLETED', 'CANCELLED')`,
};

function whereOf(filter: ReleaseFilter, after: string | null): { text: string; values: string[] } {
  const conditions: string[] = [];
  const values: string[] = [];
  const existsPlatform = (condition: string) =>
    `EXISTS (SELECT 1 FROM platform_releases p WHERE p.tenant_id = r.tenant_id AND p.release_id = r.id AND ${condition})`;
  if (after !== null) {
    conditions.push('r.id < ?');
    values.push(after);
  }
  if (filter.status !== undefined) conditions.push(statusSql[filter.status]);
  if (filter.phase !== undefined) conditions.push(phaseSql[filter.phase]);
  if (filter.type !== undefined) {
    conditions.push('r.type = ?');
    values.push(filter.type);
  }
  if (filter.platform !== undefined) {
    conditions.push(existsPlatform('p.platform = ?'));
    values.push(filter.platform);
  }
  if (filter.text !== undefined && filter.text !== '') {
    const pattern = `%${filter.text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
    conditions.push(`(LOWER(r.branch) LIKE ? OR ${existsPlatform('LOWER(p.version) LIKE ?')})`);
    values.push(pattern, pattern);
  }
  return { text: conditions.map((condition) => ` AND ${condition}`).join(''), values };
}
