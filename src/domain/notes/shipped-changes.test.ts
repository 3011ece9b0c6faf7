import { describe, expect, it } from 'vitest';
import type { NoteItem } from './document.ts';
import { shippedChanges } from './shipped-changes.ts';

const item = (over: Partial<NoteItem>): NoteItem => ({
  ...{
    id: 'I',
    section: 'fixes',
    scope: null,
    text: 'Mend it',
    breakingNotes: [],
    tickets: [],
    pullRequests: [],
    authors: [],
    commits: [],
  },
  ...over,
});
const documentOf = (...items: NoteItem[]) => ({ sections: [{ section: 'fixes' as const, items }] });

describe('what people may look for in a range', () => {
  it('is every commit, those included that the notes leave out', () => {
    const changes = shippedChanges([{ sha: 'BB11' }, { sha: 'aa22' }], [], documentOf());

    expect(changes).toEqual([
      { kind: 'commit', key: 'aa22' },
      { kind: 'commit', key: 'bb11' },
    ]);
  });

  it('is the commit that a picked one was on its own branch', () => {
    const picked = item({ commits: [{ sha: 'aa22', url: null, pickedFrom: ['CC33'] }] });

    expect(shippedChanges([{ sha: 'aa22' }], [], documentOf(picked)).map(({ key }) => key)).toEqual(['aa22', 'cc33']);
  });

  it('is each pull request that brought in one of the commits, and no other', () => {
    const pulls = [
      { number: 7, mergeCommit: 'AA22', commits: [] },
      { number: 8, mergeCommit: null, commits: ['aa22'] },
      { number: 9, mergeCommit: 'ffff', commits: ['eeee'] },
    ];
    const named = item({ pullRequests: [{ number: 7, url: null }] });

    const changes = shippedChanges([{ sha: 'aa22' }], pulls, documentOf(named));

    expect(changes.filter(({ kind }) => kind === 'pull-request').map(({ key }) => key)).toEqual(['7', '8']);
  });

  it('is each ticket once', () => {
    const changes = shippedChanges([], [], documentOf(item({ tickets: ['APP-2', 'APP-1'] }), item({ tickets: ['APP-1'] })));

    expect(changes).toEqual([
      { kind: 'ticket', key: 'APP-1' },
      { kind: 'ticket', key: 'APP-2' },
    ]);
  });
});
