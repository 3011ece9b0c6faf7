import { expect } from 'vitest';
import { all } from './adapter-harness.ts';
import type { SourceControlTests } from './source-control-world.ts';

/** The part of the source-control contract that reads history and keeps pull requests. */

export function historyTests({ test }: SourceControlTests): void {
  test('a comparison says identical, ahead, behind and diverged', async ({ connect, world }) => {
    const [fork = ''] = world.seedCommits(world.defaultBranch, 1);
    await connect().ensureBranch('release/1', fork);
    const [fix = ''] = world.seedCommits('release/1', 1);
    const compare = (base: string, head: string) => connect().compare(base, head);

    expect(await compare(fork, world.defaultBranch)).toEqual({ relation: 'identical', aheadBy: 0, behindBy: 0, mergeBase: fork });
    expect(await compare(fork, 'release/1')).toEqual({ relation: 'ahead', aheadBy: 1, behindBy: 0, mergeBase: fork });
    expect(await compare(fix, world.defaultBranch)).toEqual({ relation: 'behind', aheadBy: 0, behindBy: 1, mergeBase: fork });
    world.seedCommits(world.defaultBranch, 2);
    expect(await compare('release/1', world.defaultBranch)).toEqual({ relation: 'diverged', aheadBy: 2, behindBy: 1, mergeBase: fork });
  });

  test('commits come oldest first to the last of three pages', async ({ connect, world }) => {
    const [base = ''] = world.seedCommits(world.defaultBranch, 1);
    const pushed = world.seedCommits(world.defaultBranch, 250);

    const commits = await all(connect().commitsBetween(base, world.defaultBranch));

    expect(commits.map((commit) => commit.sha)).toEqual(pushed);
    expect(commits[1]?.parents).toEqual([pushed[0]]);
    expect(commits[0]).toMatchObject({ message: expect.any(String), authorName: expect.any(String), url: expect.stringMatching(/^http/) });
    expect(commits[0]?.authoredAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  });

  test('commits are listed between tags too, and between a commit and itself there are none', async ({ connect, world }) => {
    const [first = '', second = '', third = ''] = world.seedCommits(world.defaultBranch, 3);
    await connect().ensureTag('app/v1', first, { message: 'one' });
    await connect().ensureTag('app/v2', third, { message: 'two' });

    expect((await all(connect().commitsBetween('app/v1', 'app/v2'))).map((commit) => commit.sha)).toEqual([second, third]);
    expect(await all(connect().commitsBetween(first, first))).toEqual([]);
  });

  test('history of a name that does not exist is not-found', async ({ connect, world }) => {
    const unknown = { kind: 'not-found' };

    await expect(connect().compare(world.defaultBranch, 'nowhere')).rejects.toMatchObject(unknown);
    await expect(all(connect().commitsBetween(world.defaultBranch, 'nowhere'))).rejects.toMatchObject(unknown);
    await expect(all(connect().commitsBetween('nowhere', world.defaultBranch))).rejects.toMatchObject(unknown);
  });
}

export function pullRequestTests({ test }: SourceControlTests): void {
  test('pull requests come newest first to the last of three pages, by state and base', async ({ connect, world }) => {
    world.seedCommits('feature', 1);
    world.seedCommits('release/1', 1);
    const seeded = Array.from({ length: 230 }, (_each, index) => ({
      title: `Change ${index}`,
      head: 'feature',
      base: index % 100 === 0 ? 'release/1' : world.defaultBranch,
      end: index === 7 ? ('open' as const) : ('closed' as const),
    }));
    world.seedPullRequests(seeded);
    const titles = async (state: 'open' | 'closed' | 'all', baseBranch?: string) =>
      (await all(connect().pullRequests({ state, ...(baseBranch ? { baseBranch } : {}) }))).map((pull) => pull.title);

    expect(await titles('all')).toEqual(seeded.map((pull) => pull.title).reverse());
    expect(await titles('open')).toEqual(['Change 7']);
    expect(await titles('closed', 'release/1')).toEqual(['Change 200', 'Change 100', 'Change 0']);
  });

  test('a merged pull request names its merge commit, an unmerged one none', async ({ connect, world }) => {
    world.seedCommits('feature', 1);
    const base = world.defaultBranch;
    world.seedPullRequests([
      { title: 'Merged', head: 'feature', base, end: 'merged', labels: ['risk: high', 'ui'] },
      { title: 'Given up', head: 'feature', base, end: 'closed' },
      { title: 'Open', head: 'feature', base, end: 'open' },
    ]);

    const [open, closed, merged] = await all(connect().pullRequests({ state: 'all' }));

    expect(open).toMatchObject({ title: 'Open', state: 'open', mergeCommit: null, mergedAt: null, headBranch: 'feature' });
    expect(closed).toMatchObject({ title: 'Given up', state: 'closed', mergeCommit: null, mergedAt: null, labels: [] });
    expect(merged).toMatchObject({ title: 'Merged', state: 'merged', labels: ['risk: high', 'ui'], baseBranch: base });
    expect(merged?.mergeCommit).toBe(world.branches()[base]);
    expect(merged?.mergedAt).toMatch(/Z$/);
  });
}
