import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommitMessage } from './conventional-commit.ts';

describe('parseCommitMessage', () => {
  it.each([
    ['feat: add it', 'feat', null, 'add it', false],
    ['Fix(ui): mend it', 'fix', 'ui', 'mend it', false],
    ['feat(api)!: change it', 'feat', 'api', 'change it', true],
    ['chore!: drop it', 'chore', null, 'drop it', true],
    ['fix( ): mend it', 'fix', null, 'mend it', false],
    ['build-system: x', 'build-system', null, 'x', false],
    ['Add it', null, null, 'Add it', false],
    ['feat:add it', null, null, 'feat:add it', false],
    ['feat (x): add it', null, null, 'feat (x): add it', false],
    ['', null, null, '', false],
  ])('reads %j', (message, type, scope, description, breaking) => {
    expect(parseCommitMessage(message)).toMatchObject({ type, scope, description, breaking });
  });

  it.each(['BREAKING CHANGE', 'BREAKING-CHANGE'])('reads the footer %s up to a blank line or the next footer', (footer) => {
    const note = (rest: string) => parseCommitMessage(`feat: x\n\n${footer}: old clients\n  must update${rest}`);

    expect(note('')).toMatchObject({ breaking: true, breakingNotes: ['old clients must update'] });
    expect(note('\n\nMore text').breakingNotes).toEqual(['old clients must update']);
    expect(note('\nRefs: APP-1').breakingNotes).toEqual(['old clients must update']);
    expect(note('\nCloses #3').breakingNotes).toEqual(['old clients must update']);
  });

  it('reads every such footer: squashing puts those of several commits into one message', () => {
    const message =
      'feat!: x\n\nBREAKING CHANGE: update\n  clients\nBREAKING-CHANGE: drop tokens\n\n* fix: y\n\nBREAKING CHANGE: log in anew';

    expect(parseCommitMessage(message).breakingNotes).toEqual(['update clients', 'drop tokens', 'log in anew']);
  });

  it('reads the commits that squashing listed, and takes no other list for them', () => {
    const squashed = (body: string) =>
      parseCommitMessage(`Prepare it (#12)\n\n${body}`).squashed.map(({ type, scope, description, breaking }) => [
        type,
        scope,
        description,
        breaking,
      ]);

    expect(squashed('* feat(api)!: drop v1\n\nmore\n\n* fix: mend it (#3)\n* wip')).toEqual([
      ['feat', 'api', 'drop v1', true],
      ['fix', null, 'mend it', false],
    ]);
    expect(squashed('- fix: mend it\nfix: mend it\n  * fix: mend it')).toEqual([]);
  });

  it('does not take the words for the footer where they stand in a sentence', () => {
    expect(parseCommitMessage('docs: x\n\nThis is no BREAKING CHANGE: really').breaking).toBe(false);
  });

  it('takes the pull request numbers off the subject', () => {
    expect(parseCommitMessage('feat: add it (#12) (#15)\n\nbody')).toMatchObject({ subject: 'feat: add it', pullRequests: [12, 15] });
    expect(parseCommitMessage('fix #12 (#x)')).toMatchObject({ subject: 'fix #12 (#x)', pullRequests: [] });
  });

  it.each([
    ["Merge branch 'main' into release", true],
    ['Merge pull request #3 from x/y', true],
    ['Merge remote-tracking branch x', true],
    ['Merge two lists into one', false],
    ['feat: Merge branch names', false],
  ])('knows whether %j is a merge', (message, expected) => {
    expect(parseCommitMessage(message).isMerge).toBe(expected);
  });

  it('reads what was picked and what was reverted', () => {
    const sha = 'abcdef0123'.repeat(4);

    expect(
      parseCommitMessage(`fix: x\n\n(cherry picked from commit ${sha.toUpperCase()})\n(cherry picked from commit 1234567)`).pickedFrom,
    ).toEqual([sha, '1234567']);
    expect(parseCommitMessage(`Revert "fix: x (#1)" (#2)\n\nThis reverts commit ${sha}.`)).toMatchObject({
      reverts: [sha],
      revertedSubject: 'fix: x',
      pullRequests: [2],
    });
    expect(parseCommitMessage('Revert "Revert "fix: x""').revertedSubject).toBe('Revert "fix: x"');
  });

  it('reads reverts of the convention and of git, and what git calls the revert of a revert', () => {
    expect(parseCommitMessage('revert: feat: x (#3)\n\nRefs: 676104e, A215868')).toMatchObject({
      ...{ type: 'revert', reverts: ['676104e', 'a215868'], revertedSubject: 'feat: x', pullRequests: [3] },
    });
    expect(parseCommitMessage('fix: x\n\nRefs: 676104e').reverts).toEqual([]);
    expect(parseCommitMessage('Reapply "feat: x (#1)" (#3)').revertedSubject).toBe('Revert "feat: x"');
  });

  it('never throws and always finds one line of subject, whatever the message', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (message) => {
        expect(parseCommitMessage(message).subject).not.toMatch(/[\r\n]/);
      }),
    );
  });

  it('takes time that grows with the message, not with what it could match', () => {
    const hostile = [
      `${'a'.repeat(1_000_000)}(`,
      `feat(${'('.repeat(1_000_000)}`,
      `feat:${' '.repeat(1_000_000)}`,
      ' (#1)'.repeat(200_000),
      'BREAKING CHANGE: '.repeat(60_000),
    ];
    const before = performance.now();

    for (const message of hostile) parseCommitMessage(message);

    expect(performance.now() - before).toBeLessThan(5_000);
  });
});
