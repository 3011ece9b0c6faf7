import { ulid } from 'ulid';
import type { Database, Tx } from '../../../db/client.ts';
import type { Platform } from '../../../domain/release/vocabulary.ts';
import type { TaskStatus } from '../../../domain/run.ts';
import { LeaseLostError } from '../../../engine/lease.ts';
import { isTerminal } from '../../../engine/transitions.ts';
import type { Ring } from '../../../platform/ring.ts';
import { iso } from '../../releases/instant.ts';
import { newestUpload } from '../../uploads/upload-row.ts';
import type { ReleaseContext } from '../release-source.ts';
import { tell } from '../tell.ts';
import type { Build } from './build-service.ts';

export interface UploadRequest {
  tenantId: string;
  releaseId: string;
  taskId: string;
  stageKey: string;
  cycleId: string | null;
  platform: string;
  workflowType: string;
  /** What it is said to be built from. */
  ref: string;
  version: string;
}

/** Builds by hand for task handlers. */
export interface UploadService {
  /**
   * The task's build of a platform: what it has, else one made of the newest upload; null = nobody has sent one. Row, file and the upload's
   * mark are one transaction, so that a crash costs one more look. After a build that failed only a newer upload makes another.
   */
  adopt(request: UploadRequest): Promise<Build | null>;
  /**
   * Reminds people of what is missing, once per period since the task began, however often it is asked.
   * @returns milliseconds until it is time again
   */
  remind(release: ReleaseContext, taskId: string, missing: readonly Platform[], everyMs: number): Promise<number>;
}

const columns = `id, platform, status, provider_state AS providerState, integration_id AS integrationId, handle, url,
  artifact_name AS artifactName, artifact_url AS artifactUrl, other_commit_reason AS otherCommitReason, ordinal`;

export function createUploadService(db: Database, ring: Ring): UploadService {
  return {
    adopt: (request) =>
      db.transact(async (tx) => {
        await demandOpen(tx, request.taskId);
        const build = await newestBuild(tx, request);
        if (build?.status === 'SUCCEEDED') return build;
        const upload = await newestUpload(tx, { ...request, type: request.workflowType });
        if (upload === null || upload.buildId !== null) return null;
        const id = ulid();
        const taken = await tx.run(
          'UPDATE uploads SET build_id = ? WHERE tenant_id = ? AND id = ? AND build_id IS NULL AND removed_at IS NULL',
          [id, request.tenantId, upload.id],
        );
        if (taken === 0) return null;
        const inserted = await tx.run(
          `INSERT IGNORE INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, ref, version, correlation_id, status,
             artifact_name, artifact_size, artifact_digest, artifact_key, artifact_kept_at, ended_at)
           VALUES (?, ?, ?, ?, ?, ?, 'MANUAL', ?, ?, ?, 'SUCCEEDED', ?, ?, ?, ?, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
          [
            ...[id, request.tenantId, request.taskId, request.platform, (build?.ordinal ?? 0) + 1, request.workflowType],
            ...[request.ref, request.version, `sbx-${ulid().toLowerCase()}`],
            ...[upload.fileName, upload.sizeBytes, upload.digest, upload.artifactKey],
          ],
        );
        // Another execution of the task was quicker: this transaction must leave the upload as it was.
        if (inserted === 0) throw new Error(`the task ${request.taskId} has its ${request.platform} build already`);
        await tx.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id) VALUES (?)', [
          [request.releaseId, id, request.tenantId, request.stageKey, request.cycleId],
        ]);
        return (await newestBuild(tx, request)) ?? null;
      }),

    remind: (release, taskId, missing, everyMs) =>
      db.transact(async (tx) => {
        const [task] = await tx.rows<{ forMs: number; deadlineAt: Date | null }>(
          `SELECT GREATEST(0, TIMESTAMPDIFF(MICROSECOND, COALESCE(started_at, UTC_TIMESTAMP(3)), UTC_TIMESTAMP(3)) DIV 1000) AS forMs,
                  deadline_at AS deadlineAt FROM tasks WHERE id = ?`,
          [taskId],
        );
        const elapsed = Number(task?.forMs ?? 0);
        const deadline = task?.deadlineAt ? iso(task.deadlineAt) : null;
        const dedupeKey = `MANUAL_BUILD_UPLOAD_REMINDER/${taskId}/${Math.floor(elapsed / everyMs)}`;
        await tell(tx, ring, release, [{ type: 'MANUAL_BUILD_UPLOAD_REMINDER', data: { platforms: [...missing], deadline }, dedupeKey }]);
        return everyMs - (elapsed % everyMs);
      }),
  };
}

/** A cycle may be abandoned, or the task skipped, this very moment: what is staged is for the next one then. @throws LeaseLostError */
async function demandOpen(tx: Tx, taskId: string): Promise<void> {
  const [task] = await tx.rows<{ status: TaskStatus }>('SELECT status FROM tasks WHERE id = ? FOR UPDATE', [taskId]);
  if (task !== undefined && isTerminal(task.status)) throw new LeaseLostError(`the task is ${task.status}`);
}

async function newestBuild(tx: Tx, { taskId, platform }: UploadRequest): Promise<(Build & { ordinal: number }) | undefined> {
  const [row] = await tx.rows<Build & { ordinal: number }>(
    `SELECT ${columns} FROM builds WHERE task_id = ? AND platform = ? ORDER BY ordinal DESC LIMIT 1`,
    [taskId, platform],
  );
  return row;
}
