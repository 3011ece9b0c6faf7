import type { MessageSection } from '../message.ts';
import type { AskedApprovals, BuildLink, NotificationInput, NotificationType } from './notification-data.ts';
import type { Bucket } from './vocabulary.ts';

/** What templates are made of. */

export type Field = { label: string; value: string; url?: string };

/** How one type is told: where it goes, its headline, and what stands below. */
export interface Template<T extends NotificationType> {
  bucket: Bucket;
  /** Goes after `REL-7: `. */
  headline: (data: NotificationInput<T>) => string;
  sections: (data: NotificationInput<T>) => MessageSection[];
}

export const buildSection = (builds: readonly BuildLink[]): MessageSection => ({
  heading: 'Builds',
  fields: builds.map((build) => field(build.platform, build.version, build.artifactUrl ?? build.url)),
});

/** How many approvals it takes, while people are asked for them. */
export function asked({ quorum, groups = [], decided }: AskedApprovals & { decided?: string }, why: string): MessageSection[] {
  if (decided !== undefined) return [];
  const among = groups.length === 0 ? '' : ` Among them: ${groups.map((group) => `${group.name} ${group.quorum}`).join(', ')}.`;
  return [{ text: `${why} ${quorum === 1 ? 'One approval is' : `${quorum} approvals are`} needed to go on.${among}` }];
}

export function field(label: string, value: string, url: string | null = null): Field {
  return url === null ? { label, value } : { label, value, url };
}

export const text = (value: string | null): { text?: string } => (value === null || value.trim() === '' ? {} : { text: value });
export const by = (name: string | null) => (name === null ? '' : ` by ${name}`);
export const short = (sha: string) => sha.slice(0, 10);
export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
export const oneLine = (value: string) => value.replaceAll(/\s+/g, ' ').trim();
export const saysSomething = (section: MessageSection) => section.text !== undefined || (section.fields ?? []).length > 0;
/** `2025-06-02 09:30 UTC`: a channel's readers live in several zones. */
export const at = (iso: string) => `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
