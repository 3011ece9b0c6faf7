import { compareText } from '../release/natural-order.ts';

/** In the order of the page. */
export const noteSections = [
  'breaking',
  'security',
  'features',
  'fixes',
  'performance',
  'reverts',
  'documentation',
  'other',
  'dependencies',
] as const;
export type NoteSection = (typeof noteSections)[number];

/** What people read above each section. */
export const noteHeadings: Readonly<Record<NoteSection, string>> = {
  breaking: 'Breaking changes',
  security: 'Security',
  features: 'Features',
  fixes: 'Fixes',
  performance: 'Performance',
  reverts: 'Reverted',
  documentation: 'Documentation',
  other: 'Other',
  dependencies: 'Dependencies',
};

/** What readers must know about how the notes were made. */
export const noteRemarks = ['since-fork', 'without-pull-requests', 'some-pull-requests'] as const;
export type NoteRemark = (typeof noteRemarks)[number];

export const remarkSentences: Readonly<Record<NoteRemark, string>> = {
  'since-fork': 'There is no earlier release to compare with: these are the changes since the release branch was cut.',
  'without-pull-requests': 'The provider does not tell by which pull requests these commits came in, so commits speak for themselves.',
  'some-pull-requests': 'Pull requests were looked up for the newest commits only.',
};

export interface NoteItemCommit {
  sha: string;
  url: string | null;
  /** Ids of the commits it was picked from, as far as the message says. */
  pickedFrom: string[];
}

export interface NoteItemPull {
  number: number;
  url: string | null;
}

export interface NoteItem {
  /** Of its source, the pull request or the first commit of it: the same in the notes of every candidate and the final ones. */
  id: string;
  section: NoteSection;
  scope: string | null;
  text: string;
  /** What people must do about a breaking change, as far as the commits say. */
  breakingNotes: string[];
  tickets: string[];
  pullRequests: NoteItemPull[];
  authors: string[];
  /** More than one where a pull request has several, or the same change was picked. */
  commits: NoteItemCommit[];
}

/** What a range of commits means to people. Sections without items are left out; every item's `section` is that of its place. */
export interface NotesDocument {
  base: string;
  head: string;
  /** In the range, those included that notes leave out. */
  commits: number;
  remarks: NoteRemark[];
  sections: NotesSection[];
}

export interface NotesSection {
  section: NoteSection;
  items: NoteItem[];
}

export const itemsOf = ({ sections }: Pick<NotesDocument, 'sections'>): NoteItem[] => sections.flatMap(({ items }) => items);

/** Puts items where they belong, each section in the order of its words. */
export function arrange(items: readonly NoteItem[]): NotesSection[] {
  const sorted = [...items].sort(byWords);
  return noteSections
    .map((section) => ({ section, items: sorted.filter((item) => item.section === section) }))
    .filter((entry) => entry.items.length > 0);
}

function byWords(a: NoteItem, b: NoteItem): number {
  return (
    compareText((a.scope ?? '').toLowerCase(), (b.scope ?? '').toLowerCase()) || compareText(a.text.toLowerCase(), b.text.toLowerCase())
  );
}
