import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from './split-statements.ts';

const texts = (sql: string): string[] => {
  const split = splitStatements(sql);
  return 'problem' in split ? [`problem: ${split.problem}`] : split.statements.map(({ text }) => text);
};

describe('splitStatements', () => {
  it.each([
    ['nothing', ' \n -- only words\n/* and more */ ;; ', []],
    ['the last without a delimiter', 'A 1;\nB 2', ['A 1', 'B 2']],
    ['quotes', `A ';' , ";", \`;\`; B`, [`A ';' , ";", \`;\``, 'B']],
    ['doubled quotes and backslashes', `A 'it''s;' '\\';' "\\";"; B`, [`A 'it''s;' '\\';' "\\";"`, 'B']],
    ['a backslash in backticks', 'A `\\`; B', ['A `\\`', 'B']],
    ['comments within', 'A -- one; two\n  # three;\n /* four; */ 5; B', ['A -- one; two\n  # three;\n /* four; */ 5', 'B']],
    ['quotes in comments', "-- don't\nA; # won't\nB /* can't */;", ['A', "B /* can't */"]],
    ['minus minus a number', 'SELECT 1--2; B', ['SELECT 1--2', 'B']],
    [
      'comments that are carried out',
      '/*!40101 SET NAMES utf8mb4 */;\n/*M!100100 SET x = 1 */; A',
      ['/*!40101 SET NAMES utf8mb4 */', '/*M!100100 SET x = 1 */', 'A'],
    ],
    [
      'another delimiter',
      'DELIMITER //\nCREATE TRIGGER t BEGIN a; b; END//\ndelimiter ;\nA;B',
      ['CREATE TRIGGER t BEGIN a; b; END', 'A', 'B'],
    ],
    ['Windows line ends', 'DELIMITER $$\r\nA;\r\n$$\r\nDELIMITER ;\r\nB;\r\n', ['A;', 'B']],
    ['a column of that name', 'SELECT\n delimiter FROM t; B', ['SELECT\n delimiter FROM t', 'B']],
    ['a byte order mark', '\uFEFFA;', ['A']],
    ['a quote without end', "A;\nB 'x;\n", ["problem: line 2: the quote ' does not end"]],
    ['a comment without end', 'A; /* B', ['problem: line 1: the comment does not end']],
    ['no delimiter', 'DELIMITER\nA', ['problem: line 1: DELIMITER names none']],
  ])('knows %s', (_what, sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it('tells the line each begins at', () => {
    const split = splitStatements('-- signalbox: expand\n\nA\n 1;\n\nB;');
    expect(split).toEqual({
      statements: [
        { text: 'A\n 1', line: 3 },
        { text: 'B', line: 6 },
      ],
    });
  });

  it('finds again what was put together', () => {
    const piece = fc.oneof(
      fc.constantFrom('a', ' b ', "'x;''y'", '"\\";"', '`;`', '/* ; */', "# ; ' \n", '-- ;"\n', '(1, 2)'),
      fc.stringMatching(/^[a-z0-9 ,()=]{1,10}$/),
    );
    const statement = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `S${pieces.join('')}`.trimEnd());
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        expect(texts(statements.map((text) => `${text}\n;\n`).join(''))).toEqual(statements);
      }),
      { numRuns: 200 },
    );
  });
});
