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
describe('sections', () => {
  it('come in a fixed order, each commit in one of them, and empty ones not at all', () => {
    const messages = [
      ...['docs: read', 'perf: run', 'fix: mend', 'feat: add', 'feat!: break', 'just words', 'bugfix: mend too', 'constructor: odd'],
      ...['security: lock', 'revert: what was before', 'Revert "older"', 'build(deps): raise', 'chore: tidy'],
    ];

    expect(lines({ commits: messages.map((message, index) => commit(`a${index.toString(16)}`, message)) })).toEqual([
      'breaking: break',
      'security: lock',
      'features: add',
      'fixes: mend',
      'fixes: mend too',
      'performance: run',
      'reverts: Revert "older"',
      'reverts: what was before',
      'documentation: read',
      'other: just words',
      'other: odd',
      'other: tidy',
      'dependencies: raise',
    ]);
    expect(compose({ commits: [commit('a1', 'fix: mend')] }).sections.map(({ section }) => section)).toEqual(['fixes']);
    expect(compose({}).sections).toEqual([]);
  });

  it('hold a change that any of its commits calls breaking among the breaking ones, with what must be done', () => {
    const commits = [commit('a1', 'fix: mend'), commit('a2', 'wip\n\nBREAKING CHANGE: update clients')];

    expect(items({ commits, pullRequests: [pull(8, { commits: [id('a1'), id('a2')] })] })).toMatchObject([
      { section: 'breaking', breakingNotes: ['update clients'] },
    ]);
  });

  it('hold a squashed pull request where its most important commit belongs, as if it had not been squashed', () => {
    const body = '* docs: tell of it\n\n* fix(ui): mend it';
    const [squashed] = compose({ commits: [commit('a1', `Prepare it (#12)\n\n${body}`)] }).sections;
    const [breaking] = compose({ commits: [commit('a1', `Prepare it (#12)\n\n${body}\n\n* feat(api)!: drop v1`)] }).sections;
    const [titled] = compose({ commits: [commit('a1', `docs: prepare it (#12)\n\n${body}`)] }).sections;

    expect([squashed?.section, squashed?.items[0]?.text]).toEqual(['fixes', 'Prepare it']);
    expect([breaking?.section, breaking?.items[0]?.breakingNotes]).toEqual(['breaking', ['api: drop v1']]);
    expect(titled?.section).toBe('documentation');
  });

  it('order items by scope and words, not by the order of the commits', () => {
    const commits = ['fix(ui): b', 'fix(ui): A', 'fix: z', 'fix(api): y'].map((message, index) => commit(`a${index}`, message));

    expect(items({ commits }).map(({ scope, text }) => `${scope} ${text}`)).toEqual(['null z', 'api y', 'ui A', 'ui b']);
  });

  it.each([
    { authorName: 'dependabot[bot]' },
    { authorLogin: 'renovate[bot]' },
    { authorName: 'Renovate Bot' },
    { authorName: 'snyk-bot' },
  ])('hold what %j brings in apart, unless it breaks something', (by) => {
    expect(lines({ commits: [commit('a1', 'fix: bump a', by), commit('a2', 'feat!: bump b', by)] })).toEqual([
      'breaking: bump b',
      'dependencies: bump a',
    ]);
  });

  it('do not take a person of a like name for a bot', () => {
    expect(lines({ commits: [commit('a1', 'fix: mend', { authorName: 'Renovated Robot' })] })).toEqual(['fixes: mend']);
  });
});

