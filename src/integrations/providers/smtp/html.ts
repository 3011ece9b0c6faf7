import type { MessageContent, MessageSection } from '../../../domain/message.ts';
import { webAddress } from '../../kit/portable-text.ts';

/** Portable content as HTML that mail programs show: markup is ours alone, every text is escaped. */
export function htmlOf({ summary, sections }: MessageContent): string {
  const parts = sections.map(renderSection).filter((part) => part !== '');
  const body = parts.length === 0 ? paragraphs(summary) : parts.join('\n');
  return `<!doctype html>\n<html><body style="font-family: sans-serif">\n${body}\n</body></html>\n`;
}

function renderSection({ heading, text, fields = [] }: MessageSection): string {
  const parts = [heading?.trim() ? `<h3>${escaped(heading.trim())}</h3>` : '', text?.trim() ? paragraphs(text) : ''];
  const rows = fields.map(({ label, value, url }) => renderField(label, value, url)).join('\n');
  parts.push(rows === '' ? '' : `<table>\n${rows}\n</table>`);
  return parts.filter((part) => part !== '').join('\n');
}

function renderField(label: string, value: string, url: string | undefined): string {
  const address = webAddress(url);
  const shown = lines(value.trim()) || (address === null ? '–' : 'link');
  const cell = address === null ? shown : `<a href="${escaped(address)}">${shown}</a>`;
  return `<tr><th align="left" valign="top">${escaped(label)}</th><td>${cell}</td></tr>`;
}

/** Blank lines separate paragraphs; single line breaks are kept. */
const paragraphs = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .split(/\n[ \t]*\n+/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => `<p>${lines(paragraph.trim())}</p>`)
    .join('\n');

const lines = (text: string): string => escaped(text).replaceAll('\n', '<br>\n');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
