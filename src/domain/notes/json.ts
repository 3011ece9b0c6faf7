import type { NoteItem } from './document.ts';
import type { EditedNotes } from './edits.ts';

/** Grows when what readers of an older shape rely on changes. */
export const NOTES_JSON_VERSION = 1 as const;

/**
 * Notes as a value whose keys have one order, wherever the document was kept meanwhile: databases order the keys of JSON as they like. Stale
 * edits and hidden items are for those who edit, not for readers.
 */
export function notesJson(notes: EditedNotes) {
  return {
    version: NOTES_JSON_VERSION,
    base: notes.base,
    head: notes.head,
    commits: notes.commits,
    preface: notes.preface,
    sections: notes.sections.map(({ section, items }) => ({ section, items: items.map(itemJson) })),
    appendix: notes.appendix,
    remarks: [...notes.remarks],
  };
}

export const renderNotesJson = (notes: EditedNotes): string => `${JSON.stringify(notesJson(notes), null, 2)}\n`;

export function itemJson(item: NoteItem) {
  return {
    id: item.id,
    section: item.section,
    scope: item.scope,
    text: item.text,
    breakingNotes: [...item.breakingNotes],
    tickets: [...item.tickets],
    pullRequests: item.pullRequests.map(({ number, url }) => ({ number, url })),
    authors: [...item.authors],
    commits: item.commits.map(({ sha, url, pickedFrom }) => ({ sha, url, pickedFrom: [...pickedFrom] })),
  };
}
