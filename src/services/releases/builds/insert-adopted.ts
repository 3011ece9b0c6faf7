import { ulid } from 'ulid';
import type { Tx } from '../../../db/client.ts';
import type { Caller } from '../../context.ts';
import { conflict } from '../../service-error.ts';
import type { AdoptionPlace } from './adoption-place.ts';
import type { FoundSource } from './adoption-source.ts';

/** What a task has of a platform, as adopting looks at it. */
export interface NewestBuild {
  id: string;
  ordinal: number;
  status: string;
  integrationId: string | null;
  handle: string | null;
  storeBuildNumber: string | null;
  dispatchedAt: Date | null;
}

/** Locked: whoever follows it writes without the release's lock. */
export async function newestBuildOf(tx: Tx, { tenantId, task, platform }: AdoptionPlace): Promise<NewestBuild | null> {
  const [row] = await tx.rows<NewestBuild>(
    `SELECT id, ordinal, status, integration_id AS integrationId, handle, store_build_number AS storeBuildNumber, dispatched_at AS dispatchedAt
     FROM builds WHERE tenant_id = ? AND task_id = ? AND platform = ? ORDER BY ordinal DESC LIMIT 1 FOR UPDATE`,
    [tenantId, task.id, platform],
  );
  return row ?? null;
}

/**
 * The build of the task from now on.
 * @param otherCommitReason why a build of another commit is taken; null = it is of the right one
 * @throws ServiceError conflict when another build has it
 */
export async function insertAdopted(
  tx: Tx,
  caller: Caller,
  place: AdoptionPlace,
  source: FoundSource,
  before: NewestBuild | null,
  otherCommitReason: string | null,
): Promise<string> {
  await demandFree(tx, place, source);
  const id = ulid();
  const { tenantId, releaseId, task, platform, type, ref, version, stage, cycleId } = place;
  const row: Record<string, unknown> = {
    ...{ id, tenant_id: tenantId, task_id: task.id, platform, ordinal: (before?.ordinal ?? 0) + 1, workflow_type: type },
    ...{ ref, version, correlation_id: `sbx-${ulid().toLowerCase()}`, commit_sha: source.commit },
    ...{ adopted_by_account_id: caller.accountId, other_commit_reason: otherCommitReason },
    expected_commit: otherCommitReason === null ? null : place.commits[0],
    ...columnsOf(source),
  };
  const names = Object.keys(row);
  const now = source.kind === 'run' ? ['dispatched_at'] : source.kind === 'upload' ? ['ended_at', 'artifact_kept_at'] : ['ended_at'];
  await tx.run(
    `INSERT INTO builds (${[...names, ...now].join(', ')}) VALUES (${[...names.map(() => '?'), ...now.map(() => 'UTC_TIMESTAMP(3)')].join(', ')})`,
    Object.values(row) as (string | number | null)[],
  );
  await tx.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key, cycle_id) VALUES (?)', [
    [releaseId, id, tenantId, stage, cycleId],
  ]);
  if (source.kind === 'upload') {
    const taken = await tx.run(
      'UPDATE uploads SET build_id = ? WHERE tenant_id = ? AND id = ? AND build_id IS NULL AND removed_at IS NULL',
      [id, tenantId, source.upload.id],
    );
    if (taken === 0) throw conflict('Another build has taken this upload.');
  }
  return id;
}

/** A run is followed from here; what is whole already has succeeded. */
function columnsOf(source: FoundSource): Record<string, string | number | null> {
  switch (source.kind) {
    case 'run':
      return { mode: 'CI', status: 'RUNNING', integration_id: source.integrationId, handle: source.run.handle, url: urlOf(source.run.url) };
    case 'upload': {
      const { fileName, sizeBytes, digest, artifactKey } = source.upload;
      return {
        ...{ mode: 'MANUAL', status: 'SUCCEEDED', artifact_name: fileName, artifact_size: sizeBytes },
        ...{ artifact_digest: digest, artifact_key: artifactKey },
      };
    }
    case 'store':
      return { mode: 'MANUAL', status: 'SUCCEEDED', store_build_number: source.buildNumber };
    default:
      return source satisfies never;
  }
}

const MAX_URL_CHARS = 1024;
const urlOf = (url: string | null) => (url !== null && url.length <= MAX_URL_CHARS ? url : null);

async function demandFree(tx: Tx, { tenantId }: AdoptionPlace, source: FoundSource): Promise<void> {
  if (source.kind !== 'run') return;
  const { integrationId, run } = source;
  const [other] = await tx.rows<{ platform: string; key: string }>(
    `SELECT b.platform, t.task_key AS \`key\` FROM builds b JOIN tasks t ON t.id = b.task_id
     WHERE b.tenant_id = ? AND b.integration_id = ? AND b.handle = ? LIMIT 1`,
    [tenantId, integrationId, run.handle],
  );
  if (other !== undefined) throw conflict(`This run is the ${other.platform} build of ${other.key} already.`);
}
