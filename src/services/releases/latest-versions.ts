import type { Sql } from '../../db/client.ts';
import type { Platform, Target } from '../../domain/release/vocabulary.ts';
import type { LatestVersions } from '../../domain/versions/complete-versions.ts';
import type { VersionRule } from '../../domain/versions/scheme.ts';
import { compareVersions, isOfLine } from '../../domain/versions/versions.ts';

interface VersionRow {
  releaseId: string;
  type: string;
  baseReleaseId: string | null;
  platform: Platform;
  target: Target;
  version: string;
}

export interface VersionsOf {
  /** A tenant's other repositories number by themselves. */
  scmIntegrationId: string;
  rule: VersionRule;
  /** Of a hotfix: the release it fixes. Then only that one's line counts. */
  base: { id: string; baseReleaseId: string | null } | null;
}

/** More releases than anybody makes between two that must be compared. */
const LOOK_BACK = 500;

/**
 * The highest version per (platform, target) that went out, or is about to. Archived releases give their versions free. The line of a hotfix is
 * told by the versions; where their scheme knows no lines, by who fixes whom: its base, what the base itself fixes, and their other hotfixes.
 */
export async function latestVersions(sql: Sql, tenantId: string, { scmIntegrationId, rule, base }: VersionsOf): Promise<LatestVersions> {
  const rows = await sql.rows<VersionRow>(
    `SELECT r.id AS releaseId, r.type, r.base_release_id AS baseReleaseId, p.platform, p.target, p.version
     FROM releases r JOIN runs n ON n.id = r.run_id JOIN platform_releases p ON p.tenant_id = r.tenant_id AND p.release_id = r.id
     WHERE r.tenant_id = ? AND n.status <> 'CANCELLED' AND JSON_UNQUOTE(JSON_EXTRACT(r.config, '$.scmIntegrationId')) = ?
     ORDER BY r.id DESC LIMIT ${LOOK_BACK}`,
    [tenantId, scmIntegrationId],
  );
  if (base === null) return highest(rows, rule);
  const own = await sql.rows<VersionRow>(
    `SELECT release_id AS releaseId, '' AS type, NULL AS baseReleaseId, platform, target, version FROM platform_releases
     WHERE tenant_id = ? AND release_id = ?`,
    [tenantId, base.id],
  );
  const line = [base.id, base.baseReleaseId ?? base.id];
  const ofChain = (row: VersionRow) => row.type === 'HOTFIX' && row.baseReleaseId !== null && line.includes(row.baseReleaseId);
  const counts = (row: VersionRow) => {
    const fixed = own.find(({ platform, target }) => platform === row.platform && target === row.target);
    return (fixed === undefined ? null : isOfLine(rule, fixed.version, row.version)) ?? ofChain(row);
  };
  return highest([...own, ...rows.filter(counts)], rule);
}

function highest(rows: readonly VersionRow[], rule: VersionRule): LatestVersions {
  const latest: LatestVersions = {};
  for (const { platform, target, version } of rows) {
    const known = latest[`${platform}/${target}`];
    if (known === undefined || compareVersions(rule, version, known) > 0) latest[`${platform}/${target}`] = version;
  }
  return latest;
}
