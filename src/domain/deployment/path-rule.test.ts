import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesRules, pathRuleProblem } from './path-rule.ts';

const matches = (rule: string, file: string) => matchesRules([rule])(file);

describe('a rule of paths', () => {
  it.each([
    ['services/api/**', 'services/api/src/main.ts', true],
    ['services/api/**', 'services/api/.env.example', true],
    // A submodule is one entry.
    ['services/api/**', 'services/api', true],
    ['services/api/**', 'services/api2/main.ts', false],
    ['**', '.github/workflows/ci.yml', true],
    ['*.json', 'package.json', true],
    ['*.json', 'services/package.json', false],
    ['**/*.sql', 'a.sql', true],
    ['**/*.sql', 'db/migrations/001.sql', true],
    ['db/**/*.sql', 'db/001.sql', true],
    ['db/**/*.sql', 'dba/001.sql', false],
    ['src/*', 'src/main.ts', true],
    ['src/*', 'src/deep/main.ts', false],
    ['{services,libs}/**', 'libs/log.ts', true],
    ['{a,b/c}.ts', 'b/c.ts', true],
    ['src/?.ts', 'src/a.ts', true],
    ['src/?.ts', 'src/ab.ts', false],
    ['v[0-9].ts', 'v1.ts', true],
    ['v[!0-9].ts', 'v1.ts', false],
    ['v[!0-9]x', 'v/x', false],
    ['a+(b).ts', 'a+(b).ts', true],
    ['README.md', 'README.md', true],
    ['README.md', 'README_md', false],
  ])('%s takes %s: %s', (rule, file, taken) => {
    expect(pathRuleProblem(rule)).toBeNull();
    expect(matches(rule, file)).toBe(taken);
  });

  it('without a wildcard takes the file, or everything below the folder', () => {
    expect(
      ['services/api', 'services/api/main.ts', 'services/api2', 'x/services/api'].map((file) => matches('services/api', file)),
    ).toEqual([true, true, false, false]);
  });

  it.each(['/src/**', './src/**', '../x', 'src/../x', 'src//x', 'src/', '!docs/**', 'src\\x', '[a', '{a,b', 'a}', ' src', 'a/./b'])(
    'that could take no file of a repository is none: %j',
    (rule) => {
      expect(pathRuleProblem(rule)).toMatch(/^must /);
    },
  );

  it('that cannot be read takes every file: nothing is left out by mistake', () => {
    expect(matches('/src/**', 'docs/a.md')).toBe(true);
  });

  it('is read in time that grows with the file, whatever it says', () => {
    // Backtracking would not come to an end.
    expect(matches('*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(250))).toBe(false);
    expect(matches(`${'**/'.repeat(60)}x`, 'a/'.repeat(500))).toBe(false);
  });

  it('of one file takes that file and none beside it', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_.@+ ()^$|-]{1,8}$/).filter((text) => text.trim() === text && !/^\.+$/.test(text));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const file = names.join('/');
        fc.pre(!file.startsWith('!'));

        expect(pathRuleProblem(file)).toBeNull();
        expect([matches(file, file), matches(`${file}/**`, `${file}/x`), matches(file, `${file}x`)]).toEqual([true, true, false]);
      }),
    );
  });
});
