import type { Sql } from '../../db/client.ts';
import type { ChangeKind } from '../../domain/notes/shipped-changes.ts';
import { releaseStatus } from '../../domain/release/status.ts';
import type { Platform, ReleaseStatus, Target } from '../../domain/release/vocabulary.ts';
import type { RunStatus } from '../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../page.ts';
import { invalid } from '../service-error.ts';
import { isoOrNull } from './instant.ts';
import { displayIdOf } from './release-row.ts';

/** A release that has what was asked for. */
export interface ShippedView {
  releaseId: string;
  displayId: string;
  status: ReleaseStatus;
  /** The first that was found, in full; of a few characters of a commit there may be more. */
  key: string;
  matches: number;
  /** The first candidate that had it; null = only the final notes tell of it. */
  firstCandidate: { cycle: number; tag: string | null; at: string } | null;
  /** The final one, once there is one. */
  tag: string | null;
  releaseDate: string | null;
  targets: ShippedTarget[];
}

interface ShippedTarget {
  platform: Platform;
  target: Target;
  version: string;
  /** When everybody had it; null = not yet. */
  liveAt: string | null;
}

interface Row {
  id: string;
  displayNumber: number;
  runStatus: RunStatus;
  held: number;
  archivedAt: Date | null;
  submittedAt: Date | null;
  changeKey: string;
  matches: number;
  cycle: number | null;
  candidate: string | null;
  startedAt: Date | null;
  tag: string | null;
  releaseDate: Date | null;
}

/** Which releases have a commit, a pull request or a ticket, newest first. In two queries. @param asked exactly one; of a commit its beginning is enough @throws ServiceError invalid */
export async function findShipped(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  asked: readonly { kind: ChangeKind; key: string }[],
  page: PageRequest,
): Promise<Page<ShippedView>> {
  authorise(caller, 'release:read');
  const [what] = asked;
  if (what === undefined || asked.length > 1)
    throw invalid([{ field: '?', message: 'name exactly one of commit, pullRequest and ticket' }]);
  const { kind, key } = what;
  const { tenantId } = caller;
  const after = afterId(page);
  const rows = await deps.db.rows<Row>(
    `SELECT r.id, r.display_number AS displayNumber, n.status AS runStatus, n.held, r.archived_at AS archivedAt, r.submitted_at AS submittedAt,
            f.change_key AS changeKey, f.matches, y.number AS cycle, y.rc_tag AS candidate, y.started_at AS startedAt, r.release_tag AS tag,
            r.release_date AS releaseDate
     FROM (
       SELECT release_id, MIN(change_key) AS change_key, COUNT(*) AS matches, MIN(NULLIF(first_cycle, 0)) AS of_cycle FROM release_changes
       WHERE tenant_id = ? AND kind = ? AND ${kind === 'commit' ? 'change_key >= ? AND change_key < ?' : 'change_key = ?'}
         ${after === null ? '' : 'AND release_id < ?'} GROUP BY release_id ORDER BY release_id DESC LIMIT ?
     ) f JOIN releases r ON r.id = f.release_id AND r.tenant_id = ? JOIN runs n ON n.id = r.run_id
     LEFT JOIN regression_cycles y ON y.tenant_id = r.tenant_id AND y.release_id = r.id AND y.number = f.of_cycle ORDER BY r.id DESC`,
    [
      ...[tenantId, kind, ...(kind === 'commit' ? [key, `${key}${BEHIND_HEX}`] : [key])],
      ...[...(after === null ? [] : [after]), page.limit + 1, tenantId],
    ],
  );
  const targets = await targetsOf(
    deps.db,
    tenantId,
    rows.slice(0, page.limit).map(({ id }) => id),
  );
  return pageOf(rows, page.limit, (row) => {
    const status = releaseStatus({ status: row.runStatus, held: row.held === 1 }, row);
    return {
      ...{ releaseId: row.id, displayId: displayIdOf(row.displayNumber), status, key: row.changeKey, matches: Number(row.matches) },
      firstCandidate: row.cycle === null ? null : { cycle: row.cycle, tag: row.candidate, at: isoOrNull(row.startedAt) ?? '' },
      ...{ tag: row.tag, releaseDate: isoOrNull(row.releaseDate) },
      targets: (targets.get(row.id) ?? []).map(({ rolledOutAt, hasStore, ...target }) => ({
        ...target,
        // Where no store is watched, a release is live when it is done.
        liveAt: isoOrNull(hasStore === 1 ? rolledOutAt : row.runStatus === 'COMPLETED' ? row.releaseDate : null),
      })),
    };
  });
}

/** Sorts behind every digit of a commit. */
const BEHIND_HEX = 'g';

interface TargetRow extends Omit<ShippedTarget, 'liveAt'> {
  rolledOutAt: Date | null;
  hasStore: number;
}

async function targetsOf(sql: Sql, tenantId: string, releaseIds: readonly string[]): Promise<ReadonlyMap<string, TargetRow[]>> {
  const byRelease = new Map<string, TargetRow[]>();
  if (releaseIds.length === 0) return byRelease;
  const rows = await sql.rows<TargetRow & { releaseId: string }>(
    `SELECT p.release_id AS releaseId, p.platform, p.target, p.version, o.id IS NOT NULL AS hasStore,
            CASE WHEN o.status = 'COMPLETED' THEN COALESCE(t.finished_at, o.updated_at) END AS rolledOutAt
     FROM platform_releases p LEFT JOIN rollouts o ON o.tenant_id = p.tenant_id AND o.release_id = p.release_id AND o.target = p.target
     LEFT JOIN tasks t ON t.id = o.task_id WHERE p.tenant_id = ? AND p.release_id IN (?) ORDER BY p.release_id, p.id`,
    [tenantId, releaseIds],
  );
  for (const { releaseId, ...target } of rows) {
    const targets = byRelease.get(releaseId) ?? [];
    targets.push(target);
    byRelease.set(releaseId, targets);
  }
  return byRelease;
}
