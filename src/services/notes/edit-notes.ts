import type { Tx } from '../../db/client.ts';
import { itemsOf, type NoteSection, type NotesDocument } from '../../domain/notes/document.ts';
import { applyEdits, type ItemEdit, type NotesEdits, wordsOf } from '../../domain/notes/edits.ts';
import { renderNotesMarkdown } from '../../domain/notes/markdown.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { hurryGates } from '../gates/hurry-gates.ts';
import { lockRelease, refuseEnded } from '../releases/release-row.ts';
import { conflict, invalid, type Problem } from '../service-error.ts';
import type { NotesRow } from './notes-row.ts';
import { findNotes, type NotesDetail, type NotesPlace, notesDetail } from './read-notes.ts';

export interface EditNotesInput {
  /** What the person saw. */
  version: number;
  preface: string | null;
  appendix: string | null;
  edits: { itemId: string; text?: string | undefined; hidden?: boolean | undefined; section?: NoteSection | undefined }[];
}

/**
 * Replaces what people changed of notes. It is kept apart from what was composed, and applied again whenever that is composed anew.
 * @throws ServiceError conflict when the notes are no longer those the person saw
 */
export async function editNotes(
  deps: Pick<ServiceDeps, 'db' | 'ring'>,
  caller: Caller,
  place: NotesPlace,
  input: EditNotesInput,
): Promise<NotesDetail> {
  authorise(caller, 'release:update');
  return deps.db.transact(async (tx) => {
    const release = await lockRelease(tx, caller, place.releaseId);
    const row = await findNotes(tx, caller, place, 'FOR UPDATE');
    refuseEnded(release);
    if (row.version !== input.version) {
      throw conflict(
        `The notes are at version ${row.version}, not ${input.version}: they were edited or composed anew meanwhile. Read them again.`,
      );
    }
    if (row.document === null) throw conflict('Of these notes only their Markdown was kept: retry the task that writes them, then edit.');
    const edits = complete(row.document, row.edits, input);
    const items = changes(row.edits, edits);
    if (items.length === 0) return notesDetail(row);
    const after = { ...row, edits, version: row.version + 1, markdown: renderNotesMarkdown(applyEdits(row.document, edits)) };
    await write(tx, release.tenantId, after);
    await writeHistory(tx, [
      {
        ...{ tenantId: release.tenantId, scopeId: release.id, entityType: 'notes', entityId: row.id, action: 'UPDATE' },
        ...{ actor: actorOf(caller), items },
      },
    ]);
    // Whoever approved the notes approved other ones.
    await hurryGates(tx, deps.ring, release.run.id);
    return notesDetail(after);
  });
}

function complete(document: NotesDocument, before: NotesEdits, { preface, appendix, edits }: EditNotesInput): NotesEdits {
  const items = new Map(itemsOf(document).map((item) => [item.id, item]));
  const known = new Map(before.items.map((edit) => [edit.itemId, edit]));
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const completed = edits.flatMap(({ itemId, text, hidden, section }, index): ItemEdit[] => {
    const item = items.get(itemId);
    const was = known.get(itemId)?.was ?? (item === undefined ? undefined : wordsOf(item));
    if (was === undefined) problems.push({ field: `/edits/${index}/itemId`, message: 'is no item of these notes' });
    if (seen.has(itemId)) problems.push({ field: `/edits/${index}/itemId`, message: 'is edited twice' });
    seen.add(itemId);
    return [
      {
        itemId,
        ...(text === undefined ? {} : { text }),
        ...(hidden === true ? { hidden } : {}),
        ...(section === undefined ? {} : { section }),
        was: was ?? '',
      },
    ];
  });
  if (problems.length > 0) throw invalid(problems);
  return { preface, appendix, items: completed };
}

function changes(before: NotesEdits, after: NotesEdits): HistoryItem[] {
  const editsOf = ({ items }: NotesEdits) => new Map(items.map((edit) => [edit.itemId, sentence(edit)]));
  const [old, now] = [editsOf(before), editsOf(after)];
  const ids = [...new Set([...old.keys(), ...now.keys()])];
  return [
    { field: 'preface', before: before.preface, after: after.preface },
    { field: 'appendix', before: before.appendix, after: after.appendix },
    ...ids.map((id) => ({ field: `item/${id}`, before: old.get(id) ?? null, after: now.get(id) ?? null })),
  ].filter((item) => item.before !== item.after);
}

/** What an edit does, in one form for one edit. */
const sentence = ({ text, hidden, section, was }: ItemEdit): string =>
  [
    `"${was}"`,
    ...(hidden === true ? ['hidden'] : []),
    ...(section === undefined ? [] : [`under ${section}`]),
    ...(text === undefined ? [] : [`reads "${text}"`]),
  ].join(', ');

async function write(tx: Tx, tenantId: string, { id, edits, version, markdown }: NotesRow): Promise<void> {
  await tx.run('UPDATE release_notes SET edits = ?, version = ?, markdown = ? WHERE tenant_id = ? AND id = ?', [
    ...[JSON.stringify(edits), version, markdown],
    ...[tenantId, id],
  ]);
}
