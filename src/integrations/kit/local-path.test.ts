import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localPath } from './local-path.ts';

describe('localPath', () => {
  let base: string;
  let root: string;
  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'local-path-')));
    root = join(base, 'tenant');
    mkdirSync(join(root, 'nginx'), { recursive: true });
    mkdirSync(join(base, 'tenant-of-others'));
    writeFileSync(join(base, 'secret'), '');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  it('gives what lies in the directory, the directory itself included', async () => {
    expect(await localPath(root, 'nginx', 'acme')).toBe(join(root, 'nginx'));
    expect(await localPath(root, '.', 'acme')).toBe(root);
  });

  it.each(['../secret', '/etc/passwd', 'nginx/../../secret', '../tenant-of-others'])('refuses %s', async (path) => {
    await expect(localPath(root, path, 'acme')).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('refuses a link that leads out, even to a directory whose name begins alike', async () => {
    symlinkSync(join(base, 'secret'), join(root, 'out'));
    symlinkSync(join(base, 'tenant-of-others'), join(root, 'alike'));

    await expect(localPath(root, 'out', 'acme')).rejects.toMatchObject({ kind: 'forbidden' });
    await expect(localPath(root, 'alike', 'acme')).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('says what is not there, and that the operator allows nothing', async () => {
    await expect(localPath(root, 'gone', 'acme')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(localPath(join(base, 'gone'), '.', 'acme')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(localPath(null, 'nginx', 'acme')).rejects.toMatchObject({
      kind: 'forbidden',
      message: expect.stringContaining('LOCAL_RUNNER_ROOT'),
    });
  });
});
