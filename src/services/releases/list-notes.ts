import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { editedNotes, type NotesKind, type NotesRow, notesRowsOf } from '../notes/notes-row.ts';
import { iso } from './instant.ts';
import { findRunOf } from './release-row.ts';

export interface NotesView {
  id: string;
  /** `cycle` notes cover one candidate, `final` notes the release. */
  kind: NotesKind;
  /** Null for final notes. */
  cycle: number | null;
  baseRef: string;
  headRef: string;
  /** As people read them, edits applied. */
  markdown: string;
  /** What an edit must name. */
  version: number;
  /** How many items people changed; those whose item is gone are `stale`. */
  edits: { count: number; stale: number };
  createdAt: string;
}

/** All notes of a release: those of its candidates in their order, then the final ones. */
export async function listNotes(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string): Promise<{ items: NotesView[] }> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  return { items: (await notesRowsOf(deps.db, caller.tenantId, releaseId)).map(notesView) };
}

export function notesView(row: NotesRow): NotesView {
  const { id, kind, cycle, baseRef, headRef, markdown, version, edits, createdAt } = row;
  return {
    ...{ id, kind, cycle: kind === 'final' ? null : cycle, baseRef, headRef, markdown, version },
    edits: { count: edits.items.length, stale: editedNotes(row)?.stale.length ?? 0 },
    createdAt: iso(createdAt),
  };
}
