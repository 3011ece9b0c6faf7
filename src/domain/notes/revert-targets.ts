import { parseCommitMessage } from './conventional-commit.ts';
import type { ParsedCommit } from './note-commit.ts';

/** The pull request that a commit came in by, as far as it is known. */
export type PullOf = (commit: ParsedCommit) => { number: number; title: string } | null;

type Targets = Map<ParsedCommit, (ParsedCommit | null)[]>;
type Find = (revert: ParsedCommit) => readonly (ParsedCommit | null)[];
/** Nothing takes it back yet. */
type IsFree = (commit: ParsedCommit) => boolean;

export const isMerge = (commit: ParsedCommit) => (commit.parents === undefined ? commit.parsed.isMerge : commit.parents.length > 1);

/**
 * Revert → the commits it undoes; null stands for one that is not in the range. The id it names counts first: of a commit, or of one that a commit of
 * the range was picked from. Next comes the number of the pull request it names, and only where it names neither (squashed on a website) the last
 * earlier commit or pull request with the quoted words is meant.
 * @param bySha in the order of history
 */
export function revertTargets(bySha: ReadonlyMap<string, ParsedCommit>, pullOf: PullOf): Targets {
  const commits = [...bySha.values()];
  const targets: Targets = new Map();
  const claimed = new Set<ParsedCommit>();
  const claim = (find: Find) => {
    for (const commit of commits) {
      if (isMerge(commit) || targets.has(commit)) continue;
      const found = find(commit);
      for (const target of found) if (target !== null) claimed.add(target);
      if (found.length > 0) targets.set(commit, [...found]);
    }
  };
  const isFree = (commit: ParsedCommit) => !isMerge(commit) && !claimed.has(commit);
  const ofPull = pullIndex(commits, pullOf);

  claim(byId(bySha, commits, isFree));
  claim(({ parsed }) => parsed.revertedPullRequests.flatMap((number) => ofPull(number).filter(isFree)));
  claim(byWords(commits, pullOf, isFree));
  return targets;
}

function byId(bySha: ReadonlyMap<string, ParsedCommit>, commits: readonly ParsedCommit[], isFree: IsFree): Find {
  const find = findById(bySha);
  const picks = commits.filter(({ parsed }) => parsed.pickedFrom.length > 0);
  const isBefore = inOrder(commits);
  return (revert) =>
    revert.parsed.reverts.flatMap((id): readonly (ParsedCommit | null)[] => {
      const isPickOfIt = (pick: ParsedCommit) =>
        isBefore(pick, revert) && isFree(pick) && pick.parsed.pickedFrom.some((from) => fits(from, id));
      const target = find(id) ?? picks.findLast(isPickOfIt) ?? null;
      if (target === null || target === revert) return [null];
      if (!isMerge(target)) return [target];
      const brought = broughtInBy(target, bySha);
      return brought.length === 0 ? [null] : brought;
    });
}

function byWords(commits: readonly ParsedCommit[], pullOf: PullOf, isFree: IsFree): Find {
  const isBefore = inOrder(commits);
  const titles = new Map(
    commits.flatMap((commit): [ParsedCommit, { number: number; subject: string }][] => {
      const pull = pullOf(commit);
      return pull === null ? [] : [[commit, { number: pull.number, subject: parseCommitMessage(pull.title).subject }]];
    }),
  );
  return (revert) => {
    const { revertedSubject: words } = revert.parsed;
    if (words === null) return [];
    const meant = (commit: ParsedCommit) => isBefore(commit, revert) && isFree(commit);
    const target = commits.findLast((commit) => commit.parsed.subject === words && meant(commit));
    if (target !== undefined) return [target];
    const titled = commits.findLast((commit) => titles.get(commit)?.subject === words && meant(commit));
    const number = titled === undefined ? undefined : titles.get(titled)?.number;
    return number === undefined ? [] : commits.filter((commit) => titles.get(commit)?.number === number && meant(commit));
  };
}

function inOrder(commits: readonly ParsedCommit[]): (a: ParsedCommit, b: ParsedCommit) => boolean {
  const places = new Map(commits.map((commit, place) => [commit, place]));
  return (a, b) => (places.get(a) ?? 0) < (places.get(b) ?? 0);
}

/** Either may be shortened. */
const fits = (a: string, b: string) => a.startsWith(b) || b.startsWith(a);

/** By the number in the subject where nobody was asked for the pull request. */
function pullIndex(commits: readonly ParsedCommit[], pullOf: PullOf): (number: number) => readonly ParsedCommit[] {
  const byNumber = new Map<number, ParsedCommit[]>();
  for (const commit of commits) {
    const number = pullOf(commit)?.number ?? commit.parsed.pullRequests.at(-1);
    if (number === undefined || isMerge(commit)) continue;
    const known = byNumber.get(number);
    if (known === undefined) byNumber.set(number, [commit]);
    else known.push(commit);
  }
  return (number) => byNumber.get(number) ?? [];
}

/** What came into the first line of history by a merge: reachable from its other parents and not from the first. */
function broughtInBy(merge: ParsedCommit, bySha: ReadonlyMap<string, ParsedCommit>): ParsedCommit[] {
  const [first, ...others] = merge.parents ?? [];
  const before = reachable(first === undefined ? [] : [first], bySha);
  return [...reachable(others, bySha)].filter((commit) => !before.has(commit) && !isMerge(commit));
}

function reachable(from: readonly string[], bySha: ReadonlyMap<string, ParsedCommit>): Set<ParsedCommit> {
  const seen = new Set<ParsedCommit>();
  const queue = [...from];
  for (let sha = queue.pop(); sha !== undefined; sha = queue.pop()) {
    const commit = bySha.get(sha.toLowerCase());
    if (commit === undefined || seen.has(commit)) continue;
    seen.add(commit);
    queue.push(...(commit.parents ?? []));
  }
  return seen;
}

/** Ids in messages may be shortened; one that fits several commits means none of them. */
function findById(bySha: ReadonlyMap<string, ParsedCommit>): (id: string) => ParsedCommit | null {
  return (id) => {
    const exact = bySha.get(id);
    if (exact !== undefined || id.length >= 40) return exact ?? null;
    const matches = [...bySha].flatMap(([sha, commit]) => (sha.startsWith(id) ? [commit] : []));
    return matches.length === 1 ? (matches[0] ?? null) : null;
  };
}
