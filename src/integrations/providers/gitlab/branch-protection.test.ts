import { expect, it } from 'vitest';
import { matches } from './branch-protection.ts';

it.each([
  ['main', 'main', true],
  ['main', 'main2', false],
  ['release/*', 'release/1.2/fix', true],
  ['*-stable', '15-0-stable', true],
  ['*gitlab*', 'my/gitlab/x', true],
  ['release.1', 'release-1', false],
  ['(a', '(a', true],
  ['*', 'größe/日本', true],
])('the rule %s for the branch %s: %s', (rule, name, expected) => {
  expect(matches(rule, name)).toBe(expected);
});
