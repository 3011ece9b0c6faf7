import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { NotesDocument } from '../../domain/notes/document.ts';
import { applyEdits, type EditedNotes, type NotesEdits, noEdits } from '../../domain/notes/edits.ts';

export type NotesKind = 'cycle' | 'final';

/** The notes of one range of a release, as they lie in their row. */
export interface NotesRow {
  id: string;
  kind: NotesKind;
  /** 0 for final notes. */
  cycle: number;
  baseRef: string;
  headRef: string;
  markdown: string;
  /** Null for notes of before it was kept: nothing can be made of them but their Markdown. */
  document: NotesDocument | null;
  edits: NotesEdits;
  version: number;
  createdAt: Date;
}

type StoredRow = Omit<NotesRow, 'document' | 'edits'> & { document: unknown; edits: unknown };

/** Of the candidates in their order, then the final ones. */
export async function notesRowsOf(sql: Sql, tenantId: string, releaseId: string, lock: '' | 'FOR UPDATE' = ''): Promise<NotesRow[]> {
  const rows = await sql.rows<StoredRow>(
    `SELECT id, kind, cycle, base_ref AS baseRef, head_ref AS headRef, markdown, document, edits, version, created_at AS createdAt
     FROM release_notes WHERE tenant_id = ? AND release_id = ? ORDER BY kind = 'final', cycle, id ${lock}`,
    [tenantId, releaseId],
  );
  return rows.map((row) => ({ ...row, ...partsOf(row) }));
}

/** As people read them; null for notes that are not there, or of which only the Markdown was kept. */
export async function notesOfId(sql: Sql, tenantId: string, id: string): Promise<EditedNotes | null> {
  const [row] = await sql.rows<Pick<StoredRow, 'document' | 'edits'>>(
    'SELECT document, edits FROM release_notes WHERE tenant_id = ? AND id = ?',
    [tenantId, id],
  );
  return row === undefined ? null : editedNotes(partsOf(row));
}

/** Written by us, in these shapes. */
const partsOf = ({ document, edits }: Pick<StoredRow, 'document' | 'edits'>): Pick<NotesRow, 'document' | 'edits'> => ({
  document: parseJson(document) as NotesDocument | null,
  edits: (parseJson(edits) as NotesEdits | null) ?? noEdits,
});

/** As people read them; null where only the Markdown was kept. */
export const editedNotes = ({ document, edits }: Pick<NotesRow, 'document' | 'edits'>): EditedNotes | null =>
  document === null ? null : applyEdits(document, edits);
