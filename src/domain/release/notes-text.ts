import { type NoteItem, noteHeadings, type ReleaseNotes } from './notes.ts';

/** Notes as plain text, for messages: no links, no authors, a line per change. */
export function renderNotesText(notes: ReleaseNotes): string {
  if (notes.length === 0) return 'No changes.';
  return notes.map(({ group, items }) => [noteHeadings[group], ...items.map(renderLine)].join('\n')).join('\n\n');
}

function renderLine(item: NoteItem): string {
  const scope = item.scope === null ? '' : `${item.scope}: `;
  const references = [
    ...item.tickets.filter((ticket) => !item.description.includes(ticket)),
    ...item.pullRequests.map((number) => `#${number}`),
  ];
  return `• ${scope}${item.description}${references.length === 0 ? '' : ` (${references.join(', ')})`}`.replaceAll(/\s+/g, ' ');
}