describe('one change in several commits', () => {
  it('is one item where a commit was picked from another, told in the words of the original', () => {
    const picked = commit('a1', `fix: mend it here\n\n(cherry picked from commit ${id('b1')})`, { authorName: 'Bo' });

    expect(items({ commits: [picked, commit('b1', 'fix: mend it', { authorName: 'Ada' })] })).toMatchObject([
      {
        text: 'mend it',
        commits: [
          { sha: id('b1'), pickedFrom: [] },
          { sha: id('a1'), pickedFrom: [id('b1')] },
        ],
        authors: ['Ada', 'Bo'],
      },
    ]);
  });

  it('is one item where the id of the original is shortened', () => {
    const commits = [commit('a1', 'fix: x\n\n(cherry picked from commit b100000)'), commit('b1', 'fix: y')];

    expect(items({ commits })).toMatchObject([{ commits: [{ sha: id('b1') }, { pickedFrom: [id('b1')] }] }]);
  });

  it('is not made by a shortened id that fits several', () => {
    const commits = [commit('a1', 'fix: x\n\n(cherry picked from commit b100000)'), commit('b1', 'fix: y'), commit('b10000001', 'fix: z')];

    expect(items({ commits })).toHaveLength(3);
  });

  it('is one item where two commits were picked from one outside the range', () => {
    const picks = ['a1', 'a2'].map((start, index) => commit(start, `fix: mend ${index}\n\n(cherry picked from commit ${id('c1')})`));

    expect(items({ commits: picks })).toHaveLength(1);
  });

  it('is one item where a pull request has several commits, in its words', () => {
    const commits = [commit('a1', 'feat: half'), commit('a2', 'wip'), commit('a3', 'fix: beside')];

    expect(lines({ commits, pullRequests: [pull(8, { title: 'Whole', commits: [id('a1'), id('a2')] })] })).toEqual([
      'features: Whole',
      'fixes: beside',
    ]);
  });

  it('is one item where words, author and instant are the same: picking keeps them', () => {
    const made = { authorName: 'Ada', authoredAt: '2026-01-01T00:00:00.000Z' };

    expect(items({ commits: [commit('a1', 'fix: mend', made), commit('a2', 'fix: mend', made)] })).toHaveLength(1);
    for (const other of [{ authorName: 'Bo' }, { authorName: null }, { authoredAt: '2026-01-01T00:00:01.000Z' }, { authoredAt: null }]) {
      expect(items({ commits: [commit('a1', 'fix: mend', made), commit('a2', 'fix: mend', { ...made, ...other })] })).toHaveLength(2);
    }
    const unknown = { ...made, authorName: null };
    expect(items({ commits: [commit('a1', 'fix: mend', unknown), commit('a2', 'fix: mend', unknown)] })).toHaveLength(2);
  });

  it('is one item where words, author and tickets are the same, and not by the words alone', () => {
    const twice = (message: string, second: Partial<NoteCommit> = {}) =>
      items({
        ticketPrefixes: ['APP'],
        commits: [commit('a1', message, { authorName: 'Ada' }), commit('a2', message, { authorName: 'Ada', ...second })],
      });

    expect(twice('fix: mend APP-1')).toHaveLength(1);
    expect(twice('fix: mend APP-1', { authorName: 'Bo' })).toHaveLength(2);
    expect(twice('fix: typo')).toHaveLength(2);
  });

  it('is one item where words and the number behind them are the same; the number alone may be an issue', () => {
    expect(items({ commits: [commit('a1', 'fix: mend (#1)'), commit('a2', 'fix: mend (#1) (#2)')] })).toMatchObject([
      {
        pullRequests: [
          { number: 1, url: null },
          { number: 2, url: null },
        ],
        commits: [{ sha: id('a1') }, { sha: id('a2') }],
      },
    ]);
    expect(items({ commits: [commit('a1', 'feat: add a (#45)'), commit('a2', 'feat: add b (#45)')] })).toHaveLength(2);
  });

  it('is joined over a third that has something of both', () => {
    const commits = [
      commit('a1', 'fix: mend (#3)'),
      commit('a2', 'fix: heal'),
      commit('a3', `fix: mend (#3)\n\n(cherry picked from commit ${id('a2')})`),
    ];

    expect(items({ commits })).toHaveLength(1);
  });

  it('is not made of commits without any words', () => {
    expect(items({ commits: [commit('a1', ''), commit('a2', ' ')] }).map(({ text }) => text)).toEqual(['No description', 'No description']);
  });
});

