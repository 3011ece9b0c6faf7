import { z } from 'zod';
import type { FakeBlock, FakeButton, FakeMessage } from './workspace.ts';

/** What Slack refuses in a message ("Block Kit: Blocks", "Text object"), and how it reads one. */

const text = (max: number, type: z.ZodType<'plain_text' | 'mrkdwn'> = z.enum(['plain_text', 'mrkdwn'])) =>
  z.strictObject({
    type,
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
    verbatim: z.boolean().optional(),
  });
const block_id = z.string().min(1).max(255).optional();
const plain = (max: number) => text(max, z.literal('plain_text'));
const style = z.enum(['primary', 'danger']).optional();

/** "Button element", "Confirmation dialog object". */
const button = z.strictObject({
  type: z.literal('button'),
  text: plain(75),
  action_id: z.string().min(1).max(255),
  value: z.string().min(1).max(2000).optional(),
  style,
  confirm: z.strictObject({ title: plain(100), text: plain(300), confirm: plain(30), deny: plain(30), style }).optional(),
});

const blockSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('header'), text: text(150, z.literal('plain_text')), block_id }),
  z
    .strictObject({
      type: z.literal('section'),
      text: text(3000).optional(),
      fields: z.array(text(2000)).min(1).max(10).optional(),
      block_id,
    })
    .refine((block) => block.text !== undefined || block.fields !== undefined, 'needs text or fields'),
  z.strictObject({ type: z.literal('divider'), block_id }),
  z.strictObject({ type: z.literal('context'), elements: z.array(text(2000)).min(1).max(10), block_id }),
  z.strictObject({
    type: z.literal('actions'),
    elements: z
      .array(button)
      .min(1)
      .max(25)
      .refine((elements) => new Set(elements.map(({ action_id }) => action_id)).size === elements.length, 'action_id is not unique'),
    block_id,
  }),
]);

const blocksSchema = z
  .array(blockSchema)
  .max(50)
  .refine((blocks) => {
    const ids = blocks.flatMap((block) => block.block_id ?? []);
    return new Set(ids).size === ids.length;
  }, 'block_id is not unique');

export function parseBlocks(json: string): { blocks: FakeBlock[] } | { problems: string[] } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { problems: ['[ERROR] invalid JSON [json-pointer:/blocks]'] };
  }
  const parsed = blocksSchema.safeParse(value);
  if (parsed.success) return { blocks: parsed.data };
  return { problems: parsed.error.issues.map(({ message, path }) => `[ERROR] ${message} [json-pointer:/blocks/${path.join('/')}]`) };
}

/** What is written in the blocks of a message, all together: characters as they were sent. */
export function writtenChars(blocks: readonly FakeBlock[]): number {
  const texts = blocks.flatMap(({ text: own, fields = [], elements = [] }) => [
    ...(own ? [own] : []),
    ...fields,
    ...elements.map((element) => (typeof element.text === 'string' ? { text: element.text } : element.text)),
  ]);
  return texts.reduce((sum, each) => sum + each.text.length, 0);
}

/** Slack stores text escaped: a bare `&`, or a `<` that begins nothing, becomes its entity. */
export function stored(raw: string): string {
  return raw.replace(/&(?!(?:amp|lt|gt);)/g, '&amp;').replace(/<(?![@#!]|https?:|mailto:)/g, '&lt;');
}

/** Whom the message calls: people, groups, everybody. */
export function mentions(message: FakeMessage): string[] {
  return texts(message).flatMap((part) => part.match(/<[@!#][^>]*>/g) ?? []);
}

/** What somebody reads: blocks if there are any; links by their label, entities as the characters they stand for. */
export function readable(message: Pick<FakeMessage, 'text' | 'blocks'>): string {
  const parts = message.blocks ? texts(message).slice(1) : [message.text];
  return parts.map((part) => unescaped(part.replace(/<https?:[^|>]*\|([^>]*)>/g, '$1'))).join('\n');
}

/** Entities as the characters they stand for. */
export const unescaped = (part: string) => part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

export const buttons = (message: Pick<FakeMessage, 'blocks'>): FakeButton[] => (message.blocks ?? []).flatMap((block) => buttonsOf(block));

const buttonsOf = (block: FakeBlock): FakeButton[] =>
  // The rules above let no other elements with an action into a message.
  (block.elements ?? []).flatMap((element) => ('action_id' in element ? [{ ...element, block_id: block.block_id }] : []));

export function links(message: FakeMessage): string[] {
  return texts(message).flatMap((part) => [...part.matchAll(/<(https?:[^|>]*)\|/g)].map((match) => match[1] ?? ''));
}

function texts(message: Pick<FakeMessage, 'text' | 'blocks'>): string[] {
  return [
    message.text,
    ...(message.blocks ?? []).flatMap((block) => [
      ...(block.text ? [block.text.text] : []),
      ...(block.fields ?? []).map((field) => field.text),
    ]),
  ];
}
