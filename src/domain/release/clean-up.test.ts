import { describe, expect, it } from 'vitest';
import { noWishes, planCleanUps, whyBranchStays, whyTagStays } from './clean-up.ts';

const outside = {
  branch: 'release/1.4.0',
  tags: ['v1.4.0-rc.1', 'v1.4.0'],
  tickets: [{ key: 'APP-1' }, { key: 'APP-1' }],
  testRuns: [{ id: '7' }, { id: '8' }],
  builds: [{ id: 'running' }],
  artifacts: [{ buildId: 'kept' }],
};

describe('planCleanUps', () => {
  it('ends what runs, and touches nothing else unless somebody wants it', () => {
    expect(planCleanUps(outside, noWishes)).toEqual([{ kind: 'CI_RUN', subject: 'running' }]);
  });

  it('takes each thing once', () => {
    const all = { branch: 'force' as const, tags: true, tickets: { moveTo: 'Cancelled' }, testRuns: true, artifacts: true };

    expect(planCleanUps(outside, all)).toEqual([
      { kind: 'CI_RUN', subject: 'running' },
      { kind: 'BRANCH', subject: 'release/1.4.0', force: true },
      { kind: 'TAG', subject: 'v1.4.0-rc.1' },
      { kind: 'TAG', subject: 'v1.4.0' },
      { kind: 'TICKET', subject: 'APP-1', moveTo: 'Cancelled' },
      { kind: 'TEST_RUN', subject: '7' },
      { kind: 'TEST_RUN', subject: '8' },
      { kind: 'ARTIFACT', subject: 'kept' },
    ]);
    expect(planCleanUps({ ...outside, branch: null }, { ...noWishes, branch: 'delete' })).toHaveLength(1);
  });
});

describe('a branch', () => {
  const branch = { name: 'r', baseBranch: 'main', isProtected: false, usedBy: [], unreachable: 0, force: false };

  it.each([
    [{}, null],
    [{ unreachable: 1 }, '1 commit that main does not have'],
    [{ unreachable: 2 }, '2 commits that main does not have'],
    [{ unreachable: 2, force: true }, null],
    [{ isProtected: true, force: true }, 'protected'],
    [{ usedBy: ['REL-7'], force: true }, 'REL-7'],
    [{ name: 'main', force: true }, 'base branch'],
  ])('%j stays for this reason: %s', (facts, why) => {
    const said = whyBranchStays({ ...branch, ...facts });
    if (why === null) expect(said).toBeNull();
    else expect(said).toContain(why);
  });
});

describe('a tag', () => {
  const tag = { name: 'v1', expected: 'a', commit: 'a', hasReleaseObject: false };

  it.each([
    [{}, null],
    [{ expected: null }, null],
    [{ commit: 'b' }, 'somebody moved it'],
    [{ hasReleaseObject: true }, 'published release'],
  ])('%j stays for this reason: %s', (facts, why) => {
    const said = whyTagStays({ ...tag, ...facts });
    if (why === null) expect(said).toBeNull();
    else expect(said).toContain(why);
  });
});
