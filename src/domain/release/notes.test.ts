import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeNotes, type NotePullRequest, type NotesInput } from './notes.ts';
import { renderNotesMarkdown } from './notes-markdown.ts';
import type { NoteCommit } from './surviving-commits.ts';

const id = (start: string) => start.padEnd(40, '0');
const commit = (start: string, message: string, authorName: string | null = null): NoteCommit => ({
  sha: id(start),
  message,
  authorName,
  url: null,
});
const pull = (number: number, changes: Partial<NotePullRequest> = {}): NotePullRequest => ({
  number,
  title: `Pull request ${number}`,
  labels: [],
  mergeCommit: null,
  ...changes,
});

const items = (input: NotesInput) => composeNotes(input).flatMap((entry) => entry.items);
/** `group: description` of each item. */
const lines = (input: NotesInput) => items(input).map(({ group, description }) => `${group}: ${description}`);

describe('groups', () => {
  it('come in a fixed order, each commit in one of them, and empty ones not at all', () => {
    const messages = [
      'docs: read',
      'perf: run',
      'fix: mend',
      'feat: add',
      'feat!: break',
      'just words',
      'bugfix: mend too',
      'constructor: odd',
    ];

    expect(lines({ commits: messages.map((message, index) => commit(`a${index + 1}`, message)) })).toEqual([
      'breaking: break',
      'features: add',
      'fixes: mend',
      'fixes: mend too',
      'performance: run',
      'other: just words',
      'other: odd',
      'other: read',
    ]);
    expect(composeNotes({ commits: [commit('a1', 'fix: mend')] }).map(({ group }) => group)).toEqual(['fixes']);
    expect(composeNotes({ commits: [] })).toEqual([]);
  });

  it('put a change that any of its commits calls breaking among the breaking ones, with what must be done', () => {
    const commits = [commit('a1', 'fix: mend'), commit('a2', 'fix: mend\n\nBREAKING CHANGE: update clients')];

    expect(items({ commits })).toMatchObject([{ group: 'breaking', breakingNotes: ['update clients'] }]);
  });

  it('order items by scope and words, not by the order of the commits', () => {
    const commits = ['fix(ui): b', 'fix(ui): A', 'fix: z', 'fix(api): y'].map((message, index) => commit(`a${index}`, message));

    expect(items({ commits }).map(({ scope, description }) => `${scope} ${description}`)).toEqual(['null z', 'api y', 'ui A', 'ui b']);
  });
});

describe('one change in several commits', () => {
  it('is one item where a commit was picked from another, told in the words of the original', () => {
    const picked = commit('a1', `fix: mend it here\n\n(cherry picked from commit ${id('b1')})`, 'Bo');

    expect(items({ commits: [picked, commit('b1', 'fix: mend it', 'Ada')] })).toMatchObject([
      { description: 'mend it', commits: [{ sha: id('b1') }, { sha: id('a1') }], authors: ['Ada', 'Bo'] },
    ]);
  });

  it('is one item where two commits were picked from one outside the range', () => {
    const picks = ['a1', 'a2'].map((start, index) => commit(start, `fix: mend ${index}\n\n(cherry picked from commit ${id('b1')})`));

    expect(items({ commits: picks })).toHaveLength(1);
  });

  it('is one item where subjects are the same but for pull request numbers', () => {
    expect(items({ commits: [commit('a1', 'fix: mend (#1)'), commit('a2', 'fix: mend (#1) (#2)')] })).toMatchObject([
      { pullRequests: [1, 2], commits: [{ sha: id('a1') }, { sha: id('a2') }] },
    ]);
  });

  it('is joined over a third that has something of both', () => {
    const commits = [
      commit('a1', 'fix: mend'),
      commit('a2', 'fix: heal'),
      commit('a3', `fix: mend\n\n(cherry picked from commit ${id('a2')})`),
    ];

    expect(items({ commits })).toHaveLength(1);
  });

  it('is not made of commits without any words', () => {
    expect(items({ commits: [commit('a1', ''), commit('a2', ' ')] }).map(({ description }) => description)).toEqual([
      'No description',
      'No description',
    ]);
  });
});

describe('pull requests', () => {
  it('belong to their merge commit or to the commit that names their number', () => {
    const pullRequests = [pull(8, { mergeCommit: id('a1').toUpperCase() }), pull(9), pull(7)];

    expect(
      items({ commits: [commit('a1', 'fix: a'), commit('a2', 'fix: b (#9)')], pullRequests }).map((item) => item.pullRequests),
    ).toEqual([[8], [9]]);
  });

  it('lend their title and labels to commits without a convention', () => {
    const pullRequests = [
      pull(8, { title: 'Search by date', labels: ['Enhancement'], mergeCommit: id('a1') }),
      pull(9, { title: 'fix(ui): mend', mergeCommit: id('a2') }),
    ];

    expect(lines({ commits: [commit('a1', 'wip'), commit('a2', 'wip 2')], pullRequests })).toEqual([
      'features: Search by date',
      'fixes: mend',
    ]);
  });

  it('do not change what a conventional commit says, unless they are labelled breaking', () => {
    const labelled = (...labels: string[]) =>
      lines({ commits: [commit('a1', 'fix: mend')], pullRequests: [pull(8, { labels, mergeCommit: id('a1') })] });

    expect(labelled('feature')).toEqual(['fixes: mend']);
    expect(labelled(' Breaking-Change ')).toEqual(['breaking: mend']);
  });

  it('with an empty title or unknown labels leave the commit its words', () => {
    const pullRequests = [pull(8, { title: ' ', labels: ['valueOf', 'needs review'], mergeCommit: id('a1') })];

    expect(lines({ commits: [commit('a1', 'Say it')], pullRequests })).toEqual(['other: Say it']);
  });
});

