import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import { bitbucketSourceControl } from '../../src/integrations/providers/bitbucket/source-control.ts';
import { type BitbucketSetup, bitbucketSetup } from './bitbucket-harness.ts';

const BYTES = Uint8Array.from({ length: 512 }, (_each, index) => index % 256);

describe('cherry-pick on Bitbucket, file by file', () => {
  let setup: BitbucketSetup;
  let scm: SourceControl;

  beforeEach(async () => {
    setup = await bitbucketSetup();
    scm = bitbucketSourceControl(setup.connection, setup.deps());
    setup.repository.pushCommit({ message: 'Begin', files: { 'app.txt': 'one\n', 'old.txt': 'moved\n', 'gone.txt': 'x\n' } });
    setup.repository.pushCommit({ branch: 'release/1', message: 'Cut', files: { 'notes.txt': 'of release 1\n' } });
  });

  afterEach(() => setup.fake.close());

  const filesOf = (branch: string) => setup.repository.git.resolve(branch)?.files ?? new Map<string, string>();
  const blob = (branch: string, path: string) => setup.repository.blobs.get(filesOf(branch).get(path) ?? '');
  const uploads = () => setup.fake.calls.filter((call) => call.method === 'POST' && call.path.endsWith('/src'));

  it('bytes that are no text arrive as they are, with the attributes of their files', async () => {
    const fix = setup.repository.pushCommit({
      branch: 'fix',
      message: 'Binary',
      files: {
        'img/größe 1.png': { bytes: BYTES },
        gradlew: { bytes: Buffer.from('#!/bin/sh\n'), attributes: ['executable'] },
        latest: { bytes: Buffer.from('app.txt'), attributes: ['link'] },
      },
    });

    await scm.cherryPick(fix, { onto: 'release/1' });

    expect(Buffer.compare(blob('release/1', 'img/größe 1.png').bytes, Buffer.from(BYTES))).toBe(0);
    expect(blob('release/1', 'gradlew')).toEqual({ bytes: Buffer.from('#!/bin/sh\n'), attributes: ['executable'] });
    expect(blob('release/1', 'latest')).toEqual({ bytes: Buffer.from('app.txt'), attributes: ['link'] });
  });

  it('renames and removals arrive, and files named like the fields of the upload', async () => {
    const files = { 'old.txt': null, 'new/name.txt': 'moved\n', 'gone.txt': null, message: 'm', branch: 'b', files: 'f' };
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Move', files });

    await scm.cherryPick(fix, { onto: 'release/1' });

    expect(Object.fromEntries(filesOf('release/1'))).toEqual({
      ...Object.fromEntries(filesOf('fix')),
      'notes.txt': 'of release 1\n',
    });
  });

  it('the author of the original is kept', async () => {
    const author = { name: 'Zoë de Vries', email: 'zoe@example.com' };
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Fix', author, files: { 'app.txt': 'two\n' } });

    const { head } = await scm.cherryPick(fix, { onto: 'release/1' });

    expect(setup.repository.git.resolve(head)?.author).toMatchObject(author);
  });

  it('a file that is already as the commit left it is not uploaded; the others are', async () => {
    setup.repository.pushCommit({ branch: 'release/1', message: 'By hand', files: { 'app.txt': 'two\n', 'gone.txt': null } });
    const fix = setup.repository.pushCommit({
      branch: 'fix',
      message: 'Fix',
      files: { 'app.txt': 'two\n', 'gone.txt': null, 'more.txt': 'more\n' },
    });

    await scm.cherryPick(fix, { onto: 'release/1' });

    expect(filesOf('release/1').get('more.txt')).toBe('more\n');
    expect(uploads()).toHaveLength(1);
    expect(setup.fake.calls.some((call) => call.path.endsWith('/app.txt'))).toBe(false);
  });

  it('a change that is there already, or a commit the branch contains, leaves the branch as it is', async () => {
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Fix', files: { 'app.txt': 'two\n' } });
    const head = setup.repository.pushCommit({ branch: 'release/1', message: 'By hand', files: { 'app.txt': 'two\n' } });

    expect(await scm.cherryPick(fix, { onto: 'release/1' })).toEqual({ name: 'release/1', head });
    expect(await scm.cherryPick(fix, { onto: 'fix' })).toEqual({ name: 'fix', head: fix });
    expect(uploads()).toEqual([]);
  });

  it.each([
    ['removed what the commit changes', { 'app.txt': null }, { 'app.txt': 'two\n' }],
    ['changed what the commit removes', { 'app.txt': 'other\n' }, { 'app.txt': null }],
    ['added what the commit adds, differently', { 'more.txt': 'theirs\n' }, { 'more.txt': 'ours\n' }],
    ['changed what the commit renames', { 'old.txt': 'other\n' }, { 'old.txt': null, 'new.txt': 'moved\n' }],
    ['made a folder where the commit adds a file', { 'more/a.txt': 'x\n' }, { more: 'file\n' }],
  ])('a branch that %s is a conflict that names the file', async (_case, onBranch, inCommit) => {
    setup.repository.pushCommit({ branch: 'release/1', message: 'Theirs', files: onBranch });
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Ours', files: inCommit });

    await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({
      kind: 'conflict',
      message: expect.stringContaining(Object.keys(onBranch)[0]?.split('/')[0] ?? ''),
    });
    expect(uploads()).toEqual([]);
  });

  it('a push between the decision and the upload refuses the upload', async () => {
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Fix', files: { 'app.txt': 'two\n' } });
    setup.fake.failNext({ match: { method: 'POST', path: /\/src$/ }, mode: 'pass', delayMs: 200 });

    const picking = scm.cherryPick(fix, { onto: 'release/1' }).catch((error: unknown) => error);
    await expect.poll(() => setup.fake.calls.some((call) => call.path.endsWith('/app.txt') && !call.query.has('format'))).toBe(true);
    const pushed = setup.repository.pushCommit({ branch: 'release/1', message: 'Late', files: { 'app.txt': 'late\n' } });

    expect(await picking).toMatchObject({ kind: 'conflict', status: 409 });
    expect(setup.repository.git.branches.get('release/1')).toBe(pushed);
  });

  it.each(['lfs', 'subrepository'])('a file that cannot be uploaded (%s) is a conflict', async (attribute) => {
    const files = { large: { bytes: Buffer.from('pointer'), attributes: [attribute] } };
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Odd', files });

    await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({ kind: 'conflict' });
    expect(uploads()).toEqual([]);
  });

  it('a name that no header carries unchanged is a conflict', async () => {
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Odd', files: { 'a"b.txt': 'x' } });

    await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({ kind: 'conflict' });
    expect(uploads()).toEqual([]);
  });

  it('more files than one address can name are compared in groups', async () => {
    const name = (index: number) => `a/long/path/to/a/file/of/this/project/${index}/with-a-long-name.properties`;
    const files = Object.fromEntries(Array.from({ length: 200 }, (_each, index) => [name(index), `${index}`]));
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Many', files });

    await scm.cherryPick(fix, { onto: 'release/1' });

    expect(filesOf('release/1').size).toBe(filesOf('fix').size + 1);
    expect(Math.max(...setup.fake.calls.map((call) => call.path.length + call.query.toString().length))).toBeLessThan(6_000);
  });

  it('more files than are carried one by one are refused before anything is written', async () => {
    const files = Object.fromEntries(Array.from({ length: 301 }, (_each, index) => [`many/${index}`, 'x']));
    const fix = setup.repository.pushCommit({ branch: 'fix', message: 'Too many', files });

    await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({ kind: 'invalid' });
    expect(uploads()).toEqual([]);
  });
});
