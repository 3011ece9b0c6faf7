import { describe, expect, it } from 'vitest';
import { rangeOf } from './send-artifact.ts';

describe('the range of a download', () => {
  it.each<[string | undefined, ReturnType<typeof rangeOf>]>([
    [undefined, null],
    ['bytes=0-', { first: 0, last: 9 }],
    ['bytes=3-5', { first: 3, last: 5 }],
    ['bytes=3-99', { first: 3, last: 9 }],
    ['bytes=9-', { first: 9, last: 9 }],
    ['bytes=-4', { first: 6, last: 9 }],
    ['bytes=-40', { first: 0, last: 9 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=5-3', null],
    ['bytes=0-1,4-5', null],
    ['bytes=-', null],
    ['items=0-1', null],
  ])('%s of ten bytes is %j', (header, expected) => {
    expect(rangeOf(header, 10)).toEqual(expected);
  });

  it('of nothing is none', () => {
    expect(rangeOf('bytes=0-', 0)).toBe('unsatisfiable');
    expect(rangeOf('bytes=-5', 0)).toBe('unsatisfiable');
  });
});
