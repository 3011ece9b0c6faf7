import { arrange, itemsOf, type NoteItem, type NoteSection, type NotesDocument } from './document.ts';
import { itemId, sourcesOf } from './item-id.ts';

/** What a person changed of one item; what is absent stays as it was composed. */
export interface ItemEdit {
  itemId: string;
  /** In place of scope and text. */
  text?: string;
  hidden?: boolean;
  section?: NoteSection;
  /** How the item read when it was edited: so that it can be told what the edit was about once the item is gone. */
  was: string;
}

export interface NotesEdits {
  /** Paragraphs of plain text, parted by blank lines. */
  preface: string | null;
  appendix: string | null;
  items: ItemEdit[];
}

/** What people read. */
export interface EditedNotes extends NotesDocument {
  preface: string | null;
  appendix: string | null;
  /** Items that people took out, as they were composed. */
  hidden: NoteItem[];
  /** Edits whose item is not there: its commits were reverted, or another edit of the same item counts. */
  stale: ItemEdit[];
}

export const noEdits: NotesEdits = { preface: null, appendix: null, items: [] };

/** Notes are composed anew and edits are kept: this puts them together, after each candidate and each retry. */
export function applyEdits(document: NotesDocument, edits: NotesEdits): EditedNotes {
  const items = itemsOf(document);
  const editOf = match(items, edits.items);
  const isHidden = (item: NoteItem) => editOf.get(item)?.hidden === true;
  const used = new Set(editOf.values());
  return {
    ...document,
    sections: arrange(items.filter((item) => !isHidden(item)).map((item) => edited(item, editOf.get(item)))),
    preface: edits.preface,
    appendix: edits.appendix,
    hidden: items.filter(isHidden),
    stale: edits.items.filter((edit) => !used.has(edit)),
  };
}

/**
 * Edits that the notes of another range of the same release have from earlier ones; of two for one item the later. Prefaces are about one
 * range and stay there.
 * @param earlier in the order of their candidates
 */
export function inheritEdits(document: NotesDocument, earlier: readonly NotesEdits[], whole: boolean): NotesEdits {
  const latest = new Map(earlier.flatMap(({ items }) => items).map((edit) => [edit.itemId, edit]));
  const edits = [...latest.values()];
  const used = new Set(match(itemsOf(document), edits).values());
  // Notes of the whole release show what became of every edit; those of one candidate are about its own commits.
  return { ...noEdits, items: whole ? edits : edits.filter((edit) => used.has(edit)) };
}

/** By the item's own id, else by another of its sources; one edit for each item. */
function match(items: readonly NoteItem[], edits: readonly ItemEdit[]): Map<NoteItem, ItemEdit> {
  const byId = new Map(edits.map((edit) => [edit.itemId, edit]));
  const matched = new Map<NoteItem, ItemEdit>();
  for (const item of items) {
    const edit = sourcesOf(item)
      .map((source) => byId.get(itemId(source)))
      .find((found) => found !== undefined);
    if (edit !== undefined) matched.set(item, edit);
  }
  return matched;
}

function edited(item: NoteItem, edit: ItemEdit | undefined): NoteItem {
  if (edit === undefined) return item;
  return {
    ...item,
    ...(edit.section === undefined ? {} : { section: edit.section }),
    // People wrote the whole line: what the composed one says before the colon is no part of theirs.
    ...(edit.text === undefined ? {} : { text: edit.text, scope: null }),
  };
}

/** How an item reads, scope included. */
export const wordsOf = ({ scope, text }: NoteItem): string => (scope === null ? text : `${scope}: ${text}`);
