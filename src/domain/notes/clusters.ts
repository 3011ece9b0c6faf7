import { compareText } from '../release/natural-order.ts';
import type { ParsedCommit } from './note-commit.ts';
import type { NotePullRequest } from './pull-requests.ts';

/** A commit with what is known about where it came from. */
export interface TracedCommit extends ParsedCommit {
  pull: NotePullRequest | null;
  /** Keys in its message. */
  tickets: readonly string[];
}

/**
 * Joins commits that are one change: of one pull request, picked from each other, or plainly the same patch made twice. Union-find over what
 * they have in common. The originals come first.
 */
export function clusters(commits: readonly TracedCommit[]): TracedCommit[][] {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    // Shortens the way for the next time.
    for (let at = key; at !== root; ) {
      const up = parent.get(at) ?? root;
      parent.set(at, root);
      at = up;
    }
    return root;
  };
  for (const commit of commits) {
    const [first, ...others] = keysOf(commit).map(rootOf);
    for (const other of others) if (first !== undefined && other !== rootOf(first)) parent.set(other, rootOf(first));
  }
  const byRoot = new Map<string, TracedCommit[]>();
  for (const commit of commits) {
    const root = rootOf(ownKey(commit));
    const cluster = byRoot.get(root);
    if (cluster === undefined) byRoot.set(root, [commit]);
    else cluster.push(commit);
  }
  return [...byRoot.values()].map((cluster) => cluster.sort(originalsFirst));
}

const ownKey = ({ sha }: TracedCommit) => `id ${sha.toLowerCase()}`;

/**
 * The same words alone prove nothing: people write "fix typo" every day. With them, the instant of writing (picking keeps it), the tickets of
 * the same author, or the number of a pull request do.
 */
function keysOf(commit: TracedCommit): string[] {
  const { parsed, pull, tickets, authorName, authoredAt } = commit;
  const same = (...more: string[]) => `same ${JSON.stringify([parsed.subject, ...more])}`;
  const keys = [ownKey(commit), ...parsed.pickedFrom.map((id) => `id ${id}`)];
  if (pull !== null) keys.push(`pull ${pull.number}`);
  if (parsed.subject === '') return keys;
  keys.push(...parsed.pullRequests.map((number) => same('pull', String(number))));
  if (authorName === null) return keys;
  if (typeof authoredAt === 'string') keys.push(same('at', authorName, authoredAt));
  if (tickets.length > 0) keys.push(same('for', authorName, ...tickets));
  return keys;
}

const originalsFirst = (a: TracedCommit, b: TracedCommit) =>
  Number(a.parsed.pickedFrom.length > 0) - Number(b.parsed.pickedFrom.length > 0) || compareText(a.sha, b.sha);