describe('tickets', () => {
  const ticketPattern = /\bAPP-\d+\b/;

  it('are found in messages and titles, each once, by number', () => {
    const commits = [commit('a1', 'fix: mend APP-10\n\nRefs APP-9, APP-10')];
    const pullRequests = [pull(8, { title: 'APP-2 mend', mergeCommit: id('a1') })];

    expect(items({ commits, pullRequests, ticketPattern })).toMatchObject([{ tickets: ['APP-2', 'APP-9', 'APP-10'] }]);
  });

  it('are not looked for without a pattern', () => {
    expect(items({ commits: [commit('a1', 'fix: APP-1')] })).toMatchObject([{ tickets: [] }]);
  });

  it('are found the same with a pattern that remembers where it was, and never empty', () => {
    const commits = [commit('a1', 'fix: APP-1 APP-2')];

    expect(items({ commits, ticketPattern: /APP-\d+/gy })).toMatchObject([{ tickets: ['APP-1', 'APP-2'] }]);
    expect(items({ commits, ticketPattern: /z*/ })).toMatchObject([{ tickets: [] }]);
  });
});

describe('for any commits', () => {
  const subjects = fc.constantFrom(
    'feat: add',
    'feat(ui): add',
    'fix: mend',
    'fix(api)!: mend',
    'perf: run',
    'docs: tell',
    'Say it',
    'Add (#3)',
    '',
  );
  const author = fc.constantFrom('Ada', 'Bo', null);
  const changes = fc.array(
    fc.record({ subject: subjects, author, pickOf: fc.option(fc.nat(40)), reverts: fc.option(fc.nat(), { freq: 4 }) }),
    { maxLength: 30, size: 'max' },
  );
  const shaOf = (index: number) => (0xabc000 + index * 7919).toString(16).padStart(40, 'd');
  /** Reverts name ids only: by subject the order would rightly matter. */
  const histories = changes.map((given) =>
    given.map(({ subject, author: authorName, pickOf, reverts }, index): NoteCommit => {
      const body = reverts !== null && index > 0 ? `This reverts commit ${shaOf(reverts % index)}.` : '';
      const picked = pickOf === null ? '' : `(cherry picked from commit ${shaOf(pickOf)})`;
      return { sha: shaOf(index), message: `${subject}\n\n${body}\n${picked}`, authorName, url: `https://scm.example/${index}` };
    }),
  );
  const pullRequests = [
    pull(3, { labels: ['bug'] }),
    pull(4, { mergeCommit: shaOf(0), labels: ['breaking'] }),
    pull(5, { mergeCommit: shaOf(0), title: 'feat: more' }),
  ];
  const markdownOf = (commits: readonly NoteCommit[], pulls = pullRequests) =>
    renderNotesMarkdown(composeNotes({ commits, pullRequests: pulls, ticketPattern: /APP-\d+/ }));

  const undoneIn = (history: readonly NoteCommit[]) => {
    const undone = new Set<string>();
    for (const { sha, message } of history.toReversed()) {
      const target = /This reverts commit ([0-9a-f]+)/.exec(message)?.[1];
      if (target !== undefined && !undone.has(sha)) undone.add(target);
    }
    return undone;
  };

  it('name every unreverted commit exactly once and no other', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const undone = undoneIn(history);
        const expected = history.filter(({ sha, message }) => !undone.has(sha) && !message.includes('This reverts')).map(({ sha }) => sha);

        const named = items({ commits: history, pullRequests }).flatMap((item) => item.commits.map(({ sha }) => sha));

        expect(named.sort()).toEqual(expected.sort());
      }),
      { numRuns: 500 },
    );
  });

  it('are the same to the byte in whatever order commits and pull requests come', () => {
    const shuffled = histories.chain((history) =>
      fc.record({
        history: fc.constant(history),
        commits: fc.shuffledSubarray(history, { minLength: history.length }),
        pulls: fc.shuffledSubarray(pullRequests, { minLength: pullRequests.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ history, commits, pulls }) => {
        expect(markdownOf(commits, pulls)).toBe(markdownOf(history));
      }),
      { numRuns: 500 },
    );
  });

  it('leave their input as it was', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const before = JSON.stringify([history, pullRequests]);
        markdownOf(history);

        expect(JSON.stringify([history, pullRequests])).toBe(before);
      }),
      { numRuns: 50 },
    );
  });

  it('are written in time that grows with their number: ten thousand with one subject', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => commit((0x1000000 + index).toString(16), 'wip'));
    const before = performance.now();

    expect(items({ commits: many })).toHaveLength(1);
    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
