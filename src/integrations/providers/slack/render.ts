import { createHash } from 'node:crypto';
import type { ActionsBlock, Button, ConfirmationDialog, KnownBlock } from '@slack/web-api';
import type { MessageAction, MessageContent, MessageSection } from '../../../domain/message.ts';
import { beginning, CUT, clipped, escapeText, fairShare, pieces } from './text-limits.ts';

/**
 * Portable content as Block Kit. Limits: "Block Kit: Blocks" (50 blocks a message, header 150 characters, section text 3000, 10 fields of
 * 2000 each, block id 255) and "Block elements: Button" (25 a block, label 75, confirmation 300).
 */

const MAX_BLOCKS = 50;
/**
 * Of everything in the blocks together. Slack refuses more (`msg_blocks_too_long`) and names no figure: 9,600 characters in 50 blocks were seen to pass,
 * 11,300 in 45 to be refused.
 */
const MAX_MESSAGE = 10_000;
/** What a block counts for beside what is written in it: a guess, too. */
const BLOCK_COST = 50;
/** Less of a text says nothing. */
const MIN_SHARE = 200;
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
const NOTHING = '…';

export interface Rendered {
  /** Notifications, and clients that show no blocks. */
  text: string;
  blocks: KnownBlock[];
}

/**
 * The last block carries the message's key as its id, by which the message is found again.
 * @param maxChars of everything in the blocks together
 */
export function render(content: MessageContent, key: string, maxChars = MAX_MESSAGE): Rendered {
  const summary = oneLine(content.summary);
  const [above, buttons] = [headline(summary), renderActions(content.actions ?? [])];
  const blocks = [...above, ...renderSections(content.sections, maxChars - costOf(above) - costOf(buttons))];
  if (blocks.length === 0) blocks.push(...paragraphs(NOTHING));
  const whole = [...cutTo(blocks, MAX_BLOCKS - buttons.length, maxChars - costOf(buttons)), ...buttons];
  const last = whole.at(-1);
  if (last) last.block_id = blockIdOf(key);
  return { text: clipped(summary, MAX_TEXT), blocks: whole };
}

/** Where there is too much, the longest texts give way: what stands below them is mostly where to read on. */
function renderSections(sections: readonly MessageSection[], maxChars: number): KnownBlock[] {
  const rendered = sections.map(renderSection);
  const lengths = sections.flatMap(({ text }) => (text?.trim() ? [withBlocks(escapeText(text).length)] : []));
  const share = fairShare(lengths, maxChars - costOf(rendered.flatMap(({ above, below }) => [...above, ...below])));
  const maxText = share === Number.POSITIVE_INFINITY ? share : Math.max(MIN_SHARE, share - (withBlocks(share) - share));
  return rendered.flatMap(({ above, text, below }) => [...above, ...paragraphs(beginning(text, maxText)), ...below]);
}

/** What a text of so many characters costs in the blocks it takes. */
const withBlocks = (chars: number): number => chars + Math.ceil(chars / MAX_TEXT) * BLOCK_COST;

/** The last resort: whole blocks go from the end. */
function cutTo(blocks: readonly KnownBlock[], maxBlocks: number, maxChars: number): readonly KnownBlock[] {
  if (blocks.length <= maxBlocks && costOf(blocks) <= maxChars) return blocks;
  const notice = paragraphs(CUT);
  let room = maxChars - costOf(notice);
  const tooMany = blocks.findIndex((block, index) => {
    room -= costOf([block]);
    return room < 0 || index === maxBlocks - notice.length;
  });
  return [...blocks.slice(0, tooMany), ...notice];
}

function costOf(blocks: readonly KnownBlock[]): number {
  const texts = blocks.flatMap((block) => {
    if (block.type === 'header') return [block.text];
    if (block.type === 'section') return [...(block.text === undefined ? [] : [block.text]), ...(block.fields ?? [])];
    return block.type === 'actions' ? block.elements.flatMap((element) => (element.type === 'button' ? [element.text] : [])) : [];
  });
  return texts.reduce((sum, { text }) => sum + text.length, blocks.length * BLOCK_COST);
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

interface RenderedSection {
  above: KnownBlock[];
  /** Between them; not cut yet. */
  text: string;
  below: KnownBlock[];
}

function renderSection({ heading, text = '', fields: all = [] }: MessageSection): RenderedSection {
  const above: KnownBlock[] = heading?.trim() ? [{ type: 'header', text: plain(clipped(oneLine(heading), MAX_HEADING)) }] : [];
  const fields = all.map(({ label, value, url }) => ({ type: 'mrkdwn' as const, text: renderField(label, value, url), verbatim: true }));
  const below: KnownBlock[] = [];
  for (let start = 0; start < fields.length; start += MAX_FIELDS) {
    below.push({ type: 'section', fields: fields.slice(start, start + MAX_FIELDS) });
  }
  return { above, text, below };
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
