import { expect } from 'vitest';
import { all } from './adapter-harness.ts';
import { ABSENT_COMMIT, AWKWARD_NAMES, type SourceControlTests } from './source-control-world.ts';

/** The part of the source-control contract that reads rules, files and lists. */

const MEBIBYTE = 1_048_576;

export function protectionTests({ test }: SourceControlTests): void {
  test('a branch without rules, and an absent one, have no protection', async ({ connect, world }) => {
    world.seedCommits('release/1', 1);
    world.protect(world.defaultBranch);

    expect(await connect().branchProtection('release/1')).toBeNull();
    expect(await connect().branchProtection('release/none')).toBeNull();
  });

  test('a protected branch tells its rules, whatever its name', async ({ connect, world }) => {
    for (const name of AWKWARD_NAMES) {
      world.seedCommits(name, 1);
      world.protect(name);

      const protection = await connect().branchProtection(name);

      expect(protection).toMatchObject({ allowsForcePush: false, requiredApprovals: 2, requiredChecks: ['build'] });
      // A provider may not tell, but none may say yes.
      expect([false, null]).toContain(protection?.mayPush);
    }
  });
}

export function fileTests({ test }: SourceControlTests): void {
  const text = 'version: 1.10\nname: "größe 日本"\n\n';
  const paths = ['version.txt', 'docs/größe #1?.md', 'a b/c%20d+e&f.txt', '.hidden/.file'];

  test('a file reads back, whatever its path', async ({ connect, world }) => {
    world.seedChange('release/1', Object.fromEntries(paths.map((path) => [path, `${path}\n${text}`])), 'Files');

    for (const path of paths) expect(await connect().readFile(path, 'release/1')).toBe(`${path}\n${text}`);
  });

  test('a file is read as of a branch, a tag or a commit, whatever their names', async ({ connect, world }) => {
    const older = world.seedChange('release/1', { 'version.txt': 'older' }, 'Older');
    world.seedChange('release/1', { 'version.txt': 'newer' }, 'Newer');
    for (const name of AWKWARD_NAMES) {
      await connect().ensureBranch(name, older);
      await connect().ensureTag(`tag/${name}`, older, { message: 'one' });
    }

    expect(await connect().readFile('version.txt', 'release/1')).toBe('newer');
    for (const ref of [older, ...AWKWARD_NAMES, ...AWKWARD_NAMES.map((name) => `tag/${name}`)]) {
      expect(await connect().readFile('version.txt', ref)).toBe('older');
    }
  });

  test('an empty file is empty text', async ({ connect, world }) => {
    world.seedChange('release/1', { empty: '' }, 'Empty');

    expect(await connect().readFile('empty', 'release/1')).toBe('');
  });

  test('an absent file, a folder, and a file as of an absent ref are null', async ({ connect, world }) => {
    world.seedChange('release/1', { 'docs/read.me': 'x' }, 'Docs');

    expect(await connect().readFile('nowhere.txt', 'release/1')).toBeNull();
    expect(await connect().readFile('docs', 'release/1')).toBeNull();
    expect(await connect().readFile('docs/read.me', 'release/none')).toBeNull();
    expect(await connect().readFile('docs/read.me', ABSENT_COMMIT)).toBeNull();
  });

  test('a file of up to one MiB is read, a larger one is invalid', async ({ connect, world }) => {
    const most = 'x'.repeat(MEBIBYTE);
    world.seedChange('release/1', { most, more: `${most}x` }, 'Large');

    expect(await connect().readFile('most', 'release/1')).toBe(most);
    await expect(connect().readFile('more', 'release/1')).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('a file that is not text is invalid', async ({ connect, world }) => {
    world.seedChange('release/1', { 'logo.png': 'PNG\u0000\u0001\u0002' }, 'Logo');

    await expect(connect().readFile('logo.png', 'release/1')).rejects.toMatchObject({ kind: 'invalid' });
  });
}

export function listTests({ test }: SourceControlTests): void {
  test('branches are listed with their heads to the last of three pages', async ({ connect, world }) => {
    for (let index = 0; index < 230; index += 1) world.seedCommits(`feature/${index}`, 1);

    const branches = await all(connect().branches());

    expect(branches).toHaveLength(231);
    expect(Object.fromEntries(branches.map((branch) => [branch.name, branch.head]))).toEqual(world.branches());
  });

  test('repositories that the credentials see are listed to the last of three pages, the own one among them', async ({
    connect,
    world,
  }) => {
    world.seedRepositories(230);

    const repositories = await all(connect().repositories());

    expect(new Set(repositories.map((repository) => repository.fullName)).size).toBe(231);
    expect(repositories).toHaveLength(231);
    expect(repositories).toContainEqual(world.self);
  });
}
