import type { MessageContent, MessageSection } from '../../domain/message.ts';

/** Portable content where there is no rich text of the provider's own: as plain text, within bounds. */

const ELLIPSIS = '…';
const CUT = `${ELLIPSIS} The message is too long and was cut here.`;

/** One line, whatever was in it: no line breaks, no control characters. At most `max` characters. */
export function oneLine(text: string, max: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  return clipped(text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim(), max);
}

/** Paragraphs: heading, text and fields of each section. Never empty. */
export function plainText({ summary, sections }: MessageContent): string {
  const parts = sections.map(plainSection).filter((part) => part !== '');
  return parts.length === 0 ? summary.trim() || ELLIPSIS : parts.join('\n\n');
}

function plainSection({ heading, text, fields = [] }: MessageSection): string {
  const lines = fields.map(({ label, value, url }) => {
    const address = webAddress(url);
    return `${oneLine(label, 200)}: ${value.trim() || '–'}${address === null ? '' : ` <${address}>`}`;
  });
  return [heading?.replace(/\s+/g, ' ').trim() ?? '', text?.trim() ?? '', lines.join('\n')].filter((part) => part !== '').join('\n');
}

/** The address as it may stand in a link; `null` for what is none, or leads somewhere else than to the web. */
export function webAddress(url: string | undefined): string | null {
  if (url === undefined || !URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

/** The same content with at most about `maxChars` characters, which says so where it was cut. */
export function shortened(content: MessageContent, maxChars: number): MessageContent {
  let room = maxChars;
  let isCut = false;
  const take = (text: string): string => {
    const taken = room <= 0 ? '' : clipped(text, room);
    isCut ||= taken !== text;
    room -= text.length;
    return taken;
  };
  const sections: MessageSection[] = [];
  for (const { heading, text, fields } of content.sections) {
    if (room <= 0) isCut = true;
    if (isCut) break;
    const section: MessageSection = {};
    if (heading !== undefined) section.heading = take(heading);
    if (text !== undefined) section.text = take(text);
    if (fields !== undefined) {
      // An address cut in the middle leads elsewhere: it goes whole or not at all.
      section.fields = fields.flatMap(({ url, ...field }) => {
        if (room <= 0) isCut = true;
        if (isCut) return [];
        const kept = { label: take(field.label), value: take(field.value) };
        room -= url?.length ?? 0;
        return [{ ...kept, ...(url === undefined ? {} : { url }) }];
      });
    }
    sections.push(section);
  }
  if (isCut) sections.push({ text: CUT });
  return { ...content, summary: clipped(content.summary, MAX_SUMMARY), sections };
}

const MAX_SUMMARY = 3000;

/** Cut between characters. */
function clipped(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = Math.max(0, max - ELLIPSIS.length);
  // Half a surrogate pair is no character.
  if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end) + ELLIPSIS;
}