describe('ids of items', () => {
  const idOf = (input: Partial<NotesInput>) => items(input).map((item) => item.id);

  it('are those of the pull request, of the original, or of the first commit', () => {
    const pullRequests = [pull(8, { commits: [id('a1')] })];
    const pick = commit('a9', `x\n\n(cherry picked from commit ${id('b1')})`);

    expect(idOf({ commits: [commit('a1', 'x')], pullRequests })).toEqual(
      idOf({ commits: [commit('a2', 'y'), commit('a1', 'x')], pullRequests: [pull(8, { commits: [id('a1'), id('a2')] })] }),
    );
    expect(idOf({ commits: [pick] })).toEqual(idOf({ commits: [commit('b1', 'y')] }));
    expect(idOf({ commits: [commit('a1', 'x')] })).toEqual(idOf({ commits: [commit('a1', 'x')], base: 'v0' }));
    expect(idOf({ commits: [commit('a1', 'x')] })).not.toEqual(idOf({ commits: [commit('a2', 'x')] }));
  });

  it('are those of the first original by its id, whatever the picks are called', () => {
    const picks = (first: string, second: string) => [
      commit(first, `x (#3)\n\n(cherry picked from commit ${id('c9')})`),
      commit(second, `x (#3)\n\n(cherry picked from commit ${id('c1')})`),
    ];

    expect(idOf({ commits: picks('a1', 'a2') })).toEqual(idOf({ commits: picks('b2', 'b1') }));
    expect(idOf({ commits: picks('a1', 'a2') })).toEqual(idOf({ commits: [commit('c1', 'y')] }));
  });

  it('are not made of a number that several items name', () => {
    expect(new Set(idOf({ commits: [commit('a1', 'feat: a (#45)'), commit('a2', 'feat: b (#45)')] })).size).toBe(2);
  });

  it('are pinned: people keep edits by them', () => {
    expect(idOf({ commits: [commit('a1', 'x')], pullRequests: [pull(8, { commits: [id('a1')] })] })).toEqual(['5219a11f8e028e34']);
  });
});

describe('tickets', () => {
  it('are found in messages, titles and, in any case, branches, each once, by number', () => {
    const commits = [commit('a1', 'fix: mend APP-10\n\nRefs APP-9, APP-10, app-77, OTHER-1')];
    const pullRequests = [pull(8, { title: 'APP-2 mend', mergeCommit: id('a1'), headBranch: 'feature/app-3_mend' })];

    expect(items({ commits, pullRequests, ticketPrefixes: ['APP'] })).toMatchObject([{ tickets: ['APP-2', 'APP-3', 'APP-9', 'APP-10'] }]);
  });

  it('are not looked for without a project', () => {
    expect(items({ commits: [commit('a1', 'fix: APP-1')] })).toMatchObject([{ tickets: [] }]);
  });
});

describe('text of strangers', () => {
  it('is one line of whole characters, and no longer than people read', () => {
    const [item] = items({ commits: [commit('a1', `fix: a\u0000b\u202ec\ud800d ${'😀'.repeat(600)}`, { authorName: 'A\nda' })] });

    expect(item?.text).toMatch(/^a b c\ufffdd 😀+…$/u);
    expect(item?.text.length).toBeLessThanOrEqual(1_000);
    expect(item?.authors).toEqual(['A da']);
  });
});

it('says how many commits there were and how the notes were made', () => {
  const commits = [commit('a1', 'x'), commit('a1', 'x'), commit('a2', "Merge branch 'x'")];

  expect(compose({ commits, remarks: ['without-pull-requests', 'since-fork', 'since-fork'] })).toMatchObject({
    ...{ base: 'v1', head: 'v2', commits: 2 },
    remarks: ['since-fork', 'without-pull-requests'],
  });
});
