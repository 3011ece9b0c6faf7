import { ulid } from 'ulid';
import type { Tx } from '../../db/client.ts';
import type { NotesDocument } from '../../domain/notes/document.ts';
import { applyEdits, inheritEdits, type NotesEdits } from '../../domain/notes/edits.ts';
import { renderNotesMarkdown } from '../../domain/notes/markdown.ts';
import { renderNotesText } from '../../domain/notes/text.ts';
import { type NotesKind, type NotesRow, notesRowsOf } from './notes-row.ts';

export interface ComposedNotes {
  kind: NotesKind;
  /** 0 for final notes. */
  cycle: number;
  document: NotesDocument;
}

export interface KeptNotes {
  id: string;
  markdown: string;
  text: string;
}

/**
 * Writes composed notes down. Written again, what people changed of them stays; written first, they take over what people changed of the same
 * items in the notes of earlier candidates. The rows are locked, so that no edit is lost between its reading and its writing.
 */
export async function keepNotes(
  tx: Tx,
  { tenantId, id: releaseId }: { tenantId: string; id: string },
  { kind, cycle, document }: ComposedNotes,
): Promise<KeptNotes> {
  const rows = await notesRowsOf(tx, tenantId, releaseId, 'FOR UPDATE');
  const before = rows.find((row) => row.kind === kind && row.cycle === cycle);
  const edits = before?.edits ?? inherited(rows, kind, cycle, document);
  const notes = applyEdits(document, edits);
  const markdown = renderNotesMarkdown(notes);
  const id = before?.id ?? ulid();
  const values = [document.base, document.head, markdown, JSON.stringify(document)];
  if (before === undefined) {
    await tx.run(
      `INSERT INTO release_notes (id, tenant_id, release_id, kind, cycle, base_ref, head_ref, markdown, document, edits) VALUES (?)`,
      [[id, tenantId, releaseId, kind, cycle, ...values, edits.items.length === 0 ? null : JSON.stringify(edits)]],
    );
  } else {
    await tx.run(
      'UPDATE release_notes SET base_ref = ?, head_ref = ?, markdown = ?, document = ?, version = ? WHERE tenant_id = ? AND id = ?',
      [...values, before.version + Number(before.markdown !== markdown), tenantId, id],
    );
  }
  return { id, markdown, text: renderNotesText(notes) };
}

function inherited(rows: readonly NotesRow[], kind: NotesKind, cycle: number, document: NotesDocument): NotesEdits {
  const earlier = rows.filter((row) => row.kind === 'cycle' && (kind === 'final' || row.cycle < cycle));
  return inheritEdits(
    document,
    earlier.map((row) => row.edits),
    kind === 'final',
  );
}
