import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { environmentFile, quotedAll, variableProblem } from './quote.ts';

/** Everything but NUL, and rich in what shells take for more than itself. */
const word = fc
  .array(fc.oneof(fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~ \n\r\t=%^-'), fc.string({ unit: 'grapheme', maxLength: 3 })), {
    maxLength: 20,
  })
  .map((parts) => parts.join('').replaceAll('\0', ''));
const shell = (script: string) => execFileSync('sh', ['-c', script], { encoding: 'utf8' });

describe('what is quoted', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'signalbox-quote-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('reaches a program through a shell as it was', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        expect(shell(`printf '%s\\001' ${quotedAll(words)}`)).toBe(`${words.join('\u0001')}\u0001`);
      }),
      { numRuns: 60 },
    );
  });

  it('reaches a program through two shells as it was', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), (words) => {
        expect(shell(`sh -c ${quotedAll([`printf '%s\\001' ${quotedAll(words)}`])}`)).toBe(`${words.join('\u0001')}\u0001`);
      }),
      { numRuns: 30 },
    );
  });

  it('reaches a program through the file of variables as it was, and runs nothing', () => {
    const file = join(directory, 'env');
    fc.assert(
      fc.property(word, word, (one, other) => {
        writeFileSync(file, environmentFile(new Map(Object.entries({ ONE: one, OTHER: other }))));
        const printed = execFileSync('sh', ['-c', `set -a; . ${file}; exec printenv -0 ONE OTHER`], { encoding: 'utf8' });
        expect(printed).toBe(`${one}\0${other}\0`);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['', '1A', 'A B', 'A=B', 'A\nB', 'PPID', 'BASH_ENV', '$(id)'])('is no variable called %j', (name) => {
    expect(variableProblem(name, 'x')).not.toBeNull();
    expect(variableProblem('FINE_1', 'x')).toBeNull();
    expect(variableProblem('FINE_1', 'x\0y')).not.toBeNull();
  });
});
