import { expect, it } from 'vitest';
import { mergeChange } from './merge-change.ts';

const before = { name: 'App', gates: { quorum: 2, groups: ['qa'], deep: { a: 1, b: 2 } }, schedule: null, list: [1, 2] };

it('keeps what a change does not name, at every depth', () => {
  expect(mergeChange(before, {})).toEqual(before);
  expect(mergeChange(before, { name: undefined })).toEqual(before);
  expect(mergeChange(before, { gates: { quorum: 3, deep: { b: 4 } } })).toEqual({
    ...before,
    gates: { quorum: 3, groups: ['qa'], deep: { a: 1, b: 4 } },
  });
});

it('puts lists, nulls and what was no object before in place as they are, and leaves the object it was given alone', () => {
  const copy = structuredClone(before);

  expect(mergeChange(before, { list: [3], gates: { groups: [] } })).toEqual({
    ...before,
    list: [3],
    gates: { ...before.gates, groups: [] },
  });
  expect(mergeChange<object>(before, { schedule: { zone: 'UTC' }, gates: null })).toEqual({
    ...before,
    schedule: { zone: 'UTC' },
    gates: null,
  });
  expect(before).toEqual(copy);
});
