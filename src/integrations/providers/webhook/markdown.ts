import type { MessageContent, MessageSection } from '../../../domain/message.ts';
import { webAddress } from '../../kit/portable-text.ts';

/** Portable content as CommonMark. Every punctuation character of a text is escaped, so that it reads as it was written. */
export function markdownOf({ summary, sections }: MessageContent): string {
  const parts = sections.map(renderSection).filter((part) => part !== '');
  return parts.length === 0 ? lines(summary) : parts.join('\n\n');
}

function renderSection({ heading, text, fields = [] }: MessageSection): string {
  const parts = [heading?.trim() ? `## ${escaped(heading)}` : '', text === undefined ? '' : lines(text)];
  parts.push(fields.map(({ label, value, url }) => renderField(label, value, url)).join('\n'));
  return parts.filter((part) => part !== '').join('\n\n');
}

function renderField(label: string, value: string, url: string | undefined): string {
  const address = webAddress(url);
  const shown = escaped(value) || (address === null ? '–' : 'link');
  const name = escaped(label);
  return `- ${name === '' ? '' : `**${name}:** `}${address === null ? shown : `[${shown}](<${address.replace(/[<>\\]/g, encodeURIComponent)}>)`}`;
}

/** Blank lines separate paragraphs; single line breaks are kept. */
function lines(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split(/\n[ \t]*\n+/)
    .map((paragraph) => paragraph.split('\n').map(escaped).filter(Boolean).join('\\\n'))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}

/** CommonMark: "Any ASCII punctuation character may be backslash-escaped." */
function escaped(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[!-/:-@[-`{-~]/g, '\\$&');
}
