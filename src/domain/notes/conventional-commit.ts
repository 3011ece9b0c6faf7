/** A commit message read by the rules of Conventional Commits 1.0.0, as far as release notes need them. Never throws. */
export interface ParsedMessage {
  /** First line, trimmed, without the pull request numbers at its end. */
  subject: string;
  /** `feat`, `fix`, …, in lower case; null = the message does not follow the convention. */
  type: string | null;
  scope: string | null;
  /** The subject without type and scope. */
  description: string;
  breaking: boolean;
  /** What the BREAKING CHANGE footers say, each on one line. */
  breakingNotes: string[];
  /** The commits that squashing listed in the body, as far as they follow the convention. */
  squashed: SquashedCommit[];
  /** Pull request numbers that squash merges append, in order. */
  pullRequests: number[];
  /** `Merge branch …` and its like. */
  isMerge: boolean;
  /** What `git cherry-pick -x` recorded: ids of the original commits. */
  pickedFrom: string[];
  /** What `git revert`, or a `revert:` with `Refs`, recorded: ids of the reverted commits. */
  reverts: string[];
  /** Numbers of the pull requests that a provider's own button for it recorded as reverted. */
  revertedPullRequests: number[];
  /** Subject in `Revert "…"`, in `revert: …`, or that of the revert which `Reapply "…"` undoes; without pull request numbers. */
  revertedSubject: string | null;
}

export type SquashedCommit = Pick<ParsedMessage, 'type' | 'scope' | 'description' | 'breaking'>;

const HEADER = /^([A-Za-z][A-Za-z-]*)(?:\(([^()]*)\))?(!)?:[ \t]+(\S.*)$/;
const MERGE = /^Merge (?:branch|branches|pull request|remote-tracking branch|tag|commit)\b/;
const REVERT = /^Revert "(.*)"$/;
/** What git calls the revert of a revert. */
const REAPPLY = /^Reapply "(.*)"$/;
/** In the body, before the message of each commit. */
const SQUASHED = '* ';
const REVERTED_PULL_REQUEST = /^(?:Reverts [\w.-]+\/[\w.-]+#|This reverts merge request [\w./-]*!)(\d{1,9})\b/;
const PULL_REQUEST = /^ \(#(\d{1,9})\)$/;

export function parseCommitMessage(message: string): ParsedMessage {
  const lines = message.split(/\r\n|\r|\n/);
  const first = (lines.find((line) => line.trim() !== '') ?? '').trim();
  const { subject, pullRequests } = withoutPullRequests(first);
  const header = readHeader(subject);
  const breakingNotes = breakingFooters(lines);
  const reverted = revertedSubject(subject, header.type, header.description);
  return {
    subject,
    ...header,
    breaking: header.breaking || breakingNotes.length > 0,
    breakingNotes,
    squashed: lines.filter((line) => line.startsWith(SQUASHED)).flatMap(squashedCommit),
    pullRequests,
    isMerge: MERGE.test(subject),
    pickedFrom: idsAfter(message, /\(cherry picked from commit ([0-9a-f]{7,64})\)/gi),
    reverts: [...idsAfter(message, /This reverts commit ([0-9a-f]{7,64})\b/gi), ...(header.type === 'revert' ? refs(lines) : [])],
    revertedPullRequests: lines.flatMap((line) => Number(REVERTED_PULL_REQUEST.exec(line)?.[1] ?? Number.NaN) || []),
    revertedSubject: reverted === undefined ? null : withoutPullRequests(reverted.trim()).subject,
  };
}

function readHeader(subject: string): SquashedCommit {
  const [, type = null, scope = null, bang, rest] = HEADER.exec(subject) ?? [];
  return {
    type: type === null ? null : type.toLowerCase(),
    scope: scope === null || scope.trim() === '' ? null : scope.trim(),
    description: rest ?? subject,
    breaking: bang !== undefined,
  };
}

function squashedCommit(line: string): SquashedCommit[] {
  const commit = readHeader(withoutPullRequests(line.slice(SQUASHED.length).trim()).subject);
  return commit.type === null ? [] : [commit];
}

function revertedSubject(subject: string, type: string | null, description: string): string | undefined {
  const reapplied = REAPPLY.exec(subject)?.[1];
  if (reapplied !== undefined) return `Revert "${withoutPullRequests(reapplied.trim()).subject}"`;
  return REVERT.exec(subject)?.[1] ?? (type === 'revert' ? description : undefined);
}

/** The footer by which Conventional Commits name what a `revert:` undoes. */
function refs(lines: readonly string[]): string[] {
  return lines
    .filter((line) => /^Refs?: /i.test(line))
    .flatMap((line) => line.match(/\b[0-9a-f]{7,64}\b/gi) ?? [])
    .map((id) => id.toLowerCase());
}

/** Looks only at the end, again and again: a hostile subject of a megabyte costs no more than reading it. */
function withoutPullRequests(line: string): { subject: string; pullRequests: number[] } {
  const numbers: number[] = [];
  let subject = line;
  for (;;) {
    const start = subject.lastIndexOf(' (#');
    const match = start === -1 ? null : PULL_REQUEST.exec(subject.slice(start));
    if (match === null) return { subject, pullRequests: numbers.reverse() };
    numbers.push(Number(match[1]));
    subject = subject.slice(0, start).trimEnd();
  }
}

/** A footer goes on until a blank line or the next footer. */
function breakingFooters(lines: readonly string[]): string[] {
  const notes: string[][] = [];
  let isOpen = false;
  for (const line of lines) {
    const [footer] = /^BREAKING[ -]CHANGE: /.exec(line) ?? [];
    if (footer !== undefined) notes.push([line.slice(footer.length)]);
    else if (line.trim() === '' || /^[A-Za-z][A-Za-z-]*(?:: | #)/.test(line)) isOpen = false;
    else if (isOpen) notes.at(-1)?.push(line);
    isOpen ||= footer !== undefined;
  }
  return notes.map((parts) => parts.join(' ').replaceAll(/\s+/g, ' ').trim());
}

const idsAfter = (message: string, pattern: RegExp) => [...message.matchAll(pattern)].map(([, id = '']) => id.toLowerCase());
