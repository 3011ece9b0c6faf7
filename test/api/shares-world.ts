import { ulid } from 'ulid';
import type { ApiHarness } from './harness.ts';
import type { ReleaseWorld } from './release-world.ts';

/** Files of a release that can be shared, as the tasks would leave them. */

type Owner = Pick<ReleaseWorld, 'tenantId'>;

/** @param file `bytes` null: no artifact of the build is kept */
export async function addKeptBuild(
  api: ApiHarness,
  { tenantId }: Owner,
  releaseId: string,
  { name, bytes }: { name: string; bytes: Buffer | null },
): Promise<string> {
  const id = ulid();
  const key = bytes === null ? null : `${tenantId}/${id}`;
  if (key !== null && bytes !== null)
    await api.deps.artifacts.put(key, new Blob([new Uint8Array(bytes)]).stream(), { maxBytes: 10_000_000 });
  await api.db.run(
    `INSERT INTO builds (id, tenant_id, task_id, platform, ordinal, workflow_type, mode, ref, version, correlation_id, status,
       artifact_name, artifact_size, artifact_digest, artifact_key, artifact_kept_at) VALUES (?)`,
    [
      [
        ...[id, tenantId, ulid(), 'WEB', 1, 'REGRESSION_BUILD', 'CI', 'main', '1.0.0', id, 'SUCCEEDED'],
        ...[name, bytes?.length ?? 0, 'sha256:abc', key, key === null ? null : new Date()],
      ],
    ],
  );
  await api.db.run('INSERT INTO release_builds (release_id, build_id, tenant_id, stage_key) VALUES (?)', [
    [releaseId, id, tenantId, 'REGRESSION'],
  ]);
  return id;
}

/** @param notes `cycle` null: the final ones */
export async function addNotes(
  api: ApiHarness,
  { tenantId }: Owner,
  releaseId: string,
  { cycle, markdown }: { cycle: number | null; markdown: string },
): Promise<void> {
  await api.db.run('INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown) VALUES (?)', [
    [ulid(), tenantId, releaseId, cycle === null ? 'final' : 'cycle', cycle ?? 0, 'v1.0.0', 'v1.1.0', markdown],
  ]);
}
