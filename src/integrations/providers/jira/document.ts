/** Plain text as an Atlassian document (ADF), the only form in which Cloud's REST v3 takes descriptions and comments. */

import { z } from 'zod';

type Mark = { type: 'link'; attrs: { href: string } };
type Inline = { type: 'text'; text: string; marks?: Mark[] } | { type: 'hardBreak' };

interface AdfDocument {
  type: 'doc';
  version: 1;
  content: { type: 'paragraph'; content: Inline[] }[];
}

// Punctuation at the end of a sentence is not part of the address before it.
const ADDRESS = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}']/g;

/** Blank lines separate paragraphs; single line breaks are kept; web addresses become links, which ADF does not do by itself. */
export function adfDocument(text: string): AdfDocument {
  const paragraphs = text.replace(/\r\n?/g, '\n').split(/\n[ \t]*\n+/);
  return {
    type: 'doc',
    version: 1,
    content: paragraphs
      .filter((paragraph) => paragraph.trim() !== '')
      .map((paragraph) => ({ type: 'paragraph', content: inline(paragraph) })),
  };
}

/**
 * The text of a document, one line per paragraph and line break; '' for what is none. People's comments have nodes of every kind; text is found
 * in all of them.
 */
export function documentText(document: unknown): string {
  const parsed = node.safeParse(document);
  if (!parsed.success) return '';
  const { type, text, content } = parsed.data;
  if (type === 'hardBreak') return '\n';
  const inner = (content ?? []).map(documentText).join('');
  return (text ?? '') + inner + (type !== 'text' && content !== undefined ? '\n' : '');
}

const node = z.object({ type: z.string(), text: z.string().optional(), content: z.array(z.unknown()).optional() });

function inline(paragraph: string): Inline[] {
  return paragraph
    .replace(/^\n+|\n+$/g, '')
    .split('\n')
    .flatMap((line, index) => [...(index === 0 ? [] : [{ type: 'hardBreak' as const }]), ...textAndLinks(line)]);
}

function textAndLinks(line: string): Inline[] {
  const nodes: Inline[] = [];
  let from = 0;
  // An empty text node is refused.
  const push = (text: string, marks?: Mark[]) => text !== '' && nodes.push({ type: 'text', text, ...(marks && { marks }) });
  for (const match of line.matchAll(ADDRESS)) {
    push(line.slice(from, match.index));
    push(match[0], [{ type: 'link', attrs: { href: match[0] } }]);
    from = match.index + match[0].length;
  }
  push(line.slice(from));
  return nodes;
}
