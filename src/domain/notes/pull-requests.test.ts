import { describe, expect, it } from 'vitest';
import { composeNotes, type NotesInput } from './compose-notes.ts';
import { itemsOf } from './document.ts';
import type { NoteCommit } from './note-commit.ts';
import type { NotePullRequest } from './pull-requests.ts';

const id = (start: string) => start.padEnd(40, '0');
const commit = (start: string, message: string, more: Partial<NoteCommit> = {}): NoteCommit => ({
  ...{ sha: id(start), message, authorName: null, url: null },
  ...more,
});
const pull = (number: number, changes: Partial<NotePullRequest> = {}): NotePullRequest => ({
  ...{ number, title: `Pull request ${number}`, labels: [], author: 'ada', headBranch: 'topic', mergedAt: null },
  ...{ mergeCommit: null, commits: [], url: `https://scm.example/pull/${number}` },
  ...changes,
});

const compose = (input: Partial<NotesInput>) =>
  composeNotes({ base: 'v1', head: 'v2', commits: [], pullRequests: [], ticketPrefixes: [], remarks: [], ...input });
const items = (input: Partial<NotesInput>) => itemsOf(compose(input));
/** `section: text` of each item. */
const lines = (input: Partial<NotesInput>) => items(input).map(({ section, text }) => `${section}: ${text}`);
/** What becomes of one commit that a pull request with these properties brought in. */
const brought = (message: string, changes: Partial<NotePullRequest>) =>
  lines({ commits: [commit('a1', message)], pullRequests: [pull(8, { commits: [id('a1')], ...changes })] });

describe('pull requests', () => {
  it('belong to their merge commit, to the commit that names their number, or to those they contain', () => {
    const pullRequests = [pull(8, { mergeCommit: id('a1').toUpperCase() }), pull(9), pull(10, { commits: [id('a3')] }), pull(7)];
    const commits = [commit('a1', 'fix: a'), commit('a2', 'fix: b (#9)'), commit('a3', 'fix: c')];

    const found = items({ commits, pullRequests }).map((item) => [item.commits[0]?.sha, item.pullRequests.map(({ number }) => number)]);

    expect(Object.fromEntries(found)).toEqual({ [id('a1')]: [8], [id('a2')]: [9], [id('a3')]: [10] });
  });

  it('that carried a commit on later did not bring it in', () => {
    const pullRequests = [
      pull(2, { title: 'Merge back', mergedAt: '2026-02-01T00:00:00.000Z', commits: [id('a1'), id('a2')] }),
      pull(3, { title: 'Mend', mergedAt: '2026-01-01T00:00:00.000Z', commits: [id('a1')] }),
    ];

    expect(lines({ commits: [commit('a1', 'x'), commit('a2', 'y')], pullRequests })).toEqual(['other: Mend', 'other: Merge back']);
  });

  it('are those of the last number of a subject that is known, which squashing wrote', () => {
    const commits = [commit('a1', 'fix: x (#3) (#4) (#5)')];

    expect(lines({ commits, pullRequests: [pull(3), pull(4)] })).toEqual(['fixes: Pull request 4']);
  });

  it('whose instant is not known are not taken for the first', () => {
    const contains = (number: number, mergedAt: string | null) => pull(number, { mergedAt, commits: [id('a1')] });

    expect(lines({ commits: [commit('a1', 'x')], pullRequests: [contains(1, null), contains(2, '2026-01-01T00:00:00.000Z')] })).toEqual([
      'other: Pull request 2',
    ]);
  });

  it('are told by number, also where a change came by several', () => {
    const commits = [commit('a9', 'x'), commit('a1', `x\n\n(cherry picked from commit ${id('a9')})`)];
    const pullRequests = [pull(9, { commits: [id('a9')] }), pull(3, { commits: [id('a1')] })];

    expect(items({ commits, pullRequests })).toMatchObject([{ text: 'Pull request 9', pullRequests: [{ number: 3 }, { number: 9 }] }]);
  });

  it('in which a bot only took part are no new versions of packages', () => {
    const commits = [commit('a1', 'fix: x', { authorName: 'Ada' }), commit('a2', 'fix: y', { authorName: 'renovate[bot]' })];

    expect(lines({ commits, pullRequests: [pull(8, { commits: [id('a1'), id('a2')] })] })).toEqual(['fixes: Pull request 8']);
  });

  it('win over their commits with title and labels', () => {
    expect(brought('fix: mend', { title: 'feat(ui): more' })).toEqual(['features: more']);
    expect(brought('fix: mend', { title: 'Mended for good' })).toEqual(['fixes: Mended for good']);
    expect(brought('feat: more', { labels: ['Type: Bug'] })).toEqual(['fixes: Pull request 8']);
    expect(brought('feat: more', { labels: ['bug', ' Breaking-Change '] })).toEqual(['breaking: Pull request 8']);
    expect(brought('fix: mend', { title: 'feat!: more' })).toEqual(['breaking: more']);
    expect(brought('fix: mend', { labels: ['valueOf', 'needs review'], title: ' ' })).toEqual(['fixes: mend']);
  });

  it('of bots are new versions of packages', () => {
    expect(brought('Bump x', { author: 'dependabot[bot]', title: 'Bump x' })).toEqual(['dependencies: Bump x']);
  });

  it.each(['skip-changelog', 'Skip Changelog', 'no-release-notes', 'changelog: skip', 'release-notes/none', 'ignore-for-release'])(
    'labelled %j are left out, and nothing else is',
    (label) => {
      const commits = [commit('a1', 'fix: a'), commit('a2', 'fix: b')];

      expect(lines({ commits, pullRequests: [pull(8, { labels: [label], commits: [id('a1')] })] })).toEqual(['fixes: b']);
    },
  );

  it('that were told of twice count once, with all their commits', () => {
    const pullRequests = [pull(8, { commits: [id('a1')] }), pull(8, { commits: [id('a2')] })];

    expect(items({ commits: [commit('a1', 'x'), commit('a2', 'y')], pullRequests })).toMatchObject([
      { commits: [{ sha: id('a1') }, { sha: id('a2') }], pullRequests: [{ number: 8 }] },
    ]);
  });
});
