import { describe, expect, it } from 'vitest';
import { checkRefName } from './git-ref.ts';

describe('checkRefName', () => {
  it.each(['main', 'release/1.4.0', 'v1.4.0-rc.2', 'a/b/c', 'feature/ü', '2025.06', 'a@b', 'lock', 'x.locked'])('takes %s', (name) => {
    expect(checkRefName(name)).toBeNull();
  });

  it.each([
    ['', 'is empty'],
    ['a b', 'holds a blank'],
    ['a~1', 'holds a blank'],
    ['a^', 'holds a blank'],
    ['a:b', 'holds a blank'],
    ['a?', 'holds a blank'],
    ['a*', 'holds a blank'],
    ['a[b', 'holds a blank'],
    ['a\\b', 'holds a blank'],
    ['a\nb', 'holds a blank'],
    ['a\u007f', 'holds a blank'],
    ['a..b', 'holds ".."'],
    ['a@{1}', 'holds "@{"'],
    ['@', 'is "@"'],
    ['-a', 'begins with "-"'],
    ['a.', 'ends with "."'],
    ['/a', 'begins or ends with "/"'],
    ['a/', 'begins or ends with "/"'],
    ['a//b', 'holds "//"'],
    ['a/.b', 'begins with "."'],
    ['a.lock/b', 'ends with ".lock"'],
    ['HEAD', 'is "HEAD"'],
    ['refs/heads/a', 'begins with "refs/"'],
    ['x'.repeat(201), 'longer than 200'],
  ])('refuses %j', (name, says) => {
    expect(checkRefName(name)).toContain(says);
  });
});
