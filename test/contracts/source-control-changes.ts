import { expect } from 'vitest';
import { all } from './adapter-harness.ts';
import { ABSENT_COMMIT, type SourceControlHarness, type SourceControlTests, writes } from './source-control-world.ts';

/** The part of the source-control contract that opens, finds and merges pull requests. */

const FIX = { 'fix.txt': 'fixed\n' };
const wanted = (world: SourceControlHarness['world'], changes: { headBranch?: string; baseBranch?: string } = {}) => ({
  headBranch: 'fix',
  baseBranch: world.defaultBranch,
  title: 'Fix the crash',
  body: '## Why\n\n- it crashed',
  ...changes,
});

export function pullRequestsOfTests({ test }: SourceControlTests): void {
  test('the pull request that brought a commit in is found by its merge commit and by a commit it contains', async ({ connect, world }) => {
    const commit = world.seedChange('fix', FIX, 'Fix');
    world.seedPullRequests([{ title: 'Fix', head: 'fix', base: world.defaultBranch, end: 'merged' }]);
    const merge = world.branches()[world.defaultBranch] ?? '';

    for (const sha of [merge, commit]) {
      expect(await connect().pullRequestsOf(sha)).toMatchObject([
        { title: 'Fix', state: 'merged', headBranch: 'fix', baseBranch: world.defaultBranch, mergeCommit: merge },
      ]);
    }
  });

  test('a commit pushed without a pull request, and an unknown one, have none', async ({ connect, world }) => {
    const [pushed = ''] = world.seedCommits(world.defaultBranch, 1);

    expect(await connect().pullRequestsOf(pushed)).toEqual([]);
    expect(await connect().pullRequestsOf(ABSENT_COMMIT)).toEqual([]);
  });
}

export function openPullRequestTests(tests: SourceControlTests): void {
  const { test } = tests;

  test('a pull request reads back as it was ensured', async ({ connect, world }) => {
    world.seedChange('fix/größe#1', FIX, 'Fix');

    const pull = await connect().ensurePullRequest(wanted(world, { headBranch: 'fix/größe#1' }));

    expect(pull).toMatchObject({
      title: 'Fix the crash',
      state: 'open',
      headBranch: 'fix/größe#1',
      baseBranch: world.defaultBranch,
      mergeCommit: null,
      mergedAt: null,
      url: expect.stringMatching(/^http/),
    });
    expect(world.pullRequests()).toEqual([{ number: pull.number, head: 'fix/größe#1', base: world.defaultBranch, state: 'open' }]);
    expect((await all(connect().pullRequests({ state: 'open' }))).map((each) => each.number)).toEqual([pull.number]);
  });

  test('a pull request ensured twice is opened once', async ({ connect, world }) => {
    world.seedChange('fix', FIX, 'Fix');

    const first = await connect().ensurePullRequest(wanted(world));
    const written = writes(world);
    const second = await connect().ensurePullRequest({ ...wanted(world), title: 'Another wording' });

    expect(second).toEqual(first);
    expect(writes(world)).toBe(written);
    expect(world.pullRequests()).toHaveLength(1);
  });

  test('ten attempts one after another, as the lock serialises them, open one pull request', async ({ connect, world }) => {
    world.seedChange('fix', FIX, 'Fix');

    const numbers = new Set<number>();
    for (let index = 0; index < 10; index += 1) numbers.add((await connect().ensurePullRequest(wanted(world))).number);

    expect(numbers.size).toBe(1);
    expect(world.pullRequests()).toHaveLength(1);
  });

  test('an open pull request of somebody else between the two branches is taken, one between others is not', async ({ connect, world }) => {
    world.seedChange('fix', FIX, 'Fix');
    world.seedChange('other', { 'other.txt': 'x' }, 'Other');
    world.seedCommits('release/1', 1);
    world.seedPullRequests([
      { title: 'Theirs', head: 'fix', base: world.defaultBranch, end: 'open' },
      { title: 'Same head', head: 'fix', base: 'release/1', end: 'open' },
      { title: 'Same base', head: 'other', base: world.defaultBranch, end: 'open' },
    ]);

    expect(await connect().ensurePullRequest(wanted(world))).toMatchObject({ title: 'Theirs', state: 'open' });
    expect(world.pullRequests()).toHaveLength(3);
  });

  test('a merged or closed pull request of the two branches does not count', async ({ connect, world }) => {
    world.seedChange('fix', FIX, 'Fix');
    world.seedPullRequests([{ title: 'Merged', head: 'fix', base: world.defaultBranch, end: 'merged' }]);
    world.seedChange('fix', { 'fix.txt': 'fixed again\n' }, 'Fix again');
    world.seedPullRequests([{ title: 'Closed', head: 'fix', base: world.defaultBranch, end: 'closed' }]);

    const pull = await connect().ensurePullRequest(wanted(world));

    expect(pull).toMatchObject({ title: 'Fix the crash', state: 'open' });
    expect(
      world
        .pullRequests()
        .map((each) => each.state)
        .sort(),
    ).toEqual(['closed', 'merged', 'open']);
  });

  test('a pull request without anything to merge, or without one of its branches, is invalid and not opened', async ({
    connect,
    world,
  }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    await connect().ensureBranch('same', at);
    world.seedChange('fix', FIX, 'Fix');

    for (const branches of [{ headBranch: 'same' }, { headBranch: 'nowhere' }, { baseBranch: 'nowhere' }]) {
      await expect(connect().ensurePullRequest(wanted(world, branches))).rejects.toMatchObject({ kind: 'invalid' });
    }
    expect(world.pullRequests()).toEqual([]);
  });
}

