import { isDeploymentMessage, renderDeploymentMessage } from '../deployment/messages.ts';
import type { MessageContent } from '../message.ts';
import { type Notification, renderNotification } from '../release/notifications.ts';
import type { Bucket } from '../release/vocabulary.ts';
import { examples } from './examples.ts';
import type { MessageType } from './message-types.ts';
import { cut, fillIn, MAX_BODY_CHARS, MAX_HEADLINE_CHARS, templateProblems } from './template.ts';

/** How a tenant wants one type told; null = as we tell it. */
export interface OwnWords {
  isEnabled: boolean;
  bucket: Bucket | null;
  /** One line. */
  headline: string | null;
  /** In place of our sections; the release or the deployment is named below it all the same. */
  body: string | null;
}

/** The example of a type in our words. */
export const exampleOf = (type: MessageType): Notification =>
  isDeploymentMessage(type) ? renderDeploymentMessage(type, examples[type]) : renderNotification(type, examples[type]);

/**
 * A notification in the tenant's words. A template that does not fit the data of its type any more gives way to our words, and so does one that leaves
 * nothing over.
 * @returns null when the tenant does not want to hear of it
 */
export function inOwnWords(notification: Notification, words: OwnWords | null): { bucket: Bucket; content: MessageContent } | null {
  const { bucket, type, data, about, standing = [] } = notification;
  const content = { ...notification.content, sections: [...notification.content.sections, ...standing] };
  if (words === null) return { bucket, content };
  if (!words.isEnabled) return null;
  const example = examples[type];
  const filled = (template: string | null, maxChars: number) =>
    template === null || templateProblems(template, example).length > 0 ? '' : fillIn(template, data, maxChars).trim();
  const headline = filled(words.headline, MAX_HEADLINE_CHARS).replaceAll(/\s+/g, ' ');
  const body = filled(words.body, MAX_BODY_CHARS);
  return {
    bucket: words.bucket ?? bucket,
    content: {
      ...content,
      ...(headline === '' ? {} : { summary: headline }),
      ...(body === '' ? {} : { sections: [{ text: body }, about, ...standing] }),
    },
  };
}

/** What is wrong with a tenant's words, by field. */
export function wordsProblems(type: MessageType, words: OwnWords): { field: 'headline' | 'body'; message: string }[] {
  const example = examples[type];
  return (['headline', 'body'] as const).flatMap((field) => {
    const template = words[field];
    if (template === null) return [];
    const problems = templateProblems(template, example);
    if (problems.length === 0 && fillIn(template, example, MAX_BODY_CHARS).trim() === '') problems.push('says nothing');
    return problems.map((message) => ({ field, message }));
  });
}

/** A message as plain text: for forms, where nothing richer is shown. */
export function asText({ summary, sections }: MessageContent): { headline: string; body: string } {
  const body = sections.map(({ heading, text, fields }) =>
    [heading, text, ...(fields ?? []).map(({ label, value, url }) => `${label}: ${value}${url === undefined ? '' : ` (${url})`}`)]
      .filter((line) => line !== undefined && line !== '')
      .join('\n'),
  );
  return { headline: summary, body: cut(body.join('\n\n'), MAX_BODY_CHARS) };
}
