import { notesRange } from '../../src/domain/notes/range.ts';
import { inAttempt } from '../../src/services/execution/attempt-scope.ts';
import { createReleaseRecords } from '../../src/services/execution/release-records.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import { createSourceControlService } from '../../src/services/execution/source-control-service.ts';
import { createTicketService } from '../../src/services/execution/ticket-service.ts';
import type { KeptNotes } from '../../src/services/notes/keep-notes.ts';
import { writeNotes } from '../../src/workers/notes.ts';
import { type ChangesWorld, openChanges } from './changes-world.ts';

/** Releases whose notes are composed from a repository at GitHub, as the tasks do it. */
export interface NotesWorld extends ChangesWorld {
  /** A release forked from `v0` on, and what stands on its branch. */
  released(): Promise<NotedRelease>;
  /** Composes the notes of a candidate that stands where the branch is now; 0 = the final ones. */
  compose(release: NotedRelease, cycle: number, since?: string): Promise<KeptNotes & { commits: number }>;
}

export interface NotedRelease {
  id: string;
  branch: string;
  /** Tag of the release before. */
  before: string;
}

export async function openNotes(): Promise<NotesWorld> {
  const changes = await openChanges();
  const { api, repository } = changes;
  const services = {
    scm: createSourceControlService(api.deps.connector),
    tickets: createTicketService(api.db, api.deps.connector),
    records: createReleaseRecords(api.db),
  };
  let releases = 0;
  return {
    ...changes,
    async released() {
      releases += 1;
      const before = `v0.${releases}`;
      repository.tag(before, changes.headOf('main'));
      const { id, branch } = await changes.forked();
      return { id, branch, before };
    },
    async compose({ id, branch, before }, cycle, since = before) {
      const release = await createReleaseSource(api.db).load(id);
      const head = cycle === 0 ? `final-${id}` : `rc.${cycle}-${id}`;
      if (!repository.git.tags.has(head)) repository.tag(head, changes.headOf(branch));
      const range = notesRange(head, { previousCandidate: null, baseTag: since, forkCommit: null });
      const scope = { signal: AbortSignal.timeout(20_000), assertOurs: () => undefined };
      return inAttempt(scope, () => writeNotes({ release, services }, { ...range, kind: cycle === 0 ? 'final' : 'cycle', cycle }));
    },
  };
}
