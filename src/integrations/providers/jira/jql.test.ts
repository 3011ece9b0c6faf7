import { expect, it } from 'vitest';
import { jqlString } from './jql.ts';

it.each([
  ['APP', '"APP"'],
  ['and', '"and"'],
  ['a" OR project = "B', '"a\\" OR project = \\"B"'],
  ['back\\slash', '"back\\\\slash"'],
  ['trailing\\', '"trailing\\\\"'],
  ['two\nlines', '"two lines"'],
])('quotes %j so that it stays one value', (value, expected) => {
  expect(jqlString(value)).toBe(expected);
});
