import { type NoteItem, noteHeadings, remarkSentences } from './document.ts';
import type { EditedNotes } from './edits.ts';
import { oneLine } from './one-line.ts';
import { missingTickets, paragraphs, webAddress } from './reading.ts';

/** Notes as CommonMark, ending with a line feed. What came from commits, pull requests and people cannot format anything. */
export function renderNotesMarkdown(notes: EditedNotes): string {
  const sections = notes.sections.map(({ section, items }) => `## ${noteHeadings[section]}\n\n${items.map(renderItem).join('\n')}`);
  const parts = [
    ...paragraphs(notes.preface).map(escapeMarkdown),
    ...(sections.length === 0 ? ['No changes.'] : sections),
    ...paragraphs(notes.appendix).map(escapeMarkdown),
    ...notes.remarks.map((remark) => `_${remarkSentences[remark]}_`),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Makes text mean only itself inside a line of Markdown: formatting characters are escaped, line breaks and the like become blanks. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_[\]<>|~&$]/g, '\\$&')
    .replace(/^([#+=-])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

function renderItem(item: NoteItem): string {
  const scope = item.scope === null ? '' : `**${escapeMarkdown(item.scope)}:** `;
  const references = [...missingTickets(item).map(escapeMarkdown), ...item.pullRequests.map(({ number, url }) => link(`#${number}`, url))];
  const commits = item.commits.map(({ sha, url }) => link(escapeMarkdown(sha.slice(0, 10)), url)).join(', ');
  const authors = item.authors.map(escapeMarkdown).filter((name) => name !== '');
  const line = [
    `- ${scope}${escapeMarkdown(item.text)}`,
    ...(references.length === 0 ? [] : [`(${references.join(', ')})`]),
    `(${commits})`,
    ...(authors.length === 0 ? [] : [`— ${authors.join(', ')}`]),
  ].join(' ');
  return [line, ...item.breakingNotes.map((note) => `  - ${escapeMarkdown(note)}`)].join('\n');
}

function link(text: string, url: string | null): string {
  const address = webAddress(url);
  return address === null ? text : `[${text}](${address.replaceAll(/[\p{Cc}\s<>()\\[\]]/gu, encode)})`;
}

/** Parentheses are legal in addresses and end a Markdown link; `encodeURIComponent` leaves them alone. */
const encode = (character: string) => (character === '(' ? '%28' : character === ')' ? '%29' : encodeURIComponent(character));
