import { expect } from 'vitest';
import { all } from './adapter-harness.ts';
import { ABSENT_COMMIT, type SourceControlHarness, type SourceControlTests, writes } from './source-control-world.ts';

/** The part of the source-control contract that carries one change to another branch. */

const trailer = (commit: string) => `(cherry picked from commit ${commit})`;

/** Commits on the branch that say they are picks of this one. */
export async function picksOf({ connect, world }: SourceControlHarness, commit: string, onto: string) {
  const commits = await all(connect().commitsBetween(world.defaultBranch, onto));
  return commits.filter((each) => each.message.includes(trailer(commit)));
}

/** A file on the default branch, a release branch that has gone its own way, and a fix of one file elsewhere; the fix. */
function seeded({ world }: SourceControlHarness): string {
  world.seedChange(world.defaultBranch, { 'app.txt': 'version 1\n', 'docs/read.me': 'old\n' }, 'Begin');
  world.seedChange('release/1', { 'docs/read.me': 'of release 1\n' }, 'Cut');
  const fix = world.seedChange('fix', { 'app.txt': 'version 1, fixed\n' }, 'Fix the crash\n\nIt crashed on start.');
  world.seedChange('fix', { 'later.txt': 'not picked\n' }, 'Later');
  return fix;
}

export function cherryPickTests(tests: SourceControlTests): void {
  appliedTests(tests);
  refusedPickTests(tests);
}

function appliedTests({ test }: SourceControlTests): void {
  test('the change of one commit arrives on the branch, and nothing else does', async (harness) => {
    const { connect, world } = harness;
    const fix = seeded(harness);
    const before = world.branches();

    const picked = await connect().cherryPick(fix, { onto: 'release/1' });

    expect(picked).toEqual({ name: 'release/1', head: world.branches()['release/1'] });
    expect({ ...world.branches(), 'release/1': before['release/1'] }).toEqual(before);
    expect(world.file('release/1', 'app.txt')).toBe('version 1, fixed\n');
    expect(world.file('release/1', 'docs/read.me')).toBe('of release 1\n');
    expect(world.file('release/1', 'later.txt')).toBeNull();
  });

  test('a pick is one commit on the former head, with the message of the original and where it came from', async (harness) => {
    const { connect, world } = harness;
    const fix = seeded(harness);
    const former = world.branches()['release/1'];

    const { head } = await connect().cherryPick(fix, { onto: 'release/1' });

    const picks = await picksOf(harness, fix, 'release/1');
    expect(picks).toMatchObject([{ sha: head, parents: [former] }]);
    expect(picks[0]?.message.trimEnd()).toBe(`Fix the crash\n\nIt crashed on start.\n\n${trailer(fix)}`);
  });

  test('a commit picked already leaves the branch as it is, also after others have pushed', async (harness) => {
    const { connect, world } = harness;
    const fix = seeded(harness);
    await connect().cherryPick(fix, { onto: 'release/1' });
    const head = world.seedCommits('release/1', 2).at(-1);
    const written = writes(world);

    const again = await connect().cherryPick(fix, { onto: 'release/1' });

    expect(again).toEqual({ name: 'release/1', head });
    expect(world.branches()['release/1']).toBe(head);
    expect(writes(world)).toBe(written);
  });

  test('ten picks of one commit one after another, as the lock serialises them, make one commit', async (harness) => {
    const fix = seeded(harness);

    for (let index = 0; index < 10; index += 1) await harness.connect().cherryPick(fix, { onto: 'release/1' });

    expect(await picksOf(harness, fix, 'release/1')).toHaveLength(1);
  });

  test('one commit is picked onto several branches', async (harness) => {
    const { connect, world } = harness;
    const fix = seeded(harness);
    world.seedChange('release/2', { 'docs/read.me': 'of release 2\n' }, 'Cut');

    await connect().cherryPick(fix, { onto: 'release/1' });
    await connect().cherryPick(fix, { onto: 'release/2' });

    for (const branch of ['release/1', 'release/2']) expect(world.file(branch, 'app.txt')).toBe('version 1, fixed\n');
  });
}

function refusedPickTests({ test }: SourceControlTests): void {
  const expectRefused = async ({ connect, world }: SourceControlHarness, commit: string, onto: string, kind: string) => {
    const before = world.branches();

    await expect(connect().cherryPick(commit, { onto })).rejects.toMatchObject({ kind });

    expect(world.branches()).toEqual(before);
  };

  test('a change that does not apply is a conflict, and no branch changes', async (harness) => {
    const fix = seeded(harness);
    harness.world.seedChange('release/1', { 'app.txt': 'version 1, rewritten\n' }, 'Rewrite');

    await expectRefused(harness, fix, 'release/1', 'conflict');
  });

  test('a merge commit is not picked: conflict', async (harness) => {
    const { world } = harness;
    seeded(harness);
    world.seedPullRequests([{ title: 'Fix', head: 'fix', base: world.defaultBranch, end: 'merged' }]);

    await expectRefused(harness, world.branches()[world.defaultBranch] ?? '', 'release/1', 'conflict');
  });

  test('an unknown commit, and an unknown branch, are not-found', async (harness) => {
    const fix = seeded(harness);

    await expectRefused(harness, ABSENT_COMMIT, 'release/1', 'not-found');
    await expectRefused(harness, fix, 'release/none', 'not-found');
  });
}
