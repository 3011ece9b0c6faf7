import { createHash } from 'node:crypto';
import type { ActionsBlock, Button, ConfirmationDialog, KnownBlock } from '@slack/web-api';
import type { MessageAction, MessageContent, MessageSection } from '../../../domain/message.ts';

/**
 * Portable content as Block Kit. Limits: "Block Kit: Blocks" (50 blocks a message, header 150 characters, section text 3000, 10 fields of
 * 2000 each, block id 255) and "Block elements: Button" (25 a block, label 75, confirmation 300). Escaping: "Formatting text for app surfaces",
 * `&`, `<` and `>` and nothing else; with those escaped no text of ours can mention a person, ping a channel or form a link.
 */

const MAX_BLOCKS = 50;
const MAX_HEADING = 150;
const MAX_TEXT = 3000;
const MAX_FIELDS = 10;
const MAX_FIELD = 2000;
const MAX_BLOCK_ID = 255;
const MAX_BUTTONS = 25;
const MAX_LABEL = 75;
const MAX_CONFIRMATION = 300;
const MAX_CONFIRMING_LABEL = 30;
/** So many rows of buttons that something can be said above them. */
const MAX_BUTTON_ROWS = 10;
const ELLIPSIS = '…';

interface Rendered {
  /** Notifications, and clients that show no blocks. */
  text: string;
  blocks: KnownBlock[];
}

/** The last block carries the message's key as its id, by which the message is found again. */
export function render(content: MessageContent, key: string): Rendered {
  const summary = oneLine(content.summary);
  const blocks = [...headline(summary), ...content.sections.flatMap(renderSection)];
  if (blocks.length === 0) blocks.push(...paragraphs(ELLIPSIS));
  const buttons = renderActions(content.actions ?? []);
  const room = MAX_BLOCKS - buttons.length;
  if (blocks.length > room) {
    blocks.splice(room - 1, blocks.length, ...paragraphs(`${ELLIPSIS} The message is too long for Slack and was cut here.`));
  }
  blocks.push(...buttons);
  const last = blocks.at(-1);
  if (last) last.block_id = blockIdOf(key);
  return { text: clipped(summary, MAX_TEXT), blocks };
}

/** Where there are blocks, Slack shows the text in notifications alone. What a header has no room for is told as text, whole. */
function headline(summary: string): KnownBlock[] {
  if (summary === '') return [];
  const escaped = escapeText(summary);
  return escaped.length <= MAX_HEADING ? [{ type: 'header', text: plain(escaped) }] : paragraphs(summary);
}

export function blockIdOf(key: string): string {
  const id = `signalbox:${key}`;
  return id.length <= MAX_BLOCK_ID ? id : `signalbox:sha256:${createHash('sha256').update(key).digest('hex')}`;
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function renderSection(section: MessageSection): KnownBlock[] {
  const blocks: KnownBlock[] = [];
  if (section.heading?.trim()) blocks.push({ type: 'header', text: plain(clipped(oneLine(section.heading), MAX_HEADING)) });
  if (section.text?.trim()) blocks.push(...paragraphs(section.text));
  const fields = (section.fields ?? []).map(({ label, value, url }) => ({
    type: 'mrkdwn' as const,
    text: renderField(label, value, url),
    verbatim: true,
  }));
  for (let start = 0; start < fields.length; start += MAX_FIELDS) {
    blocks.push({ type: 'section', fields: fields.slice(start, start + MAX_FIELDS) });
  }
  return blocks;
}

/** Rows of buttons; within one no two may have the same id. */
function renderActions(actions: readonly MessageAction[]): ActionsBlock[] {
  const rows: MessageAction[][] = [];
  for (const action of actions) {
    const row = rows.at(-1);
    if (row === undefined || row.length === MAX_BUTTONS || row.some(({ id }) => id === action.id)) rows.push([action]);
    else row.push(action);
  }
  return rows.slice(0, MAX_BUTTON_ROWS).map((row) => ({ type: 'actions', elements: row.map(renderButton) }));
}

function renderButton({ id, label, value, style, confirm }: MessageAction): Button {
  const words = oneLine(label) || id;
  return {
    type: 'button',
    action_id: id,
    text: plain(clipped(words, MAX_LABEL)),
    ...(value === '' ? {} : { value }),
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined ? {} : { confirm: renderConfirmation(words, confirm, style) }),
  };
}

function renderConfirmation(label: string, question: string, style: MessageAction['style']): ConfirmationDialog {
  return {
    title: plain('Are you sure?'),
    text: plain(clipped(question.trim() || label, MAX_CONFIRMATION)),
    confirm: plain(clipped(label, MAX_CONFIRMING_LABEL)),
    deny: plain('Cancel'),
    ...(style === undefined ? {} : { style }),
  };
}

/** Markup is ours alone: label in bold, value as a link where there is one. */
function renderField(label: string, value: string, url: string | undefined): string {
  const head = `*${clipped(label.replace(/\s+/g, ' '), 200)}*\n`;
  const target = url === undefined ? null : linkTarget(url);
  if (target === null || head.length + target.length + 100 > MAX_FIELD) return head + (clipped(value, MAX_FIELD - head.length) || '–');
  const room = MAX_FIELD - head.length - target.length - '<|>'.length;
  return `${head}<${target}|${clipped(value.replace(/\s+/g, ' '), room) || 'link'}>`;
}

/** `|` and `>` would end the address early. Addresses of other schemes are not links. */
function linkTarget(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const { protocol, href } = new URL(url);
  if (protocol !== 'https:' && protocol !== 'http:') return null;
  return href.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('&', '&amp;');
}

function paragraphs(text: string): KnownBlock[] {
  return pieces(text, MAX_TEXT).map((piece) => ({ type: 'section', text: plain(piece) }));
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

/** Plain text is not searched for markup or emoji codes, so that `*`, `_` and `:1:` stay what they are. */
function plain(escaped: string) {
  return { type: 'plain_text' as const, text: escaped, emoji: false };
}

/** Escaped, at most `max` characters, cut between characters and never inside `&amp;`. */
export function clipped(text: string, max: number): string {
  const [first = '', ...rest] = pieces(text, max);
  return rest.length === 0 ? first : (pieces(text, max - ELLIPSIS.length)[0] ?? '') + ELLIPSIS;
}

/** Escaped pieces of at most `max` characters; between lines where that is possible. */
function pieces(text: string, max: number): string[] {
  const result: string[] = [];
  let current = '';
  for (const line of text.split(/(?<=\n)/)) {
    const escaped = escapeText(line);
    if (current.length + escaped.length <= max) {
      current += escaped;
      continue;
    }
    if (current !== '') result.push(current);
    current = '';
    for (const character of line) {
      const part = escapeText(character);
      if (current.length + part.length > max) {
        result.push(current);
        current = '';
      }
      current += part;
    }
  }
  return [...result, current].map((piece) => piece.trimEnd()).filter((piece) => piece !== '');
}
