import { parseCommitMessage } from './conventional-commit.ts';
import { compareNaturally, compareText } from './natural-order.ts';
import { type NoteCommit, type ParsedCommit, survivingCommits } from './surviving-commits.ts';

export interface NotePullRequest {
  number: number;
  title: string;
  labels: readonly string[];
  mergeCommit: string | null;
}

export interface NotesInput {
  /** Oldest first, as source control lists a range. */
  commits: readonly NoteCommit[];
  pullRequests?: readonly NotePullRequest[];
  /** What a ticket key looks like, e.g. `/\bAPP-\d+\b/`; null or absent = tickets are not looked for. */
  ticketPattern?: RegExp | null;
}

export const noteGroups = ['breaking', 'features', 'fixes', 'performance', 'other'] as const;
export type NoteGroup = (typeof noteGroups)[number];

/** What people read above each group. */
export const noteHeadings: Record<NoteGroup, string> = {
  breaking: 'Breaking changes',
  features: 'Features',
  fixes: 'Fixes',
  performance: 'Performance',
  other: 'Other',
};

export interface NoteItem {
  group: NoteGroup;
  scope: string | null;
  description: string;
  /** What people must do about a breaking change, as far as the commits say. */
  breakingNotes: string[];
  tickets: string[];
  pullRequests: number[];
  authors: string[];
  /** More than one where the same change was picked or made again. */
  commits: { sha: string; url: string | null }[];
}

/** In the order of `noteGroups`; groups without items are left out. Every surviving commit is in exactly one item. */
export type ReleaseNotes = { group: NoteGroup; items: NoteItem[] }[];

const groupOfType: Record<string, NoteGroup> = {
  feat: 'features',
  feature: 'features',
  fix: 'fixes',
  bugfix: 'fixes',
  hotfix: 'fixes',
  perf: 'performance',
};

const groupOfLabel: Record<string, NoteGroup> = {
  feature: 'features',
  feat: 'features',
  enhancement: 'features',
  bug: 'fixes',
  bugfix: 'fixes',
  fix: 'fixes',
  performance: 'performance',
  perf: 'performance',
};

const breakingLabels: readonly string[] = ['breaking', 'breaking-change', 'breaking change', 'semver-major'];

/**
 * What a range of commits means for people who use the software. The same commits give the same notes to the byte, wherever and whenever:
 * items are ordered by their content, not by the order or the clock of whoever delivered them.
 */
export function composeNotes(input: NotesInput): ReleaseNotes {
  const pullRequestsOf = indexPullRequests(input.pullRequests ?? []);
  const items = clusters(survivingCommits(input.commits)).map((commits) => toItem(commits, pullRequestsOf, input.ticketPattern ?? null));
  items.sort(byContent);
  return noteGroups
    .map((group) => ({ group, items: items.filter((item) => item.group === group) }))
    .filter((entry) => entry.items.length > 0);
}

/** Joins commits that are one change: picked from each other, or with the same subject. Union-find over what they have in common. */
function clusters(commits: readonly ParsedCommit[]): ParsedCommit[][] {
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
  const byRoot = new Map<string, ParsedCommit[]>();
  for (const commit of commits) {
    const root = rootOf(ownKey(commit));
    const cluster = byRoot.get(root);
    if (cluster === undefined) byRoot.set(root, [commit]);
    else cluster.push(commit);
  }
  return [...byRoot.values()].map((cluster) => cluster.sort(originalsFirst));
}

const ownKey = (commit: ParsedCommit) => `id ${commit.sha.toLowerCase()}`;

function keysOf(commit: ParsedCommit): string[] {
  const { subject, pickedFrom } = commit.parsed;
  return [ownKey(commit), ...pickedFrom.map((id) => `id ${id}`), ...(subject === '' ? [] : [`subject ${subject}`])];
}

const originalsFirst = (a: ParsedCommit, b: ParsedCommit) =>
  Number(a.parsed.pickedFrom.length > 0) - Number(b.parsed.pickedFrom.length > 0) || compareText(a.sha, b.sha);

