import { describe, expect, it } from 'vitest';
import { differences } from './differences.ts';

const before = { name: 'App', gates: { quorum: 1, groups: ['qa'] }, stores: [{ track: 'beta' }, { track: 'production' }], gone: 7 };

describe('differences', () => {
  it('are none between values that say the same, whatever the order of their fields, and absent is null', () => {
    expect(differences({ a: 1, b: { c: [1, { d: 2 }] } }, { b: { c: [1, { d: 2 }] }, a: 1 })).toEqual([]);
    expect(differences({ a: null }, {})).toEqual([]);
    expect(differences({}, { a: undefined })).toEqual([]);
  });

  it('name each place that differs, with both values, in objects and in lists of one length', () => {
    const after = {
      name: 'App 2',
      gates: { quorum: 2, groups: ['qa'] },
      stores: [{ track: 'beta' }, { track: 'internal' }],
      'new/~': true,
    };

    expect(differences(before, after)).toEqual([
      { path: '/name', before: 'App', after: 'App 2' },
      { path: '/gates/quorum', before: 1, after: 2 },
      { path: '/stores/1/track', before: 'production', after: 'internal' },
      { path: '/gone', before: 7, after: null },
      { path: '/new~1~0', before: null, after: true },
    ]);
  });

  it('are whole lists where lengths differ, and whole values where kinds differ', () => {
    expect(differences({ a: [1, 2], b: {} }, { a: [1], b: [] })).toEqual([
      { path: '/a', before: [1, 2], after: [1] },
      { path: '/b', before: {}, after: [] },
    ]);
    expect(differences(null, { a: 1 })).toEqual([{ path: '', before: null, after: { a: 1 } }]);
  });

  it('go no deeper than asked', () => {
    const after = { ...before, gates: { quorum: 1, groups: ['dev'] }, stores: [{ track: 'beta' }, { track: 'internal' }] };

    expect(differences(before, after, { levels: 1, intoLists: false }).map(({ path }) => path)).toEqual(['/gates', '/stores']);
    expect(differences(before, after, { levels: 2, intoLists: false }).map(({ path }) => path)).toEqual(['/gates/groups', '/stores']);
  });
});
