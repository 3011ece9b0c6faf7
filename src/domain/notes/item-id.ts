import { createHash } from 'node:crypto';
import type { NoteItem } from './document.ts';

/**
 * What an item stands for: its pull requests and its commits, or those they were picked from. No two items share one. The first names it; by
 * the others an edit still finds it after it has gained or lost a commit, or after its pull request has become known.
 */
export function sourcesOf({ pullRequests, commits }: Pick<NoteItem, 'pullRequests' | 'commits'>): string[] {
  const origins = commits.flatMap(({ sha, pickedFrom }) => (pickedFrom.length === 0 ? [sha] : pickedFrom));
  return [
    // A number that only a subject names may be an issue's, which several items share.
    ...pullRequests.flatMap(({ number, url }) => (url === null ? [] : [`pull ${number}`])),
    ...[...new Set(origins.map((sha) => sha.toLowerCase()))].sort().map((sha) => `commit ${sha}`),
  ];
}

/** 64 bits of SHA-256: unique among the items of a tenant, and short enough to type. */
export const itemId = (source: string): string => createHash('sha256').update(source).digest('hex').slice(0, 16);
