import type { NotesDocument } from './document.ts';
import { itemsOf } from './document.ts';

export const changeKinds = ['commit', 'pull-request', 'ticket'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** By which words people ask for what went out. */
export interface ShippedChange {
  kind: ChangeKind;
  key: string;
}

interface Pull {
  number: number;
  mergeCommit: string | null;
  commits: readonly string[];
}

/**
 * Everything in a range that people may look for: every commit, those that notes leave out included, and the one that a picked commit was on its
 * own branch; the pull requests they came in by; the tickets that the notes name.
 */
export function shippedChanges(
  commits: readonly { sha: string }[],
  pullRequests: readonly Pull[],
  document: Pick<NotesDocument, 'sections'>,
): ShippedChange[] {
  const items = itemsOf(document);
  const shas = new Set(commits.map(({ sha }) => sha.toLowerCase()));
  const isIn = (sha: string) => shas.has(sha.toLowerCase());
  const pulls = pullRequests.filter(({ mergeCommit, commits: own }) => (mergeCommit !== null && isIn(mergeCommit)) || own.some(isIn));
  const picked = items.flatMap((item) => item.commits.flatMap(({ pickedFrom }) => pickedFrom.map((sha) => sha.toLowerCase())));
  const keys: [ChangeKind, Iterable<string>][] = [
    ['commit', new Set([...shas, ...picked])],
    ['pull-request', new Set([...pulls, ...items.flatMap((item) => item.pullRequests)].map(({ number }) => String(number)))],
    ['ticket', new Set(items.flatMap((item) => item.tickets))],
  ];
  return keys.flatMap(([kind, found]) => [...found].sort().map((key) => ({ kind, key })));
}