function toItem(
  commits: readonly ParsedCommit[],
  pullRequestsOf: (commit: ParsedCommit) => readonly NotePullRequest[],
  ticketPattern: RegExp | null,
): NoteItem {
  const pulls = commits.flatMap((commit) => pullRequestsOf(commit));
  const wording = wordingOf(commits, pulls);
  const labels = pulls.flatMap((pull) => pull.labels.map((label) => label.trim().toLowerCase()));
  const breaking =
    commits.some(({ parsed }) => parsed.breaking) || wording.breaking || labels.some((label) => breakingLabels.includes(label));
  const texts = [...commits.map(({ message }) => message), ...pulls.map(({ title }) => title)];
  return {
    group: breaking ? 'breaking' : groupOf(wording.type, labels),
    scope: wording.scope,
    description: wording.description === '' ? 'No description' : wording.description,
    breakingNotes: distinct(commits.map(({ parsed }) => parsed.breakingNote)).filter((note) => note !== ''),
    tickets: ticketPattern === null ? [] : ticketsIn(texts, ticketPattern),
    pullRequests: distinct([...commits.flatMap(({ parsed }) => parsed.pullRequests), ...pulls.map(({ number }) => number)]).sort(
      (a, b) => a - b,
    ),
    authors: distinct(commits.map(({ authorName }) => authorName)),
    commits: commits.map(({ sha, url }) => ({ sha, url })),
  };
}

/** The commit's own words, unless they follow no convention and a pull request has better ones. */
function wordingOf(commits: readonly ParsedCommit[], pulls: readonly NotePullRequest[]) {
  const conventional = commits.find(({ parsed }) => parsed.type !== null)?.parsed;
  const own = conventional ?? commits[0]?.parsed ?? parseCommitMessage('');
  const title = pulls.map((pull) => pull.title.trim()).find((text) => text !== '');
  return own.type === null && title !== undefined ? parseCommitMessage(title) : own;
}

function groupOf(type: string | null, labels: readonly string[]): NoteGroup {
  if (type !== null) return lookUp(groupOfType, type) ?? 'other';
  const groups = labels.map((label) => lookUp(groupOfLabel, label));
  return noteGroups.find((group) => groups.includes(group)) ?? 'other';
}

/** A commit may call its type `constructor`. */
const lookUp = <T>(table: Record<string, T>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);

/** By merge commit, or by the number that squashing wrote into the subject; lowest number first. */
function indexPullRequests(pullRequests: readonly NotePullRequest[]): (commit: ParsedCommit) => NotePullRequest[] {
  const byKey = new Map<string, NotePullRequest[]>();
  for (const pull of [...pullRequests].sort((a, b) => a.number - b.number)) {
    for (const key of [`#${pull.number}`, ...(pull.mergeCommit === null ? [] : [pull.mergeCommit.toLowerCase()])]) {
      byKey.set(key, [...(byKey.get(key) ?? []), pull]);
    }
  }
  return ({ sha, parsed }) => {
    const keys = [sha.toLowerCase(), ...parsed.pullRequests.map((number) => `#${number}`)];
    return distinct(keys.flatMap((key) => byKey.get(key) ?? [])).sort((a, b) => a.number - b.number);
  };
}

function ticketsIn(texts: readonly string[], pattern: RegExp): string[] {
  const everywhere = new RegExp(pattern.source, [...new Set([...pattern.flags.replace('y', ''), 'g'])].join(''));
  return distinct(texts.flatMap((text) => text.match(everywhere) ?? []))
    .filter((key) => key !== '')
    .sort(compareNaturally);
}

function byContent(a: NoteItem, b: NoteItem): number {
  return (
    compareText((a.scope ?? '').toLowerCase(), (b.scope ?? '').toLowerCase()) ||
    compareText(a.description.toLowerCase(), b.description.toLowerCase()) ||
    compareText(a.commits[0]?.sha ?? '', b.commits[0]?.sha ?? '')
  );
}

const distinct = <T>(values: readonly (T | null)[]): T[] => [...new Set(values.filter((value): value is T => value !== null))];
