import { askConnection } from '../connections/ask-connection.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { advise, mayBeDone } from '../releases/advise.ts';
import { recordChange } from '../releases/record-change.ts';
import { readReleaseBranch } from '../releases/release-branch.ts';
import { repositoryLock } from '../releases/repository-lock.ts';
import { conflict } from '../service-error.ts';
import { findNotes, type NotesPlace } from './read-notes.ts';

const LOCK = { ttlMs: 30_000, waitMs: 10_000 };

/**
 * Brings the release object in source control in line with the final notes: edits made after it was published do not get there by themselves.
 * @throws ServiceError conflict where there is nothing to publish, or nowhere
 */
export async function publishNotes(
  deps: Pick<ServiceDeps, 'db' | 'connector' | 'locks'>,
  caller: Caller,
  place: NotesPlace,
): Promise<{ url: string; version: number }> {
  authorise(caller, 'release:update');
  const release = await readReleaseBranch(deps.db, caller, place.releaseId);
  return deps.locks.withLock(repositoryLock(release), LOCK, async (held) => {
    // Read under the lock: of two who publish, the later one has the later edits.
    const { kind, headRef: tag, markdown, version } = await findNotes(deps.db, caller, place);
    if (kind !== 'final') throw conflict('Only the final notes are published: candidates have no release object.');
    const connection = { category: 'scm' as const, tenantId: release.tenantId, id: release.scmIntegrationId };
    const { url } = await advise(mayBeDone, () =>
      askConnection(
        deps,
        connection,
        async (open) => {
          const objects = open.provider.releaseObjects?.(open.connection, open.deps);
          if (objects === undefined) throw conflict(`${open.provider.displayName} keeps no release beside a tag.`);
          const name = (await objects.findReleaseObject(tag))?.name ?? tag;
          return objects.ensureReleaseObject({ tag, name, body: markdown, prerelease: false });
        },
        held.signal,
      ),
    );
    await recordChange(deps.db, caller, release.id, {
      why: null,
      items: [{ field: 'notesPublished', before: null, after: `version ${version} at ${url}` }],
    });
    return { url, version };
  });
}
