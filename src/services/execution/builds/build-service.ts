import { ulid } from 'ulid';
import type { Database } from '../../../db/client.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { LeaseLostError } from '../../../engine/lease.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { CiCdService, ConfiguredWorkflow } from '../ci-cd-service.ts';
import type { ArtifactKeeper } from './artifact-keeper.ts';
import { addressOrNull, type BuildStatus, callbackOf, gaveUp, providerWords, statusOf } from './build-state.ts';
import { keepCopy } from './keep-copy.ts';
import type { NamedArtifacts } from './named-artifacts.ts';

/*
 * Builds of a task, one per platform. The row and its correlation id are written first, then `dispatched_at` (from here on the run may
 * exist), then the run is asked for, then its handle is stored. Whatever step a crash falls between, the next look finds the run by its
 * correlation id, and dispatches again only when the provider must have shown it by now and did not. A build counts as SUCCEEDED when its
 * artifact is kept: an interrupted copy is made again.
 */

export interface BuildRequest {
  tenantId: string;
  releaseId: string;
  taskId: string;
  stageKey: string;
  cycleId: string | null;
  ciConfigId: string;
  platform: string;
  workflowType: string;
  /** Tag or branch to build. */
  ref: string;
  version: string;
  jobParameters: Record<string, string>;
  /** Whether success needs an artifact, too. */
  needsArtifact: boolean;
}

export interface Build {
  id: string;
  platform: string;
  status: BuildStatus;
  /** The provider's own word for a state that is not simply one of ours. */
  providerState: string | null;
  integrationId: string | null;
  handle: string | null;
  url: string | null;
  artifactName: string | null;
  artifactUrl: string | null;
  /** Why it counts although it is not of the commit that was asked for; absent or null = it is, or nobody adopted it. */
  otherCommitReason?: string | null;
}

export interface BuildService {
  /** Takes the build one step on and says where it stands. A build that ended unsuccessfully stays so until `renew`. */
  follow(request: BuildRequest): Promise<Build>;
  /**
   * Plans another build in place of each that had failed when the task last gave up for it: only a person can have sent it on since. What
   * became of the attempts between then and now does not matter: a retry that was lost to a crash is still a retry, and a build that failed
   * during it is not renewed by the crash.
   * @param buildsOf the task whose builds these are, when it is another one
   */
  renewRetried(task: { id: string; attempt: number }, buildsOf?: string): Promise<void>;
  /** A build that succeeded is of no use: a person who sends the task on wants another. */
  refused(taskId: string): Promise<void>;
}

interface BuildRow extends Build {
  ordinal: number;
  correlationId: string;
  ref: string;
  dispatchedAt: Date | null;
  /** Milliseconds since the dispatch, by the database's clock. */
  dispatchedAgoMs: number | null;
  /** What CI itself said of the run; see `reportBuild`. */
  reportedStatus: Build['status'] | null;
  /** 1 = CI said where the artifact lies: that one counts, and no other. */
  isNamed: number;
  /** Of an artifact that is kept already: CI sent it. */
  artifactKey: string | null;
}

const selectBuild = `
  SELECT id, platform, ordinal, artifact_source IS NOT NULL AS isNamed, status, provider_state AS providerState, integration_id AS integrationId, handle, url, ref,
         correlation_id AS correlationId, reported_status AS reportedStatus, artifact_key AS artifactKey, artifact_name AS artifactName, artifact_url AS artifactUrl, other_commit_reason AS otherCommitReason,
         dispatched_at AS dispatchedAt,
         TIMESTAMPDIFF(MICROSECOND, dispatched_at, UTC_TIMESTAMP(3)) / 1000 AS dispatchedAgoMs
  FROM builds`;

/** Whose place an adopted build took, or whose release was archived, is CANCELLED by somebody else: what was seen of it before is stale. */
const hasItsPlace = `status <> 'CANCELLED'`;
const mayStart = `${hasItsPlace} AND NOT EXISTS (SELECT 1 FROM release_builds rb JOIN releases r ON r.id = rb.release_id
  WHERE rb.build_id = builds.id AND r.archived_at IS NOT NULL)`;

