import { describe, expect, it } from 'vitest';
import { commitOf } from './commit.ts';

const checkout = (commit: string, branch: string, remote: string) => ({
  lastBuiltRevision: { SHA1: commit, branch: [{ SHA1: commit, name: branch }] },
  remoteUrls: [remote],
});
const app = checkout('aaa', 'refs/remotes/origin/release/1.2', 'https://bot@git.example/mobile/app.git');
const library = checkout('bbb', 'refs/remotes/origin/main', 'git@git.example:libs/pipeline.git');

describe('the commit of a Jenkins build', () => {
  it.each([
    'git@git.example:mobile/app.git',
    'https://git.example/mobile/app',
    'ssh://git@git.example:22/Mobile/App/',
    'https://git.example/mobile/app.git',
  ])('is that of the repository, written as %s', (repositoryUrl) => {
    expect(commitOf([library, null, {}, app], { repositoryUrl, ref: null })).toBe('aaa');
  });

  it('is nobody’s when the configured repository was not checked out', () => {
    expect(commitOf([app], { repositoryUrl: 'https://git.example/mobile/app2', ref: 'release/1.2' })).toBeNull();
  });

  it('is that of the ref, of whole names only', () => {
    expect(commitOf([library, app], { repositoryUrl: undefined, ref: 'release/1.2' })).toBe('aaa');
    expect(commitOf([library, app], { repositoryUrl: undefined, ref: '1.2' })).toBeNull();
  });

  it('is the only one there is, however often it was checked out', () => {
    expect(commitOf([app, app], { repositoryUrl: undefined, ref: 'v1.2' })).toBe('aaa');
    expect(commitOf([], { repositoryUrl: undefined, ref: 'v1.2' })).toBeNull();
  });
});
