import { expect } from 'vitest';
import { all } from './adapter-harness.ts';
import { ABSENT_COMMIT, type SourceControlHarness, type SourceControlTests } from './source-control-world.ts';

/** The part of the source-control contract that tells which files differ. */

const files = (count: number) => Object.fromEntries(Array.from({ length: count }, (_each, index) => [`many/${index}.txt`, `${index}`]));

export function changedFilesTests({ test }: SourceControlTests): void {
  const changed = async ({ connect }: SourceControlHarness, base: string, head: string) =>
    (await all(connect().changedFiles(base, head))).sort();

  test('changed files are those added, edited, removed, and both names of one that moved', async (harness) => {
    const { world } = harness;
    const base = world.seedChange(
      world.defaultBranch,
      { 'kept.txt': 'k', 'edited.txt': '1', 'gone.txt': 'g', 'old/name.txt': 'moved' },
      'Before',
    );
    world.seedChange(world.defaultBranch, { 'edited.txt': '2', 'gone.txt': null, 'größe/日本 1.txt': 'new' }, 'Edit');
    const head = world.seedChange(world.defaultBranch, { 'old/name.txt': null, 'new/name.txt': 'moved' }, 'Move');

    const expected = ['edited.txt', 'gone.txt', 'größe/日本 1.txt', 'new/name.txt', 'old/name.txt'].sort();
    expect(await changed(harness, base, head)).toEqual(expected);
    expect(await changed(harness, head, base)).toEqual(expected);
    expect(await changed(harness, head, world.defaultBranch)).toEqual([]);
  });

  test('changed files of two branches that went different ways are those of both', async (harness) => {
    const { world } = harness;
    world.seedCommits('release/1', 1);
    world.seedChange('release/1', { 'hotfix.txt': 'h' }, 'Hotfix');
    world.seedChange(world.defaultBranch, { 'feature.txt': 'f' }, 'Feature');

    expect(await changed(harness, 'release/1', world.defaultBranch)).toEqual(['feature.txt', 'hotfix.txt']);
  });

  test('changed files come to the last page, each once', async (harness) => {
    const { world } = harness;
    const base = world.seedCommits(world.defaultBranch, 1).at(-1) ?? '';
    world.seedChange(world.defaultBranch, files(250), 'Many');

    expect(await changed(harness, base, world.defaultBranch)).toEqual(Object.keys(files(250)).sort());
  });

  test('changed files are all, or an error: never a shorter list', async (harness) => {
    const { world } = harness;
    const base = world.seedCommits(world.defaultBranch, 1).at(-1) ?? '';
    world.seedChange(world.defaultBranch, files(1001), 'Too many for some');

    const told = await changed(harness, base, world.defaultBranch).then(
      (paths) => paths.length,
      (error: { kind: string }) => error.kind,
    );

    expect([1001, 'invalid']).toContain(told);
  });

  test('changed files of what is unknown, or has no history in common, are not-found', async (harness) => {
    const { world } = harness;
    const base = world.seedCommits(world.defaultBranch, 1).at(-1) ?? '';
    const elsewhere = world.seedUnrelated('elsewhere');
    const notFound = { kind: 'not-found' };

    await expect(changed(harness, base, 'nowhere')).rejects.toMatchObject(notFound);
    await expect(changed(harness, ABSENT_COMMIT, base)).rejects.toMatchObject(notFound);
    await expect(changed(harness, base, elsewhere)).rejects.toMatchObject({ ...notFound, message: expect.stringMatching(/common/) });
  });
}
