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
    if (old.length < BATCH) return;
  }
}
