/** Plain text as Markdown that reads as the text: Linear takes descriptions and comments in no other form. */

// Addresses stay as they are, for Linear makes links of them; punctuation at the end of a sentence is not part of one.
const ADDRESS = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}']/g;
const BLANK_LINE = /\n[ \t]*\n+/;

/** Blank lines separate paragraphs; single line breaks are kept. */
export function markdownOf(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split(BLANK_LINE)
    .map((paragraph) => paragraph.split('\n').map(line).filter(Boolean).join('  \n'))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** Indented text would be code; what a line begins with would make headings, lists, quotes, rules and tables. */
function line(text: string): string {
  const trimmed = text.trim();
  let escaped = '';
  let from = 0;
  for (const match of trimmed.matchAll(ADDRESS)) {
    escaped += inline(trimmed.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  escaped += inline(trimmed.slice(from));
  return escaped.replace(/^([#+=-])/, '\\$1').replace(/^(\d{1,9})([.)])(?=\s|$)/, '$1\\$2');
}

function inline(text: string): string {
  return text.replace(/[\\`*_[\]<>~|]/g, '\\$&').replace(/&(?=#?\w+;)/g, '\\&');
}
