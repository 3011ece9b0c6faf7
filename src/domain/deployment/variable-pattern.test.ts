import { describe, expect, it } from 'vitest';
import { matchesPattern, patternProblem } from './variable-pattern.ts';

describe('patterns of variables', () => {
  it('match the whole value or not at all', () => {
    expect(matchesPattern('[a-z]{3}', 'abc')).toBe(true);
    expect(matchesPattern('[a-z]{3}', 'abcd')).toBe(false);
    expect(matchesPattern('a|b', 'bc')).toBe(false);
  });

  it.each(['(', '(?=a)b', '(a)\\1', 'a{1001}'])('are refused where they could not be run: %s', (pattern) => {
    expect(patternProblem(pattern)).toMatch(/must be a regular expression as RE2 reads it/);
    expect(matchesPattern(pattern, 'a')).toBeNull();
  });

  it('that would take for ever elsewhere are answered', () => {
    expect(matchesPattern('(a+)+b', 'a'.repeat(5_000))).toBe(false);
  });
});
