import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NoteCommit } from './note-commit.ts';
import { survivingCommits } from './surviving-commits.ts';

/** `id('a1')` is a full id that begins so. */
const id = (start: string) => start.padEnd(40, '0');

const commit = (start: string, message: string, parents?: string[]): NoteCommit => ({
  sha: id(start),
  message,
  authorName: null,
  url: null,
  ...(parents === undefined ? {} : { parents: parents.map(id) }),
});

const revert = (start: string, of: string) => commit(start, `Revert something\n\nThis reverts commit ${id(of)}.`);

/** What is left, by the beginnings of the ids. */
const left = (...commits: NoteCommit[]) => survivingCommits(commits).map(({ sha }) => sha.replace(/0+$/, ''));

describe('merges', () => {
  it('are left out by their parents, or by their message where parents are not known', () => {
    expect(left(commit('a1', 'x', ['f', 'e']), commit('a2', "Merge branch 'x'"), commit('a3', "Merge branch 'x'", ['f']))).toEqual(['a3']);
  });
});

describe('reverts by id', () => {
  it('take the commit with them', () => {
    expect(left(commit('a1', 'x'), commit('a2', 'y'), revert('a3', 'a1'))).toEqual(['a2']);
  });

  it('of reverts bring it back', () => {
    expect(left(commit('a1', 'x'), revert('a2', 'a1'), revert('a3', 'a2'))).toEqual(['a1']);
  });

  it('take it away again when it is reverted once more', () => {
    expect(left(commit('a1', 'x'), revert('a2', 'a1'), revert('a3', 'a2'), revert('a4', 'a1'))).toEqual([]);
    expect(left(commit('a1', 'x'), revert('a2', 'a1'), revert('a3', 'a2'), revert('a4', 'a3'))).toEqual([]);
  });

  it('stay when what they undo lies before the range: they are a change of it', () => {
    expect(left(commit('a1', 'x'), revert('a2', 'b9'))).toEqual(['a1', 'a2']);
  });

  it('may shorten the id, as long as it means one commit', () => {
    const short = commit('a3', 'Revert\n\nThis reverts commit abcdef1.');

    expect(left(commit('abcdef11', 'x'), short)).toEqual([]);
    expect(left(commit('abcdef11', 'x'), commit('abcdef12', 'y'), short)).toEqual(['a3', 'abcdef11', 'abcdef12']);
  });

  it('of several commits go with all of them, and stay where one is not there', () => {
    const both = (second: string) => commit('a3', `Revert\n\nThis reverts commit ${id('a1')}.\nThis reverts commit ${id(second)}.`);

    expect(left(commit('a1', 'x'), commit('a2', 'y'), both('a2'))).toEqual([]);
    expect(left(commit('a1', 'x'), commit('a2', 'y'), both('b9'))).toEqual(['a2', 'a3']);
  });

  it('of themselves or of each other in a circle loop nothing', () => {
    expect(left(revert('a1', 'a1'))).toEqual(['a1']);
    expect(left(revert('a1', 'a2'), revert('a2', 'a1'))).toEqual([]);
  });

  it('of a merge take what it brought in, and nothing else', () => {
    const history = [
      commit('a1', 'before', ['f']),
      commit('b1', 'on the branch', ['a1']),
      commit('b2', 'on the branch too', ['b1']),
      commit('a2', 'beside it', ['a1']),
      commit('a3', "Merge branch 'b'", ['a2', 'b2']),
    ];

    expect(left(...history, revert('a4', 'a3'))).toEqual(['a1', 'a2']);
    expect(left(...history, revert('a4', 'a3'), revert('a5', 'a4'))).toEqual(['a1', 'a2', 'b1', 'b2']);
  });

  it('of a merge stay where nobody knows what it brought in', () => {
    expect(left(commit('a1', 'x'), commit('a2', "Merge branch 'b'"), revert('a3', 'a2'))).toEqual(['a1', 'a3']);
  });
});

describe('reverts by subject', () => {
  const named = (start: string, subject: string) => commit(start, `Revert "${subject}"`);

  it('take the last commit before them that has it', () => {
    expect(left(commit('a1', 'x'), commit('a2', 'x'), named('a3', 'x'), commit('a4', 'x'))).toEqual(['a1', 'a4']);
  });

  it('see through the pull request numbers of squashed commits', () => {
    expect(left(commit('a1', 'x (#1)'), named('a2', 'x (#1)" (#2)'.slice(0, -6)))).toEqual([]);
    expect(left(commit('a1', 'x (#1)'), commit('a2', 'Revert "x (#1)" (#2)\n\nReverts a/b#1'))).toEqual([]);
  });

  it('take one commit each', () => {
    expect(left(commit('a1', 'x'), commit('a2', 'x'), named('a3', 'x'), named('a4', 'x'))).toEqual([]);
    expect(left(commit('a1', 'x'), named('a2', 'x'), named('a3', 'x'))).toEqual(['a3']);
  });

  it('of reverts bring it back', () => {
    expect(left(commit('a1', 'x'), named('a2', 'x'), named('a3', 'Revert "x"'))).toEqual(['a1']);
  });

  it('mean what came before them in history, in whatever order the commits are delivered', () => {
    const first = commit('b9', 'x', ['f']);
    const second = commit('b1', 'x', ['b9']);
    const undo = { ...named('a3', 'x'), parents: [id('b1')] };
    const third = commit('a2', 'x', ['a3']);

    expect(left(third, second, undo, first).sort()).toEqual(['a2', 'b9']);
    expect(left(undo, first, third, second).sort()).toEqual(['a2', 'b9']);
  });

  it('follow the convention and the reapplications of git, too', () => {
    expect(left(commit('a1', 'feat: x'), commit('a2', 'revert: feat: x'))).toEqual([]);
    expect(left(commit('a1', 'x'), named('a2', 'x'), commit('a3', 'Reapply "x" (#4)'))).toEqual(['a1']);
  });

  it('stay when nothing before them has it', () => {
    expect(left(named('a1', 'x'), commit('a2', 'x'))).toEqual(['a1', 'a2']);
  });
});

