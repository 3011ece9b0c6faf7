import { describe, expect, it } from 'vitest';
import { composeNotes } from './compose-notes.ts';
import { itemsOf, type NotesDocument } from './document.ts';
import { applyEdits, type ItemEdit, inheritEdits, type NotesEdits, noEdits } from './edits.ts';
import type { NotePullRequest } from './pull-requests.ts';

const id = (start: string) => start.padEnd(40, '0');
const compose = (commits: Record<string, string>, pullRequests: NotePullRequest[] = []): NotesDocument =>
  composeNotes({
    ...{ base: 'v1', head: 'v2', pullRequests, ticketPrefixes: [], remarks: [] },
    commits: Object.entries(commits).map(([start, message]) => ({ sha: id(start), message, authorName: null, url: null })),
  });
const pull = (number: number, ...starts: string[]): NotePullRequest => ({
  ...{ number, title: `Pull ${number}`, labels: [], author: null, headBranch: 'x', mergedAt: null, mergeCommit: null },
  ...{ commits: starts.map(id), url: `https://scm.example/${number}` },
});
const idOf = (document: NotesDocument, text: string) => itemsOf(document).find((item) => item.text === text)?.id ?? '';
const edits = (...items: ItemEdit[]): NotesEdits => ({ ...noEdits, items });
const lines = (document: NotesDocument, given: NotesEdits) =>
  itemsOf(applyEdits(document, given)).map(({ section, scope, text }) => `${section}: ${scope ?? '-'} ${text}`);

const two = compose({ a1: 'feat(ui): add', a2: 'fix: mend' });
const add: ItemEdit = { itemId: idOf(two, 'add'), text: 'New things', was: 'ui: add' };

describe('edits', () => {
  it('replace the line, move it to another section, and take it out; the rest stays', () => {
    expect(lines(two, edits(add))).toEqual(['features: - New things', 'fixes: - mend']);
    expect(lines(two, edits({ itemId: add.itemId, section: 'other', was: '' }))).toEqual(['fixes: - mend', 'other: ui add']);

    const hidden = applyEdits(two, edits({ itemId: add.itemId, hidden: true, was: '' }));
    expect(itemsOf(hidden)).toMatchObject([{ text: 'mend' }]);
    expect(hidden.hidden).toMatchObject([{ text: 'add' }]);
    expect(hidden.stale).toEqual([]);
  });

  it('are kept and shown as stale where their item is gone, and count again when it is back', () => {
    const reverted = compose({ a1: 'feat(ui): add', a2: 'fix: mend', a3: `Revert\n\nThis reverts commit ${id('a1')}.` });

    expect(lines(reverted, edits(add))).toEqual(['fixes: - mend']);
    expect(applyEdits(reverted, edits(add)).stale).toEqual([add]);
    expect(lines(two, edits(add))).toContain('features: - New things');
  });

  it('find their item again when its pull request becomes known', () => {
    const known = compose({ a1: 'feat(ui): add', a2: 'fix: mend' }, [pull(7, 'a1')]);

    expect(lines(known, edits(add))).toEqual(['features: - New things', 'fixes: - mend']);
  });

  it('find their item again when another pick of it came first', () => {
    const picked = compose({ a9: `fix: here\n\n(cherry picked from commit ${id('b1')})` });
    const edit = { itemId: idOf(picked, 'here'), text: 'Mended', was: 'here' };
    const both = compose({ a0: 'feat: x', a9: `fix: here\n\n(cherry picked from commit ${id('b1')})`, b1: 'fix: there' });

    expect(lines(both, edits(edit))).toEqual(['features: - x', 'fixes: - Mended']);
  });

  it('of one item under two ids count once: its own first', () => {
    const known = compose({ a1: 'feat(ui): add' }, [pull(7, 'a1')]);
    const own = { itemId: idOf(known, 'Pull 7'), text: 'Own', was: '' };

    expect(lines(known, edits(add, own))).toEqual(['features: - Own']);
    expect(applyEdits(known, edits(add, own)).stale).toEqual([add]);
  });

  it('leave the composed document as it was', () => {
    const before = JSON.stringify(two);
    applyEdits(two, edits(add, { itemId: idOf(two, 'mend'), hidden: true, was: '' }));

    expect(JSON.stringify(two)).toBe(before);
  });
});

describe('edits of earlier candidates', () => {
  const other: ItemEdit = { itemId: 'f'.repeat(16), text: 'Gone', was: 'gone' };

  it('are taken over by the next one as far as it has their items; the later of two, and no preface', () => {
    const later = { ...add, text: 'Newer' };

    expect(inheritEdits(two, [edits(add, other), { ...edits(later), preface: 'About the second' }], false)).toEqual(edits(later));
  });

  it('are all taken over by the final notes, which show what became of each', () => {
    expect(inheritEdits(two, [edits(add, other)], true)).toEqual(edits(add, other));
  });
});
