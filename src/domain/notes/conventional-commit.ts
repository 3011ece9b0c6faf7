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
  /** What the BREAKING CHANGE footer says, on one line. */
  breakingNote: string | null;
  /** Pull request numbers that squash merges append, in order. */
  pullRequests: number[];
  /** `Merge branch …` and its like. */
  isMerge: boolean;
  /** What `git cherry-pick -x` recorded: ids of the original commits. */
  pickedFrom: string[];
  /** What `git revert`, or a `revert:` with `Refs`, recorded: ids of the reverted commits. */
  reverts: string[];
  /** Subject in `Revert "…"`, in `revert: …`, or that of the revert which `Reapply "…"` undoes; without pull request numbers. */
  revertedSubject: string | null;
}

const HEADER = /^([A-Za-z][A-Za-z-]*)(?:\(([^()]*)\))?(!)?:[ \t]+(\S.*)$/;
const MERGE = /^Merge (?:branch|branches|pull request|remote-tracking branch|tag|commit)\b/;
const REVERT = /^Revert "(.*)"$/;
/** What git calls the revert of a revert. */
const REAPPLY = /^Reapply "(.*)"$/;
const PULL_REQUEST = /^ \(#(\d{1,9})\)$/;

export function parseCommitMessage(message: string): ParsedMessage {
  const lines = message.split(/\r\n|\r|\n/);
  const first = (lines.find((line) => line.trim() !== '') ?? '').trim();
  const { subject, pullRequests } = withoutPullRequests(first);
  const [, type = null, scope = null, bang, rest] = HEADER.exec(subject) ?? [];
  const breakingNote = breakingFooter(lines);
  const word = type === null ? null : type.toLowerCase();
  const reverted = revertedSubject(subject, word, rest);
  return {
    subject,
    type: word,
    scope: scope === null || scope.trim() === '' ? null : scope.trim(),
    description: rest ?? subject,
    breaking: bang !== undefined || breakingNote !== null,
    breakingNote,
    pullRequests,
    isMerge: MERGE.test(subject),
    pickedFrom: idsAfter(message, /\(cherry picked from commit ([0-9a-f]{7,64})\)/gi),
    reverts: [...idsAfter(message, /This reverts commit ([0-9a-f]{7,64})\b/gi), ...(word === 'revert' ? refs(lines) : [])],
    revertedSubject: reverted === undefined ? null : withoutPullRequests(reverted.trim()).subject,
  };
}

function revertedSubject(subject: string, type: string | null, description: string | undefined): string | undefined {
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

/** The footer goes on until a blank line or the next footer. */
function breakingFooter(lines: readonly string[]): string | null {
  const start = lines.findIndex((line) => /^BREAKING[ -]CHANGE: /.test(line));
  if (start === -1) return null;
  const after = lines.slice(start + 1);
  const end = after.findIndex((line) => line.trim() === '' || /^[A-Za-z][A-Za-z-]*(?:: | #)/.test(line));
  const text = [lines[start]?.replace(/^BREAKING[ -]CHANGE: /, ''), ...after.slice(0, end === -1 ? undefined : end)].join(' ');
  return text.replaceAll(/\s+/g, ' ').trim();
}

const idsAfter = (message: string, pattern: RegExp) => [...message.matchAll(pattern)].map(([, id = '']) => id.toLowerCase());
