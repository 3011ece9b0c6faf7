import type { Sql } from '../../db/client.ts';
import type { NewReleaseContext } from '../../domain/release/create-release.ts';
import { compareVersions, type VersionScheme } from '../../domain/release/versions.ts';
import type { Platform, Target } from '../../domain/release/vocabulary.ts';

interface VersionRow {
  platform: Platform;
  target: Target;
  version: string;
}

/** More releases than anybody makes between two that must be compared. */
const LOOK_BACK = 500;

/**
 * The highest version per (platform, target) that went out, or is about to, from the same repository: a tenant's other apps number by
 * themselves. Archived releases give their versions free.
 */
export async function latestVersions(
  sql: Sql,
  tenantId: string,
  of: { scmIntegrationId: string; scheme: VersionScheme },
): Promise<NewReleaseContext['latestVersions']> {
  const rows = await sql.rows<VersionRow>(
    `SELECT p.platform, p.target, p.version
     FROM releases r JOIN runs n ON n.id = r.run_id JOIN platform_releases p ON p.tenant_id = r.tenant_id AND p.release_id = r.id
     WHERE r.tenant_id = ? AND n.status <> 'CANCELLED' AND JSON_UNQUOTE(JSON_EXTRACT(r.config, '$.scmIntegrationId')) = ?
     ORDER BY r.id DESC LIMIT ${LOOK_BACK}`,
    [tenantId, of.scmIntegrationId],
  );
  return highest(rows, of.scheme);
}

/** The same for the line a hotfix belongs to: its base, what the base itself fixes, and their other hotfixes. */
export async function latestVersionsOfLine(
  sql: Sql,
  tenantId: string,
  base: { id: string; baseReleaseId: string | null },
  scheme: VersionScheme,
): Promise<NewReleaseContext['latestVersions']> {
  const line = [base.id, base.baseReleaseId ?? base.id];
  const rows = await sql.rows<VersionRow>(
    `SELECT p.platform, p.target, p.version
     FROM releases r JOIN runs n ON n.id = r.run_id JOIN platform_releases p ON p.tenant_id = r.tenant_id AND p.release_id = r.id
     WHERE r.tenant_id = ? AND n.status <> 'CANCELLED' AND (r.id = ? OR (r.type = 'HOTFIX' AND r.base_release_id IN (?)))`,
    [tenantId, base.id, line],
  );
  return highest(rows, scheme);
}

function highest(rows: readonly VersionRow[], scheme: VersionScheme): NewReleaseContext['latestVersions'] {
  const latest: NewReleaseContext['latestVersions'] = {};
  for (const { platform, target, version } of rows) {
    const known = latest[`${platform}/${target}`];
    if (known === undefined || compareVersions(scheme, version, known) > 0) latest[`${platform}/${target}`] = version;
  }
  return latest;
}
