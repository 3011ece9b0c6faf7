import type { Database } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { FrozenConfig } from '../../domain/release/config.ts';
import { readFrozenConfig } from '../../domain/release/read-config.ts';
import type { Platform, Target } from '../../domain/release/vocabulary.ts';
import { ServiceError } from '../service-error.ts';

export interface ReleasePlatform {
  id: string;
  platform: Platform;
  target: Target;
  version: string;
  ticketKey: string | null;
  ticketUrl: string | null;
  testRunId: string | null;
  testRunUrl: string | null;
}

export interface ReleaseCycle {
  id: string;
  number: number;
  status: string;
  rcTag: string | null;
  rcCommit: string | null;
}

/** A release as its task handlers see it, with the config it was created with. */
export interface ReleaseContext {
  id: string;
  tenantId: string;
  displayId: string;
  configId: string;
  type: string;
  branch: string;
  baseBranch: string;
  /** Where notes begin: the base release's tag, else the base tag, else the tag of the latest completed release of the same config. */
  baseTag: string | null;
  forkCommit: string | null;
  releaseTag: string | null;
  description: string | null;
  kickOffDate: Date;
  targetReleaseDate: Date;
  createdByAccountId: string;
  config: FrozenConfig;
  platforms: ReleasePlatform[];
  /** Oldest first. */
  cycles: ReleaseCycle[];
}

export interface ReleaseSource {
  /** @throws ServiceError not-found */
  load(releaseId: string): Promise<ReleaseContext>;
}

interface ReleaseRow extends Omit<ReleaseContext, 'config' | 'platforms' | 'cycles' | 'displayId' | 'baseTag'> {
  displayNumber: number;
  baseReleaseId: string | null;
  baseTag: string | null;
  config: unknown;
}

export function createReleaseSource(db: Database): ReleaseSource {
  return {
    async load(releaseId) {
      const [row] = await db.rows<ReleaseRow>(
        `SELECT id, tenant_id AS tenantId, display_number AS displayNumber, config_id AS configId, type, branch, base_branch AS baseBranch,
                base_release_id AS baseReleaseId, base_tag AS baseTag, fork_commit AS forkCommit, release_tag AS releaseTag, description,
                kick_off_date AS kickOffDate, target_release_date AS targetReleaseDate, created_by_account_id AS createdByAccountId, config
         FROM releases WHERE id = ?`,
        [releaseId],
      );
      if (row === undefined) throw new ServiceError('not-found', `The release ${releaseId} does not exist.`);
      const [platforms, cycles, baseTag] = await Promise.all([
        db.rows<ReleasePlatform>(
          `SELECT id, platform, target, version, ticket_key AS ticketKey, ticket_url AS ticketUrl, test_run_id AS testRunId,
                  test_run_url AS testRunUrl
           FROM platform_releases WHERE tenant_id = ? AND release_id = ? ORDER BY platform, target`,
          [row.tenantId, releaseId],
        ),
        db.rows<ReleaseCycle>(
          `SELECT id, number, status, rc_tag AS rcTag, rc_commit AS rcCommit FROM regression_cycles
           WHERE tenant_id = ? AND release_id = ? ORDER BY number`,
          [row.tenantId, releaseId],
        ),
        findBaseTag(row),
      ]);
      const { displayNumber, baseReleaseId: _baseReleaseId, ...release } = row;
      return { ...release, displayId: `REL-${displayNumber}`, config: readFrozenConfig(parseJson(row.config)), platforms, cycles, baseTag };
    },
  };

  async function findBaseTag(row: ReleaseRow): Promise<string | null> {
    if (row.baseReleaseId === null && row.baseTag !== null) return row.baseTag;
    const [base] =
      row.baseReleaseId === null
        ? await db.rows<{ releaseTag: string | null }>(
            `SELECT b.release_tag AS releaseTag FROM releases b JOIN runs r ON r.id = b.run_id
             WHERE b.tenant_id = ? AND b.config_id = ? AND b.id < ? AND b.release_tag IS NOT NULL AND r.status = 'COMPLETED'
             ORDER BY b.id DESC LIMIT 1`,
            [row.tenantId, row.configId, row.id],
          )
        : await db.rows<{ releaseTag: string | null }>('SELECT release_tag AS releaseTag FROM releases WHERE tenant_id = ? AND id = ?', [
            row.tenantId,
            row.baseReleaseId,
          ]);
    return base?.releaseTag ?? null;
  }
}
