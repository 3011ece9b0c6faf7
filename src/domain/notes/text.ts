import { notesForStore } from '../release/store-notes.ts';
import type { StoreTarget } from '../release/vocabulary.ts';
import { type NoteItem, type NoteSection, type NotesSection, noteHeadings } from './document.ts';
import { type EditedNotes, wordsOf } from './edits.ts';
import { oneLine } from './one-line.ts';
import { missingTickets, paragraphs } from './reading.ts';

/** Notes as plain text, for messages: no links, no authors, a line per change, and one for all new versions of packages. */
export function renderNotesText(notes: EditedNotes): string {
  return joined(notes, notes.sections, (item) => `${wordsOf(item)}${references(item)}`);
}

/** What concerns only those who build the software. */
const internal: readonly NoteSection[] = ['reverts', 'documentation', 'other', 'dependencies'];

/**
 * Notes as the users of an app read them in its store: what they can notice, in plain words. A release of nothing but inner changes tells those.
 */
export function renderStoreText(notes: EditedNotes): string {
  const noticed = notes.sections.filter(({ section }) => !internal.includes(section));
  return joined(notes, noticed.length === 0 ? notes.sections : noticed, wordsOf);
}

/** The same as a store takes it, cut between two changes. */
export const renderStoreNotes = (notes: EditedNotes, target: StoreTarget): string => notesForStore(target, renderStoreText(notes));

function joined(notes: EditedNotes, sections: readonly NotesSection[], wording: (item: NoteItem) => string): string {
  const parts = sections.map(({ section, items }) => [noteHeadings[section], ...linesOf(section, items, wording)].join('\n'));
  return [
    ...paragraphs(notes.preface).map((text) => oneLine(text)),
    ...(parts.length === 0 ? ['No changes.'] : parts),
    ...paragraphs(notes.appendix).map((text) => oneLine(text)),
  ].join('\n\n');
}

function linesOf(section: NoteSection, items: readonly NoteItem[], wording: (item: NoteItem) => string): string[] {
  if (section === 'dependencies' && items.length > 1) return [`• ${items.length} packages updated`];
  return items.map((item) => `• ${oneLine(wording(item))}`);
}

function references(item: NoteItem): string {
  const names = [...missingTickets(item), ...item.pullRequests.map(({ number }) => `#${number}`)];
  return names.length === 0 ? '' : ` (${names.join(', ')})`;
}
