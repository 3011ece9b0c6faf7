import type { Sql } from '../../db/client.ts';
import type { NoteSection } from '../../domain/notes/document.ts';
import { renderNotesHtml } from '../../domain/notes/html.ts';
import { itemJson, notesJson, renderNotesJson } from '../../domain/notes/json.ts';
import { renderNotesMarkdown } from '../../domain/notes/markdown.ts';
import { renderStoreNotes } from '../../domain/notes/text.ts';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { type NotesView, notesView } from '../releases/list-notes.ts';
import { findRunOf } from '../releases/release-row.ts';
import { conflict, invalid, notFound } from '../service-error.ts';
import { editedNotes, type NotesRow, notesRowsOf } from './notes-row.ts';

export interface ItemEditView {
  itemId: string;
  text: string | null;
  hidden: boolean;
  section: NoteSection | null;
  /** How the item read when it was edited. */
  was: string;
  /** Its item is not in the notes (any more). */
  stale: boolean;
}

export interface NotesDetail extends Omit<NotesView, 'edits'> {
  /** Null for notes of before their parts were kept. */
  document: ReturnType<typeof notesJson> | null;
  preface: string | null;
  appendix: string | null;
  edits: ItemEditView[];
  /** What people took out. */
  hidden: ReturnType<typeof itemJson>[];
}

/** One range's notes with everything an editor needs. */
export async function readNotes(deps: Pick<ServiceDeps, 'db'>, caller: Caller, place: NotesPlace): Promise<NotesDetail> {
  authorise(caller, 'release:read');
  return notesDetail(await findNotes(deps.db, caller, place));
}

export interface NotesPlace {
  releaseId: string;
  noteId: string;
}

/** @throws ServiceError not-found */
export async function findNotes(
  sql: Sql,
  caller: Caller,
  { releaseId, noteId }: NotesPlace,
  lock: '' | 'FOR UPDATE' = '',
): Promise<NotesRow> {
  await findRunOf(sql, caller, releaseId);
  const row = (await notesRowsOf(sql, caller.tenantId, releaseId, lock)).find(({ id }) => id === noteId);
  if (row === undefined) throw notFound('This set of notes');
  return row;
}

export function notesDetail(row: NotesRow): NotesDetail {
  const notes = editedNotes(row);
  const stale = new Set(notes?.stale.map(({ itemId }) => itemId));
  return {
    ...notesView(row),
    document: notes === null ? null : notesJson(notes),
    preface: row.edits.preface,
    appendix: row.edits.appendix,
    edits: row.edits.items.map(({ itemId, text = null, hidden = false, section = null, was }) => ({
      ...{ itemId, text, hidden, section, was, stale: stale.has(itemId) },
    })),
    hidden: (notes?.hidden ?? []).map(itemJson),
  };
}

export const notesFormats = ['markdown', 'html', 'json', 'store'] as const;
export type NotesFormat = (typeof notesFormats)[number];

export interface RenderedNotes {
  contentType: string;
  body: string;
}

/**
 * The notes as a page: the final ones, or those of the latest candidate before there are any; of a cycle, its own.
 * @throws ServiceError not-found while there are none
 */
export async function renderNotes(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  releaseId: string,
  { format, target, cycle }: { format: NotesFormat; target?: StoreTarget | undefined; cycle?: number | undefined },
): Promise<RenderedNotes> {
  authorise(caller, 'release:read');
  await findRunOf(deps.db, caller, releaseId);
  if (format === 'store' && target === undefined)
    throw invalid([{ field: '?target', message: 'must name the store that the text is for' }]);
  const rows = await notesRowsOf(deps.db, caller.tenantId, releaseId);
  const row = cycle === undefined ? rows.at(-1) : rows.find((found) => found.cycle === cycle);
  if (row === undefined) throw notFound(cycle === undefined ? 'A set of notes of the release' : `A set of notes of cycle ${cycle}`);
  return render(row, format, target);
}

function render(row: NotesRow, format: NotesFormat, target: StoreTarget | undefined): RenderedNotes {
  const notes = editedNotes(row);
  if (notes === null && format === 'markdown') return { contentType: types.markdown, body: row.markdown };
  if (notes === null) throw conflict('Of these notes only their Markdown was kept: ask for format=markdown.');
  const body = {
    markdown: () => renderNotesMarkdown(notes),
    html: () => renderNotesHtml(notes),
    json: () => renderNotesJson(notes),
    store: () => (target === undefined ? '' : renderStoreNotes(notes, target)),
  }[format]();
  return { contentType: types[format], body };
}

const types: Readonly<Record<NotesFormat, string>> = {
  markdown: 'text/markdown; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json',
  store: 'text/plain; charset=utf-8',
};
