import { type NoteItem, noteHeadings, remarkSentences } from './document.ts';
import type { EditedNotes } from './edits.ts';
import { oneLine } from './one-line.ts';
import { missingTickets, paragraphs, webAddress } from './reading.ts';

/** Notes as a fragment of HTML, ending with a line feed. What came from commits, pull requests and people is text and nothing else. */
export function renderNotesHtml(notes: EditedNotes): string {
  const parts = [
    ...paragraphs(notes.preface).map(paragraph),
    ...(notes.sections.length === 0 ? ['<p>No changes.</p>'] : []),
    ...notes.sections.flatMap(({ section, items }) => [
      `<h2>${escapeHtml(noteHeadings[section])}</h2>`,
      '<ul>',
      ...items.map(renderItem),
      '</ul>',
    ]),
    ...paragraphs(notes.appendix).map(paragraph),
    ...notes.remarks.map((remark) => `<p><em>${escapeHtml(remarkSentences[remark])}</em></p>`),
  ];
  return `${parts.join('\n')}\n`;
}

const paragraph = (text: string) => `<p>${escapeHtml(text)}</p>`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string): string => oneLine(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');

function renderItem(item: NoteItem): string {
  const scope = item.scope === null ? '' : `<strong>${escapeHtml(item.scope)}:</strong> `;
  const references = [...missingTickets(item).map(escapeHtml), ...item.pullRequests.map(({ number, url }) => link(`#${number}`, url))];
  const commits = item.commits.map(({ sha, url }) => link(sha.slice(0, 10), url)).join(', ');
  const authors = item.authors.map(escapeHtml).filter((name) => name !== '');
  const line = [
    `${scope}${escapeHtml(item.text)}`,
    ...(references.length === 0 ? [] : [`(${references.join(', ')})`]),
    `(${commits})`,
    ...(authors.length === 0 ? [] : [`— ${authors.join(', ')}`]),
  ].join(' ');
  const advice = item.breakingNotes.map((note) => `<li>${escapeHtml(note)}</li>`).join('');
  return `<li>${line}${advice === '' ? '' : `<ul>${advice}</ul>`}</li>`;
}

function link(text: string, url: string | null): string {
  const address = webAddress(url);
  return address === null ? escapeHtml(text) : `<a href="${escapeHtml(address)}" rel="noopener noreferrer">${escapeHtml(text)}</a>`;
}
