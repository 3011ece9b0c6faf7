import type { Tx } from '../../../db/client.ts';
import { type HistoryItem, writeHistory } from '../../../engine/history.ts';
import { hurry } from '../../../engine/signal.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { rememberAnswer } from '../../idempotency.ts';
import { conflict, invalid, notFound } from '../../service-error.ts';
import { findUpload, type UploadRow } from '../../uploads/upload-row.ts';
import { type LockedRelease, lockRelease } from '../release-row.ts';
import { hasEnded } from './cancel-build.ts';
import { type FoundBuild, findBuild } from './find-build.ts';
import type { ReleaseBuildView } from './list-builds.ts';
import { type NamedArtifact, nameArtifact, shownAddress } from './name-artifact.ts';
import { followerOf } from './rerun-build.ts';

export const reportedStatuses = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;

export interface BuildReport {
  status?: (typeof reportedStatuses)[number] | undefined;
  /** An upload of the same release: the artifact. */
  uploadId?: string | undefined;
  /** A file that lies elsewhere, instead of an upload: the artifact, once it is fetched and its checksum holds. */
  artifact?: NamedArtifact | undefined;
  commit?: string | undefined;
  version?: string | undefined;
  /** Where its log is. */
  url?: string | undefined;
}

export interface ReportedBuild {
  build: ReleaseBuildView;
  /** Why the report changes nothing any more; null = it counts. */
  ignored: string | null;
}

/**
 * What CI says of a build by its correlation id, in any order and as often as it likes. An artifact is the build's at once; a status makes the
 * build be looked at now, and is believed where the provider does not show the run. A report that comes too late is written down and answered.
 * @throws ServiceError not-found; conflict when it is about another commit, version or artifact
 */
export async function reportBuild(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  correlationId: string,
  report: BuildReport,
): Promise<ReportedBuild> {
  authorise(caller, 'build:report');
  return deps.db.transact(async (tx) => {
    const [ids] = await tx.rows<{ releaseId: string; buildId: string }>(
      `SELECT r.release_id AS releaseId, b.id AS buildId FROM builds b JOIN release_builds r ON r.tenant_id = b.tenant_id AND r.build_id = b.id
       WHERE b.tenant_id = ? AND b.correlation_id = ?`,
      [caller.tenantId, correlationId],
    );
    if (ids === undefined) throw notFound('The build');
    const release = await lockRelease(tx, caller, ids.releaseId);
    // Whoever follows it writes without the release's lock.
    await tx.rows('SELECT id FROM builds WHERE tenant_id = ? AND id = ? FOR UPDATE', [caller.tenantId, ids.buildId]);
    const found = await findBuild(tx, caller, ids);
    demandSame(found.view, report);
    const ignored = whyIgnored(found);
    if (ignored === null) await take(tx, deps, release, found.view, report);
    const items = await itemsOf(tx, release, found.view, report);
    await tx.run(
      'UPDATE builds SET reported_status = COALESCE(?, reported_status), reported_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?',
      [report.status ?? null, caller.tenantId, ids.buildId],
    );
    if (items.length > 0) {
      await writeHistory(tx, [
        {
          ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'task', entityId: found.view.taskId, action: 'UPDATE' },
          ...{ actor: actorOf(caller), why: ignored, items },
        },
      ]);
    }
    const answer = { build: (await findBuild(tx, caller, ids)).view, ignored };
    await rememberAnswer(tx, deps, caller, { status: 200, body: answer });
    return answer;
  });
}

/** A job that reports to a build it does not make must hear of it. */
function demandSame(view: ReleaseBuildView, { commit, version }: BuildReport): void {
  if (version !== undefined && version !== view.version) throw conflict(`This build is of version ${view.version}, not ${version}.`);
  if (commit !== undefined && view.commit !== null && commit.toLowerCase() !== view.commit.toLowerCase()) {
    throw conflict(`This build is of the commit ${view.commit}, not ${commit}.`);
  }
}

function whyIgnored({ view, isLatest }: FoundBuild): string | null {
  if (hasEnded(view)) return `The build had ended: ${view.status}.`;
  return isLatest ? null : 'Another build has taken the place of this one.';
}

async function take(
  tx: Tx,
  deps: Pick<ServiceDeps, 'ring' | 'keyring'>,
  release: LockedRelease,
  view: ReleaseBuildView,
  report: BuildReport,
): Promise<void> {
  const own = [release.tenantId, view.id];
  await tx.run('UPDATE builds SET commit_sha = COALESCE(commit_sha, ?), url = COALESCE(url, ?) WHERE tenant_id = ? AND id = ?', [
    report.commit?.toLowerCase() ?? null,
    report.url ?? null,
    ...own,
  ]);
  if (report.uploadId !== undefined) await attach(tx, release, view, report.uploadId);
  if (report.artifact !== undefined) await nameArtifact(tx, deps, release.tenantId, view, report.artifact);
  const { id: follower } = await followerOf(tx, view.taskId);
  const wakes = await hurry(tx, [...new Set([view.taskId, follower])]);
  tx.afterCommit(() => deps.ring(wakes));
}

async function attach(tx: Tx, release: LockedRelease, view: ReleaseBuildView, uploadId: string): Promise<void> {
  const upload = await findUpload(tx, release.tenantId, release.id, uploadId);
  if (upload === null) throw invalid([{ field: '/uploadId', message: 'is no upload of this release' }]);
  if (upload.buildId === view.id) return;
  demandFits(view, upload);
  await tx.run('UPDATE uploads SET build_id = ? WHERE tenant_id = ? AND id = ?', [view.id, release.tenantId, uploadId]);
  await tx.run(
    `UPDATE builds SET artifact_name = ?, artifact_size = ?, artifact_digest = ?, artifact_key = ?, artifact_kept_at = UTC_TIMESTAMP(3)
     WHERE tenant_id = ? AND id = ?`,
    [upload.fileName, upload.sizeBytes, upload.digest, upload.artifactKey, release.tenantId, view.id],
  );
}

function demandFits(view: ReleaseBuildView, upload: UploadRow): void {
  if (upload.buildId !== null) throw conflict('Another build has taken this upload.');
  if (view.artifact?.kept === true) throw conflict(`The ${view.platform} build has an artifact already: ${view.artifact.digest}.`);
  if (upload.platform === view.platform && upload.type === view.workflowType) return;
  throw invalid([
    { field: '/uploadId', message: `is a ${upload.type} of ${upload.platform}; the build is a ${view.workflowType} of ${view.platform}` },
  ]);
}

/** What is new in a report; one that only repeats another leaves no second trace. */
async function itemsOf(tx: Tx, release: LockedRelease, view: ReleaseBuildView, report: BuildReport): Promise<HistoryItem[]> {
  const [before] = await tx.rows<{ reported: string | null; digest: string | null }>(
    'SELECT reported_status AS reported, artifact_digest AS digest FROM builds WHERE tenant_id = ? AND id = ?',
    [release.tenantId, view.id],
  );
  const known = view.artifact?.digest ?? null;
  const status = report.status ?? null;
  const source = report.artifact === undefined ? null : shownAddress(report.artifact.url);
  return [
    ...(status === null || status === before?.reported
      ? []
      : [{ field: 'buildReport', before: before?.reported ?? null, after: status, entityId: view.id }]),
    ...(source === null || source === view.artifactSource?.url
      ? []
      : [{ field: 'buildArtifactSource', before: view.artifactSource?.url ?? null, after: source, entityId: view.id }]),
    ...(before?.digest === known ? [] : [{ field: 'buildArtifact', before: known, after: before?.digest ?? null, entityId: view.id }]),
  ];
}