export function mergeTests(tests: SourceControlTests): void {
  const { test } = tests;
  /** A pull request of one change, open. */
  const opened = async ({ connect, world }: SourceControlHarness) => {
    const head = world.seedChange('fix', FIX, 'Fix');
    const { number } = await connect().ensurePullRequest(wanted(world));
    return { number, head, base: world.branches()[world.defaultBranch] ?? '' };
  };
  /** Refused with `conflict`, and nothing has changed. */
  const expectConflict = async ({ connect, world }: SourceControlHarness, number: number, expectedHead: string) => {
    const before = { branches: world.branches(), pulls: world.pullRequests() };

    await expect(connect().mergePullRequest(number, { expectedHead })).rejects.toMatchObject({ kind: 'conflict' });

    expect({ branches: world.branches(), pulls: world.pullRequests() }).toEqual(before);
  };

  test('a pull request is merged with a merge commit, and its change arrives', async (harness) => {
    const { connect, world } = harness;
    const { number, head, base } = await opened(harness);

    const merged = await connect().mergePullRequest(number, { expectedHead: head });

    const mergeCommit = world.branches()[world.defaultBranch];
    expect(merged).toMatchObject({ number, state: 'merged', mergeCommit, mergedAt: expect.stringMatching(/Z$/) });
    expect((await all(connect().commitsBetween(base, world.defaultBranch))).at(-1)).toMatchObject({
      sha: mergeCommit,
      parents: [base, head],
    });
    expect(world.file(world.defaultBranch, 'fix.txt')).toBe('fixed\n');
  });

  test('a pull request merged already is success and nothing is written', async (harness) => {
    const { connect, world } = harness;
    const { number, head } = await opened(harness);
    const first = await connect().mergePullRequest(number, { expectedHead: head });
    const written = writes(world);

    const second = await connect().mergePullRequest(number, { expectedHead: head });

    expect(second).toEqual(first);
    expect(writes(world)).toBe(written);
  });

  test('a pull request whose change does not merge is a conflict', async (harness) => {
    const { number, head } = await opened(harness);
    harness.world.seedChange(harness.world.defaultBranch, { 'fix.txt': 'something else\n' }, 'Collide');

    await expectConflict(harness, number, head);
  });

  test('a pull request with another head than expected is a conflict', async (harness) => {
    const { number, head } = await opened(harness);
    harness.world.seedChange('fix', { 'late.txt': 'pushed late\n' }, 'Late');

    await expectConflict(harness, number, head);
  });

  test('a closed pull request is a conflict', async (harness) => {
    const { world } = harness;
    const head = world.seedChange('fix', FIX, 'Fix');
    world.seedPullRequests([{ title: 'Given up', head: 'fix', base: world.defaultBranch, end: 'closed' }]);

    await expectConflict(harness, world.pullRequests()[0]?.number ?? 0, head);
  });

  test('a pull request that lacks an approval or a check is a conflict', async (harness) => {
    const { number, head } = await opened(harness);
    harness.world.protect(harness.world.defaultBranch);

    await expectConflict(harness, number, head);
  });

  test('an unknown pull request cannot be merged', async ({ connect, world }) => {
    const expectedHead = world.seedChange('fix', FIX, 'Fix');

    await expect(connect().mergePullRequest(987_654, { expectedHead })).rejects.toMatchObject({ kind: 'not-found' });
  });
}
