import type { NoteItem } from './document.ts';

/** What every rendering of notes reads the same way. */

/** Tickets that the text does not name already. */
export const missingTickets = ({ tickets, text }: NoteItem): string[] => tickets.filter((ticket) => !text.includes(ticket));

/** A link may lead to the web, and nowhere else. */
export const webAddress = (url: string | null): string | null => (url !== null && /^https?:\/\//i.test(url) ? url : null);

/** Blank lines part them. */
export const paragraphs = (text: string | null): string[] =>
  (text ?? '')
    .split(/(?:\r\n|\r|\n)[^\S\r\n]*(?:\r\n|\r|\n)\s*/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
