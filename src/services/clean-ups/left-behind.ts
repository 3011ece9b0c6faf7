import type { Sql } from '../../db/client.ts';
import type { Platform, StoreTarget } from '../../domain/release/vocabulary.ts';
import { groupBy } from '../releases/group-by.ts';

/** What a release that was called off has outside; what was cleaned up is not there any more. */
export interface LeftBehind {
  branch: string | null;
  tags: string[];
  tickets: { key: string; url: string | null }[];
  testRuns: { id: string; url: string | null }[];
  /** Builds whose runs have not ended. */
  builds: { id: string; platform: Platform; url: string | null }[];
  /** Files that are kept here. */
  artifacts: { buildId: string; platform: Platform; name: string; size: number | null }[];
  /** Versions that lie in a store. */
  stores: { target: StoreTarget; version: string; status: string; url: string | null }[];
}

interface Branch {
  id: string;
  branch: string;
  forkCommit: string | null;
  releaseTag: string | null;
}

interface PlatformRow {
  releaseId: string;
  ticketKey: string | null;
  ticketUrl: string | null;
  testRunId: string | null;
  testRunUrl: string | null;
}

interface BuildRow {
  releaseId: string;
  id: string;
  platform: Platform;
  url: string | null;
  isRunning: number;
  artifactKey: string | null;
  artifactName: string | null;
  artifactSize: number | null;
}

type StoreRow = { releaseId: string } & LeftBehind['stores'][number];
type DoneRow = { releaseId: string; kind: string; subject: string };

/** By release; five queries for any number of them. */
export async function leftBehindOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releases: readonly Branch[],
): Promise<ReadonlyMap<string, LeftBehind>> {
  if (releases.length === 0) return new Map();
  const of = [tenantId, releases.map(({ id }) => id)];
  const [platforms, cycles, builds, stores, done] = await Promise.all([
    sql.rows<PlatformRow>(
      `SELECT release_id AS releaseId, ticket_key AS ticketKey, ticket_url AS ticketUrl, test_run_id AS testRunId, test_run_url AS testRunUrl
       FROM platform_releases WHERE tenant_id = ? AND release_id IN (?) ORDER BY platform, target`,
      of,
    ),
    sql.rows<{ releaseId: string; rcTag: string }>(
      `SELECT release_id AS releaseId, rc_tag AS rcTag FROM regression_cycles
       WHERE tenant_id = ? AND release_id IN (?) AND rc_tag IS NOT NULL ORDER BY number`,
      of,
    ),
    sql.rows<BuildRow>(
      `SELECT r.release_id AS releaseId, b.id, b.platform, b.url, b.dispatched_at IS NOT NULL AND b.ended_at IS NULL AS isRunning,
              b.artifact_key AS artifactKey, b.artifact_name AS artifactName, b.artifact_size AS artifactSize
       FROM release_builds r JOIN builds b ON b.id = r.build_id
       WHERE r.tenant_id = ? AND r.release_id IN (?) AND (b.artifact_key IS NOT NULL OR (b.dispatched_at IS NOT NULL AND b.ended_at IS NULL))
       ORDER BY b.id`,
      of,
    ),
    sql.rows<StoreRow>(
      `SELECT s.release_id AS releaseId, s.target, p.version, COALESCE(o.status, s.status) AS status, s.url
       FROM store_submissions s JOIN platform_releases p ON p.id = s.platform_release_id
            LEFT JOIN rollouts o ON o.tenant_id = s.tenant_id AND o.release_id = s.release_id AND o.target = s.target
       WHERE s.tenant_id = ? AND s.release_id IN (?)
         AND NOT EXISTS (SELECT 1 FROM store_submissions n WHERE n.tenant_id = s.tenant_id AND n.release_id = s.release_id
                           AND n.target = s.target AND n.ordinal > s.ordinal)
       ORDER BY s.target`,
      of,
    ),
    sql.rows<DoneRow>(
      `SELECT scope_id AS releaseId, kind, subject FROM clean_ups WHERE tenant_id = ? AND scope_id IN (?) AND state = 'DONE'`,
      of,
    ),
  ]);
  const maps = {
    platforms: groupBy(platforms, (row) => row.releaseId),
    cycles: groupBy(cycles, (row) => row.releaseId),
    builds: groupBy(builds, (row) => row.releaseId),
    stores: groupBy(stores, (row) => row.releaseId),
    done: groupBy(done, (row) => row.releaseId),
  };
  return new Map(
    releases.map((release) => [
      release.id,
      compose(release, {
        platforms: maps.platforms.get(release.id) ?? [],
        tags: (maps.cycles.get(release.id) ?? []).map(({ rcTag }) => rcTag),
        builds: maps.builds.get(release.id) ?? [],
        stores: maps.stores.get(release.id) ?? [],
        done: maps.done.get(release.id) ?? [],
      }),
    ]),
  );
}

interface Rows {
  platforms: PlatformRow[];
  tags: string[];
  builds: BuildRow[];
  stores: StoreRow[];
  done: DoneRow[];
}

function compose(release: Branch, { platforms, tags, builds, stores, done }: Rows): LeftBehind {
  const gone = new Set(done.map(({ kind, subject }) => `${kind} ${subject}`));
  const isThere = (kind: string, subject: string) => !gone.has(`${kind} ${subject}`);
  const { branch, forkCommit, releaseTag } = release;
  return {
    branch: forkCommit !== null && isThere('BRANCH', branch) ? branch : null,
    tags: [...tags, ...(releaseTag === null ? [] : [releaseTag])].filter((tag) => isThere('TAG', tag)),
    tickets: platforms.flatMap(({ ticketKey, ticketUrl }) => (ticketKey === null ? [] : [{ key: ticketKey, url: ticketUrl }])),
    testRuns: platforms.flatMap(({ testRunId, testRunUrl }) => (testRunId === null ? [] : [{ id: testRunId, url: testRunUrl }])),
    builds: builds
      .filter(({ id, isRunning }) => Number(isRunning) === 1 && isThere('CI_RUN', id))
      .map(({ id, platform, url }) => ({ id, platform, url })),
    artifacts: builds.flatMap(({ id, platform, artifactKey, artifactName, artifactSize }) =>
      artifactKey === null ? [] : [{ buildId: id, platform, name: artifactName ?? artifactKey, size: artifactSize }],
    ),
    stores: stores.map(({ releaseId: _, ...store }) => store),
  };
}
