import { describe, expect, it } from 'vitest';
import { createJudge } from './archive.ts';

type Entry = Parameters<ReturnType<typeof createJudge>>[0];
const judged = (...entries: Partial<Entry>[]) => {
  const judge = createJudge(1);
  return entries.map((entry) => judge({ type: 'File', path: 'file', linkpath: undefined, size: 0, ...entry }) === null);
};

describe('what an archive may hold', () => {
  it.each([
    ['file', true],
    ['a/b/../c', true],
    ['./a', true],
    ['..', false],
    ['../a', false],
    ['a/../../b', false],
    ['/a', false],
    ['', false],
    ['a\0b', false],
  ])('is a file at %j: %s', (path, may) => {
    expect(judged({ path })).toEqual([may]);
  });

  it.each([
    ['bin/tool', '../lib/tool.js', true],
    ['tool', 'lib/../lib/tool.js', true],
    ['tool', '../tool', false],
    ['bin/tool', '../../tool', false],
    ['tool', '/etc/passwd', false],
  ])('is a link %s to %s: %s', (path, linkpath, may) => {
    expect(judged({ type: 'SymbolicLink', path, linkpath })).toEqual([may]);
  });

  it('is a hard link within it, counted from its root', () => {
    expect(judged({ type: 'Link', path: 'a/b', linkpath: 'c' }, { type: 'Link', path: 'a/b', linkpath: '../c' })).toEqual([true, false]);
  });

  it('is judged where it comes to lie when the folder around it is left out', () => {
    const within = (entry: Partial<Entry>) =>
      createJudge(1, 1)({ type: 'File', path: 'top/file', linkpath: undefined, size: 0, ...entry }) === null;

    expect(within({ path: 'top/', type: 'Directory' })).toBe(true);
    expect(within({})).toBe(true);
    expect(within({ type: 'SymbolicLink', path: 'top/bin/tool', linkpath: '../lib' })).toBe(true);
    expect(within({ type: 'SymbolicLink', path: 'top/tool', linkpath: '../lib' })).toBe(false);
    expect(within({ type: 'Link', path: 'top/tool', linkpath: 'top/lib' })).toBe(true);
    expect(within({ type: 'Link', path: 'top/tool', linkpath: 'top/../lib/../../x' })).toBe(false);
    for (const path of ['top/../x', '/top/x', 'file', '../top/x']) expect(within({ path }), path).toBe(false);
  });

  it.each(['FIFO', 'CharacterDevice', 'BlockDevice', 'Unsupported'] as const)('is no %s', (type) => {
    expect(judged({ type })).toEqual([false]);
  });

  it('is together no more than was allowed', () => {
    expect(judged({ size: 1024 * 1024 }, { size: 1 })).toEqual([true, false]);
  });
});
