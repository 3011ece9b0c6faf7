import { compareText } from '../release/natural-order.ts';

interface Ordered {
  sha: string;
  parents?: readonly string[];
  /** ISO 8601. */
  authoredAt?: string | null;
}

/**
 * Parents before their children, all else by date and id: one order for one set of commits, however it was delivered. Dates alone would
 * not do, because rebased commits keep theirs.
 */
export function inHistoryOrder<T extends Ordered>(commits: readonly T[]): T[] {
  const bySha = new Map(commits.map((commit) => [commit.sha.toLowerCase(), commit]));
  const ordered = new Set<T>();
  const seen = new Set<T>();
  for (const start of [...bySha.values()].sort(byDate)) {
    const open = [start];
    for (let commit = open.at(-1); commit !== undefined; commit = open.at(-1)) {
      const next = parentsOf(commit, bySha).filter((parent) => !seen.has(parent));
      // Forged ids may refer to each other in a circle: whoever was seen is not waited for again.
      if (seen.has(commit) || next.length === 0) {
        seen.add(commit);
        ordered.add(commit);
        open.pop();
      } else {
        seen.add(commit);
        open.push(...next);
      }
    }
  }
  return [...ordered];
}

const parentsOf = <T extends Ordered>({ parents }: T, bySha: ReadonlyMap<string, T>): T[] =>
  (parents ?? []).flatMap((sha) => bySha.get(sha.toLowerCase()) ?? []);

/** What has no date comes first. */
const byDate = (a: Ordered, b: Ordered) =>
  compareText(a.authoredAt ?? '', b.authoredAt ?? '') || compareText(a.sha.toLowerCase(), b.sha.toLowerCase());
