import type { Sql } from '../../db/client.ts';
import type { Platform, Target } from '../../domain/release/vocabulary.ts';
import type { PlatformView } from './release-view.ts';

interface PlatformRow {
  releaseId: string;
  platform: Platform;
  target: Target;
  version: string;
  ticketKey: string | null;
  ticketUrl: string | null;
  testRunId: string | null;
  testRunUrl: string | null;
}

/** Versions and links of many releases in one query. */
export async function platformsOf(
  sql: Pick<Sql, 'rows'>,
  tenantId: string,
  releaseIds: readonly string[],
): Promise<ReadonlyMap<string, PlatformView[]>> {
  const byRelease = new Map<string, PlatformView[]>();
  if (releaseIds.length === 0) return byRelease;
  const rows = await sql.rows<PlatformRow>(
    `SELECT release_id AS releaseId, platform, target, version, ticket_key AS ticketKey, ticket_url AS ticketUrl, test_run_id AS testRunId,
            test_run_url AS testRunUrl
     FROM platform_releases WHERE tenant_id = ? AND release_id IN (?) ORDER BY platform, target`,
    [tenantId, releaseIds],
  );
  for (const row of rows) {
    const views = byRelease.get(row.releaseId) ?? [];
    views.push({
      platform: row.platform,
      target: row.target,
      version: row.version,
      ticket: row.ticketKey === null ? null : { key: row.ticketKey, url: row.ticketUrl },
      testRun: row.testRunId === null ? null : { id: row.testRunId, url: row.testRunUrl },
    });
    byRelease.set(row.releaseId, views);
  }
  return byRelease;
}
