import type { Database } from '../db/client.ts';
import type { ArtifactStore } from '../platform/artifact-store.ts';

const BATCH = 100;

/**
 * Removes the artifacts that have been kept for so long, then the notes of where they were: a crash in between leaves a note of nothing, which
 * the next round takes up again.
 */
export async function forgetArtifacts(db: Database, artifacts: ArtifactStore, days: number): Promise<void> {
  for (;;) {
    const old = await db.rows<{ id: string; key: string }>(
      `SELECT id, artifact_key AS \`key\` FROM builds
       WHERE artifact_kept_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY ORDER BY artifact_kept_at LIMIT ${BATCH}`,
      [days],
    );
    for (const { key } of old) await artifacts.remove(key);
    if (old.length > 0)
      await db.run('UPDATE builds SET artifact_key = NULL, artifact_kept_at = NULL WHERE id IN (?)', [old.map(({ id }) => id).sort()]);
    if (old.length < BATCH) break;
  }
  await forgetUploads(db, artifacts, days);
}

/**
 * Uploads that no build took: taken back, a day old and still not whole (their sender is gone), or as old as artifacts get. First the word, which
 * a build task that comes to take one respects, then the file, then the row.
 */
async function forgetUploads(db: Database, artifacts: ArtifactStore, days: number): Promise<void> {
  await db.run(
    `UPDATE uploads SET removed_at = UTC_TIMESTAMP(3) WHERE build_id IS NULL AND removed_at IS NULL
       AND (created_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY OR (stored_at IS NULL AND created_at < UTC_TIMESTAMP(3) - INTERVAL 1 DAY))`,
    [days],
  );
  for (;;) {
    const gone = await db.rows<{ id: string; key: string }>(
      `SELECT id, artifact_key AS \`key\` FROM uploads WHERE build_id IS NULL AND removed_at IS NOT NULL ORDER BY created_at LIMIT ${BATCH}`,
    );
    for (const { key } of gone) await artifacts.remove(key);
    if (gone.length > 0) await db.run('DELETE FROM uploads WHERE id IN (?)', [gone.map(({ id }) => id).sort()]);
    if (gone.length < BATCH) return;
  }
}
