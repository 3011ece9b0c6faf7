import { type CarryOut, done } from './clean-up-context.ts';

/** The file first, the note of it second, as everywhere: a crash in between leaves a note of nothing, and the next try. */
export const removeArtifact: CarryOut = async ({ db, artifacts, cleanUp }) => {
  const [build] = await db.rows<{ key: string | null; name: string | null }>(
    'SELECT artifact_key AS `key`, artifact_name AS name FROM builds WHERE tenant_id = ? AND id = ?',
    [cleanUp.tenantId, cleanUp.subject],
  );
  if (build === undefined || build.key === null) return done('No artifact of the build is kept.');
  await artifacts.remove(build.key);
  await db.run('UPDATE builds SET artifact_key = NULL, artifact_kept_at = NULL WHERE tenant_id = ? AND id = ? AND artifact_key = ?', [
    ...[cleanUp.tenantId, cleanUp.subject, build.key],
  ]);
  return done(`The artifact ${build.name ?? build.key} was removed.`);
};
