import { type NoteItem, noteHeadings, type ReleaseNotes } from './notes.ts';

/** Notes as CommonMark, ending with a line feed. What came from commits and pull requests cannot format anything. */
export function renderNotesMarkdown(notes: ReleaseNotes): string {
  if (notes.length === 0) return 'No changes.\n';
  const sections = notes.map(({ group, items }) => `## ${noteHeadings[group]}\n\n${items.map(renderItem).join('\n')}\n`);
  return sections.join('\n');
}

/**
 * Makes text mean only itself inside a line of Markdown: formatting characters are escaped, line breaks, control characters and those that
 * turn the reading direction become blanks.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>|~&$]/g, '\\$&')
    .replace(/^([#+=-])/, '\\$1')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

function renderItem(item: NoteItem): string {
  const scope = item.scope === null ? '' : `**${escapeMarkdown(item.scope)}:** `;
  const missing = item.tickets.filter((ticket) => !item.description.includes(ticket));
  const references = [...missing.map(escapeMarkdown), ...item.pullRequests.map((number) => `#${number}`)];
  const commits = item.commits.map(renderCommit).join(', ');
  const authors = item.authors.map(escapeMarkdown).filter((name) => name !== '');
  const line = [
    `- ${scope}${escapeMarkdown(item.description)}`,
    ...(references.length === 0 ? [] : [`(${references.join(', ')})`]),
    `(${commits})`,
    ...(authors.length === 0 ? [] : [`— ${authors.join(', ')}`]),
  ].join(' ');
  return [line, ...item.breakingNotes.map((note) => `  - ${escapeMarkdown(note)}`)].join('\n');
}

function renderCommit({ sha, url }: { sha: string; url: string | null }): string {
  const short = escapeMarkdown(sha.slice(0, 10));
  if (url === null || !/^https?:\/\//i.test(url)) return short;
  return `[${short}](${url.replaceAll(/[\p{Cc}\s<>()\\[\]]/gu, encode)})`;
}

/** Parentheses are legal in addresses and end a Markdown link; `encodeURIComponent` leaves them alone. */
const encode = (character: string) => (character === '(' ? '%28' : character === ')' ? '%29' : encodeURIComponent(character));