describe('reverts of a change that was picked', () => {
  const pick = (start: string, of: string, message = 'x') => commit(start, `${message}\n\n(cherry picked from commit ${id(of)})`);

  it('name the original, and take the pick with them where the original is not in the range', () => {
    expect(left(pick('a1', 'c1'), pick('a2', 'c2', `Revert "x"\n\nThis reverts commit ${id('c1')}.`))).toEqual([]);
    expect(left(pick('a1', 'c1'), revert('a2', 'c1'), pick('a3', 'c1'))).toEqual(['a3']);
    expect(left(pick('a1', 'c1'), revert('a2', 'c1'), revert('a3', 'c1'))).toEqual(['a3']);
    expect(left(pick('a1', 'c1'), commit('a2', 'Revert\n\nThis reverts commit c100000.'))).toEqual([]);
  });

  it('take the original where that is in the range', () => {
    expect(left(commit('c1', 'x'), pick('a1', 'c1'), revert('a2', 'c1'))).toEqual(['a1']);
  });

  it('are themselves taken back by the name that they had', () => {
    const taken = pick('a2', 'c2', `Revert "x"\n\nThis reverts commit ${id('c1')}.`);

    expect(left(pick('a1', 'c1'), taken, revert('a3', 'c2'))).toEqual(['a1']);
  });
});

describe('reverts of a pull request', () => {
  const pulls: Record<string, { number: number; title: string }> = {
    [id('a1')]: { number: 1, title: 'Fix typo' },
    [id('a2')]: { number: 2, title: 'Fix typo' },
    [id('91')]: { number: 8, title: 'feat: vouchers (#8)' },
    [id('92')]: { number: 8, title: 'feat: vouchers (#8)' },
  };
  const leftOf = (...commits: NoteCommit[]) =>
    survivingCommits(commits, ({ sha }) => pulls[sha] ?? null).map(({ sha }) => sha.replace(/0+$/, ''));
  const typos = [commit('a1', 'Fix typo (#1)'), commit('a2', 'Fix typo (#2)')];
  const vouchers = [commit('91', 'wip'), commit('92', 'more')];

  it.each([
    ['GitHub', 'Reverts acme/shop#1'],
    ['GitLab', 'This reverts merge request !1'],
    ['GitLab, with its project', 'This reverts merge request acme/mobile/shop!1'],
  ])('go by its number, as %s writes it, not by words that another has, too', (_provider, line) => {
    expect(leftOf(...typos, commit('a3', `Revert "Fix typo" (#3)\n\n${line}`))).toEqual(['a2']);
    // Whoever was not asked for the pull request has its number in the subject.
    expect(left(...typos, commit('a3', `Revert "Fix typo" (#3)\n\n${line}`))).toEqual(['a2']);
  });

  it('take all its commits, by its number or by its title', () => {
    expect(leftOf(...vouchers, commit('a3', 'Revert "feat: vouchers" (#9)\n\nReverts acme/shop#8'))).toEqual([]);
    expect(leftOf(...vouchers, commit('a3', 'Revert "feat: vouchers (#8)" (#9)'))).toEqual([]);
    expect(leftOf(...vouchers, commit('a3', 'Revert "feat: vouchers"'), commit('a4', 'Reapply "feat: vouchers"'))).toEqual(['91', '92']);
  });

  it('stay where it is not in the range', () => {
    expect(leftOf(...vouchers, commit('a3', 'Revert "Old" (#9)\n\nReverts acme/shop#7'))).toEqual(['91', '92', 'a3']);
  });
});

it('counts a commit that was delivered twice once', () => {
  expect(left(commit('a1', 'x'), commit('a1', 'x'))).toEqual(['a1']);
});

it('agrees with reading history backwards, whatever reverts what', () => {
  const changes = fc.array(fc.option(fc.nat(), { nil: null, freq: 2 }), { maxLength: 25, size: 'max' });
  fc.assert(
    fc.property(changes, (given) => {
      const history = given.map((target, index) => {
        const start = (0xa000 + index).toString(16);
        return target === null || index === 0 ? commit(start, `change ${index}`) : revert(start, (0xa000 + (target % index)).toString(16));
      });

      const undone = new Set<string>();
      for (const entry of history.toReversed()) {
        if (!undone.has(entry.sha))
          for (const [, target = ''] of entry.message.matchAll(/This reverts commit ([0-9a-f]+)/g)) undone.add(target);
      }
      const expected = history.filter(({ sha, message }) => message.startsWith('change') && !undone.has(sha)).map(({ sha }) => sha);

      expect(survivingCommits(history).map(({ sha }) => sha)).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});