/** @param publicUrl where CI may report to; null = nobody has said */
export function createBuildService(
  db: Database,
  cicd: CiCdService,
  artifacts: ArtifactKeeper,
  publicUrl: string | null = null,
  named: NamedArtifacts | null = null,
): BuildService {
  async function current(taskId: string, platform: string): Promise<BuildRow | undefined> {
    const [row] = await db.rows<BuildRow>(`${selectBuild} WHERE task_id = ? AND platform = ? ORDER BY ordinal DESC LIMIT 1`, [
      taskId,
      platform,
    ]);
    return row;
  }

  async function create(request: BuildRequest, ordinal: number, workflow: ConfiguredWorkflow): Promise<void> {
    const id = ulid();
    await db.transact(async (tx) => {
      // Whoever archives holds this row: either it sees this build, or this sees that the release is archived.
      const [release] = await tx.rows<{ archivedAt: Date | null }>(
        'SELECT archived_at AS archivedAt FROM releases WHERE id = ? FOR UPDATE',
        [request.releaseId],
      );
      if (release?.archivedAt)
        throw new ProviderError('conflict', 'The release was archived: nothing is built any more.', { provider: 'ci-cd' });
      // A cycle may be abandoned this very moment: what is not written before that never is (see `superseded-build-service.ts`).
      const [task] = await tx.rows<{ status: TaskStatus }>('SELECT status FROM tasks WHERE id = ? FOR UPDATE', [request.taskId]);
      if (task?.status === 'CANCELLED') throw new LeaseLostError('the task was cancelled');
      // Two executions of the task may come here together: the unique (task, platform, ordinal) lets one row stand.
      const inserted = await tx.run(
        `INSERT IGNORE INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, integration_id, workflow_id, ref, version,
           correlation_id, status) VALUES (?)`,
        [
          [
            ...[id, request.tenantId, request.taskId, request.platform, ordinal, request.workflowType, 'CI', workflow.integrationId],
            ...[workflow.workflowId, request.ref, request.version, `sbx-${ulid().toLowerCase()}`, 'PENDING'],
          ],
        ],
      );
      if (inserted === 0) return;
      await tx.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id) VALUES (?)', [
        [request.releaseId, id, request.tenantId, request.stageKey, request.cycleId],
      ]);
    });
  }

  /** Only one execution passes: whoever sets `dispatched_at` asks the provider. @returns the instant it set, null when it did not pass */
  async function mayDispatch(build: BuildRow): Promise<Date | null> {
    const before = build.dispatchedAt;
    const [changed, rows] = (await db.batch([
      [
        `UPDATE builds SET dispatched_at = UTC_TIMESTAMP(3) WHERE id = ? AND handle IS NULL AND ${mayStart} AND ${before === null ? 'dispatched_at IS NULL' : 'dispatched_at = ?'}`,
        before === null ? [build.id] : [build.id, before],
      ],
      ['SELECT dispatched_at AS dispatchedAt FROM builds WHERE id = ?', [build.id]],
    ])) as [number, { dispatchedAt: Date | null }[]];
    return changed === 1 ? (rows[0]?.dispatchedAt ?? null) : null;
  }

  /** The provider refused for certain: there is no run to wait for. */
  async function takeBack(build: BuildRow, dispatchedAt: Date): Promise<void> {
    await db.run('UPDATE builds SET dispatched_at = ? WHERE id = ? AND handle IS NULL AND dispatched_at = ?', [
      build.dispatchedAt,
      build.id,
      dispatchedAt,
    ]);
  }

  async function dispatch(request: BuildRequest, build: BuildRow, workflow: ConfiguredWorkflow): Promise<void> {
    const ask = await cicd.prepare(request.tenantId, workflow, {
      ref: build.ref,
      correlationId: build.correlationId,
      jobParameters: { ...request.jobParameters, ...callbackOf(publicUrl, request.tenantId, build.correlationId) },
    });
    const dispatchedAt = await mayDispatch(build);
    if (dispatchedAt === null) return;
    const { queueLocation } = await ask().catch(async (error: unknown) => {
      if (isRefusal(error)) await takeBack(build, dispatchedAt);
      throw error;
    });
    await db.run(`UPDATE builds SET status = IF(status = 'CANCELLED', status, 'QUEUED'), handle = COALESCE(handle, ?) WHERE id = ?`, [
      ...[queueLocation, build.id],
    ]);
  }

  /** A dispatch whose answer we do not have: find its run, or ask again once the provider must have shown it. */
  async function locate(request: BuildRequest, build: BuildRow, workflow: ConfiguredWorkflow, since: Date): Promise<void> {
    const run = await cicd.find(request.tenantId, workflow, { ref: build.ref, correlationId: build.correlationId, since });
    if (run !== null) {
      await db.run('UPDATE builds SET handle = ? WHERE id = ? AND handle IS NULL', [run.handle, build.id]);
      return;
    }
    // Who reports it has been started: another dispatch would be a second run.
    if (build.reportedStatus !== null) return goByReport(request, build, build.reportedStatus);
    const visibleWithin = await cicd.visibleWithinMs(request.tenantId, workflow.integrationId);
    if ((build.dispatchedAgoMs ?? 0) > visibleWithin) await dispatch(request, build, workflow);
  }

  async function observe(request: BuildRequest, build: BuildRow & { handle: string; integrationId: string }): Promise<void> {
    const run = await cicd.run(request.tenantId, build.integrationId, build.handle);
    if (run === null) {
      await goByReport(request, build, build.reportedStatus ?? 'UNKNOWN');
      return;
    }
    const succeeded = run.state.kind === 'succeeded';
    const isSent = build.artifactKey !== null;
    const artifact =
      succeeded && !isSent && build.isNamed === 0
        ? (await cicd.artifacts(request.tenantId, build.integrationId, run.handle)).find((candidate) => !candidate.expired)
        : undefined;
    const source = { tenantId: request.tenantId, integrationId: build.integrationId, handle: run.handle, buildId: build.id };
    const isKept = isSent || (artifact !== undefined && (await keepCopy(db, artifacts, source, artifact)));
    const complete = succeeded && (isKept || !request.needsArtifact);
    const status = complete ? 'SUCCEEDED' : statusOf(run);
    const ended = status === 'SUCCEEDED' || status === 'FAILED' || status === 'CANCELLED';
    await db.run(
      `UPDATE builds SET status = ?, provider_state = ?, handle = ?, url = ?, commit_sha = COALESCE(?, commit_sha),
         ended_at = ${ended ? 'UTC_TIMESTAMP(3)' : 'NULL'} WHERE id = ? AND ${hasItsPlace}`,
      [status, providerWords(run, complete), run.handle, addressOrNull(run.url), run.commit, build.id],
    );
  }

  /** The provider does not show the run (any more): what CI said of it is all there is. */
  async function goByReport(request: BuildRequest, build: BuildRow, reported: Build['status']): Promise<void> {
    const lacksArtifact = reported === 'SUCCEEDED' && request.needsArtifact && build.artifactKey === null;
    const status = lacksArtifact ? 'RUNNING' : reported;
    const words = lacksArtifact ? 'waiting for the artifact' : reported === 'UNKNOWN' ? 'not found' : 'as CI reported';
    const hasEnded = ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(status);
    await db.run(
      `UPDATE builds SET status = ?, provider_state = ?, ended_at = ${hasEnded ? 'UTC_TIMESTAMP(3)' : 'NULL'} WHERE id = ? AND ${hasItsPlace}`,
      [status, words, build.id],
    );
  }

  return {
    async follow(request) {
      const workflow = await cicd.workflow(request.tenantId, request.ciConfigId, request.platform, request.workflowType);
      const known = await current(request.taskId, request.platform);
      if (known === undefined) await create(request, 1, workflow);
      else if (known.isNamed === 1) await named?.fetch({ tenantId: request.tenantId, id: known.id });
      const build = await current(request.taskId, request.platform);
      if (build === undefined) throw new Error('a build row that was just created is gone');
      if (build.status === 'SUCCEEDED' || build.status === 'FAILED' || build.status === 'CANCELLED') return build;
      if (build.dispatchedAt === null) await dispatch(request, build, workflow);
      else if (build.handle === null) await locate(request, build, workflow, build.dispatchedAt);
      else await observe(request, { ...build, handle: build.handle, integrationId: build.integrationId ?? workflow.integrationId });
      return (await current(request.taskId, request.platform)) ?? build;
    },

    async refused(taskId) {
      await db.run(
        `UPDATE builds SET status = 'FAILED', provider_state = 'refused by the store' WHERE task_id = ? AND status = 'SUCCEEDED'`,
        [taskId],
      );
    },

    async renewRetried(task, buildsOf = task.id) {
      if (task.attempt < 2) return;
      await db.transact(async (tx) => {
        const [given] = await tx.rows<{ upAt: Date | null }>(
          `SELECT MAX(ended_at) AS upAt FROM attempts WHERE task_id = ? AND number < ? AND ${gaveUp}`,
          [task.id, task.attempt],
        );
        if (!given?.upAt) return;
        const failed = await tx.rows<{ id: string; platform: string; ordinal: number }>(
          `SELECT b.id, b.platform, b.ordinal FROM builds b
           WHERE b.task_id = ? AND b.status IN ('FAILED', 'CANCELLED') AND b.ended_at <= ?
             AND NOT EXISTS (SELECT 1 FROM builds n WHERE n.task_id = b.task_id AND n.platform = b.platform AND n.ordinal > b.ordinal)
           ORDER BY b.id`,
          [buildsOf, given.upAt],
        );
        for (const row of failed) {
          const id = ulid();
          const inserted = await tx.run(
            `INSERT IGNORE INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, integration_id, workflow_id, ref, version,
               correlation_id, status)
             SELECT ?, tenant_id, task_id, platform, ordinal + 1, workflow_type, mode, integration_id, workflow_id, ref, version, ?, 'PENDING'
             FROM builds WHERE id = ?`,
            [id, `sbx-${ulid().toLowerCase()}`, row.id],
          );
          if (inserted === 0) continue;
          await tx.run(
            `INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id)
             SELECT release_id, ?, tenant_id, stage_key, cycle_id FROM release_builds WHERE build_id = ?`,
            [id, row.id],
          );
        }
      });
    },
  };
}

/** The provider, or our own limits, said no: nothing was started. Everything else leaves it open. */
function isRefusal(error: unknown): boolean {
  return error instanceof ProviderError && !['unavailable', 'timeout', 'malformed'].includes(error.kind);
}
