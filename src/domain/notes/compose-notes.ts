import { clusters, type TracedCommit } from './clusters.ts';
import { parseCommitMessage, type SquashedCommit } from './conventional-commit.ts';
import {
  arrange,
  type NoteItem,
  type NoteItemPull,
  type NoteRemark,
  type NoteSection,
  type NotesDocument,
  noteSections,
} from './document.ts';
import { itemId, sourcesOf } from './item-id.ts';
import type { NoteCommit, ParsedCommit } from './note-commit.ts';
import { oneLine, wellFormed } from './one-line.ts';
import { indexPullRequests, type NotePullRequest } from './pull-requests.ts';
import { isDependencyBot, isSkipped, sectionOfCommit, sectionOfLabels } from './sections.ts';
import { survivingCommits } from './surviving-commits.ts';
import { ticketsIn } from './ticket-keys.ts';

export interface NotesInput {
  base: string;
  head: string;
  commits: readonly NoteCommit[];
  /** Merged ones, as far as they are known. */
  pullRequests: readonly NotePullRequest[];
  /** What stands before the number of a ticket key, e.g. `APP`. */
  ticketPrefixes: readonly string[];
  remarks: readonly NoteRemark[];
}

const MAX_TEXT = 1_000;
const MAX_NAME = 200;

/**
 * What a range of commits means for people who use the software. The same commits give the same notes to the byte, wherever and whenever, in
 * whatever order they come: nothing is told that the input does not hold.
 */
export function composeNotes(input: NotesInput): NotesDocument {
  const pullOf = indexPullRequests(input.pullRequests);
  const originalOf = resolveIds(input.commits);
  const traced = survivingCommits(input.commits, pullOf).map((commit): TracedCommit => {
    const pickedFrom = [...new Set(commit.parsed.pickedFrom.map(originalOf))];
    const tickets = ticketsIn([commit.message], [], input.ticketPrefixes);
    return { ...commit, parsed: { ...commit.parsed, pickedFrom }, pull: pullOf(commit), tickets };
  });
  const items = clusters(traced)
    .filter((cluster) => !isSkipped(pullsOf(cluster).flatMap(({ labels }) => labels)))
    .map((cluster) => toItem(cluster, input.ticketPrefixes));
  return {
    base: input.base,
    head: input.head,
    commits: new Set(input.commits.map(({ sha }) => sha.toLowerCase())).size,
    remarks: [...new Set(input.remarks)].sort(),
    sections: arrange(items),
  };
}

/** Ids in messages may be shortened; one that fits several commits stays as it is. */
function resolveIds(commits: readonly NoteCommit[]): (id: string) => string {
  const shas = [...new Set(commits.map(({ sha }) => sha.toLowerCase()))];
  const known = new Set(shas);
  return (id) => {
    if (known.has(id) || id.length >= 40) return id;
    const [first, ...more] = shas.filter((sha) => sha.startsWith(id));
    return first === undefined || more.length > 0 ? id : first;
  };
}

function toItem(commits: readonly TracedCommit[], ticketPrefixes: readonly string[]): NoteItem {
  const pulls = pullsOf(commits);
  const { wording, section } = judge(commits, pulls);
  const parts = {
    pullRequests: references(commits, pulls),
    commits: commits.map(({ sha, url, parsed }) => ({
      sha,
      url: url === null ? null : wellFormed(url),
      pickedFrom: [...parsed.pickedFrom],
    })),
  };
  const texts = [...commits.map(({ message }) => message), ...pulls.map(({ title }) => title)];
  return {
    // Every commit is a source.
    id: itemId(sourcesOf(parts)[0] ?? ''),
    section,
    scope: wording.scope === null ? null : oneLine(wording.scope, MAX_NAME) || null,
    text: oneLine(wording.description, MAX_TEXT) || 'No description',
    breakingNotes: distinct(commits.flatMap(({ parsed }) => breakingNotesOf(parsed).map((note) => oneLine(note, MAX_TEXT)))),
    tickets: ticketsIn(
      texts,
      pulls.map(({ headBranch }) => headBranch),
      ticketPrefixes,
    ),
    authors: distinct(commits.map(({ authorName, authorLogin }) => oneLine(authorName ?? authorLogin ?? '', MAX_NAME))),
    ...parts,
  };
}

/** In the order of the commits: the original's first. */
const pullsOf = (commits: readonly TracedCommit[]): NotePullRequest[] => [...new Set(commits.flatMap(({ pull }) => pull ?? []))];

type Wording = ParsedCommit['parsed'];

/** A pull request's title and labels were written for readers: they win over what its commits say. */
function judge(commits: readonly TracedCommit[], pulls: readonly NotePullRequest[]): { wording: Wording; section: NoteSection } {
  const titles = pulls.map(({ title }) => parseCommitMessage(title)).filter(({ subject }) => subject !== '');
  const parsed = commits.map((commit) => commit.parsed);
  const wording = titles[0] ?? parsed.find(({ type }) => type !== null) ?? parsed[0] ?? parseCommitMessage('');
  return { wording, section: sectionOf(commits, pulls, titles) };
}

function sectionOf(commits: readonly TracedCommit[], pulls: readonly NotePullRequest[], titles: readonly Wording[]): NoteSection {
  const parsed = commits.map((commit) => commit.parsed);
  const squashed = parsed.flatMap((message) => message.squashed);
  if ([...parsed, ...titles, ...squashed].some(({ breaking }) => breaking)) return 'breaking';
  const labelled = sectionOfLabels(pulls.flatMap(({ labels }) => labels));
  if (labelled !== null) return labelled;
  if (commits.every(isByBot) || pulls.some(({ author }) => isDependencyBot(author))) return 'dependencies';
  return mostImportant(titles) ?? mostImportant(parsed) ?? mostImportant(squashed) ?? 'other';
}

const isByBot = ({ authorName, authorLogin }: TracedCommit) => isDependencyBot(authorLogin) || isDependencyBot(authorName);

/** A squashed commit has no footers of its own: its words say what breaks. */
const breakingNotesOf = ({ breakingNotes, squashed }: Wording): string[] =>
  breakingNotes.length > 0
    ? breakingNotes
    : squashed
        .filter(({ breaking }) => breaking)
        .map(({ scope, description }) => (scope === null ? description : `${scope}: ${description}`));

function mostImportant(wordings: readonly (SquashedCommit & { subject?: string })[]): NoteSection | null {
  const sections = wordings.map(({ type, scope, subject }) => (subject?.startsWith('Revert "') ? 'reverts' : sectionOfCommit(type, scope)));
  return noteSections.find((section) => sections.includes(section)) ?? null;
}

function references(commits: readonly TracedCommit[], pulls: readonly NotePullRequest[]): NoteItemPull[] {
  const known = new Map<number, NoteItemPull>(pulls.map(({ number, url }) => [number, { number, url: wellFormed(url) }]));
  for (const number of commits.flatMap(({ parsed }) => parsed.pullRequests)) {
    if (!known.has(number)) known.set(number, { number, url: null });
  }
  return [...known.values()].sort((a, b) => a.number - b.number);
}

const distinct = (values: readonly string[]): string[] => [...new Set(values)].filter((value) => value !== '');
