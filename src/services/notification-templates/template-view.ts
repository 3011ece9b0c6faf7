import { type MessageType, messageTypes } from '../../domain/notifications/message-types.ts';
import { asText, exampleOf, inOwnWords, type OwnWords } from '../../domain/notifications/own-words.ts';
import { type Placeholder, placeholdersOf } from '../../domain/notifications/placeholders.ts';
import type { Bucket } from '../../domain/release/vocabulary.ts';
import { notFound } from '../service-error.ts';
import { type OwnWordsRow, ownWordsOf } from './own-words-row.ts';

export interface RenderedTemplate {
  bucket: Bucket;
  headline: string;
  body: string;
}

export interface NotificationTemplateView {
  type: MessageType;
  /** The type's example in our words. */
  default: RenderedTemplate;
  placeholders: Placeholder[];
  /** What the example is made of. */
  exampleData: Record<string, unknown>;
  /** The tenant's words; null = ours are used. */
  override: (OwnWords & { updatedAt: string }) | null;
}

export function templateView(type: MessageType, row: OwnWordsRow | undefined): NotificationTemplateView {
  const example = exampleOf(type);
  return {
    type,
    default: { bucket: example.bucket, ...asText(example.content) },
    placeholders: placeholdersOf(type),
    exampleData: { ...example.data },
    override: row === undefined ? null : { ...ownWordsOf(row), updatedAt: row.updatedAt.toISOString() },
  };
}

/** The type's example in these words; null = it is not sent. */
export function renderExample(type: MessageType, words: OwnWords): RenderedTemplate | null {
  const rendered = inOwnWords(exampleOf(type), words);
  return rendered === null ? null : { bucket: rendered.bucket, ...asText(rendered.content) };
}

/** @throws ServiceError not-found */
export function demandType(type: string): MessageType {
  const known = messageTypes.find((candidate) => candidate === type);
  if (known === undefined) throw notFound(`The notification type ${type.slice(0, 64)}`);
  return known;
}
