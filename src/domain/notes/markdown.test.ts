import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NoteItem, NotesSection } from './document.ts';
import { type EditedNotes, noEdits } from './edits.ts';
import { escapeMarkdown, renderNotesMarkdown } from './markdown.ts';

const item = (changes: Partial<NoteItem> = {}): NoteItem => ({
  ...{
    id: '0'.repeat(16),
    section: 'features',
    scope: null,
    text: 'add it',
    breakingNotes: [],
    tickets: [],
    pullRequests: [],
    authors: [],
  },
  commits: [{ sha: '0123456789abcdef', url: null, pickedFrom: [] }],
  ...changes,
});

const notes = (sections: NotesSection[], more: Partial<EditedNotes> = {}): EditedNotes => ({
  ...{ base: 'v1', head: 'v2', commits: 1, remarks: [], sections, hidden: [], stale: [] },
  ...{ preface: noEdits.preface, appendix: noEdits.appendix },
  ...more,
});

const rendered = (changes: Partial<NoteItem>) =>
  renderNotesMarkdown(notes([{ section: 'features', items: [item(changes)] }])).split('\n')[2];

describe('renderNotesMarkdown', () => {
  it('writes a section per group and a line per item', () => {
    const full = item({
      ...{ section: 'breaking', scope: 'api', breakingNotes: ['update clients'], tickets: ['APP-1'], authors: ['Ada', 'Bo'] },
      pullRequests: [
        { number: 12, url: 'https://scm.example/pull/12' },
        { number: 15, url: null },
      ],
      commits: [
        { sha: '0123456789abcdef', url: 'https://scm.example/c/0123', pickedFrom: [] },
        { sha: 'fedcba9876543210', url: null, pickedFrom: [] },
      ],
    });

    expect(
      renderNotesMarkdown(
        notes([
          { section: 'breaking', items: [full] },
          { section: 'other', items: [item(), item({ text: 'tell' })] },
        ]),
      ),
    ).toBe(
      [
        '## Breaking changes',
        '',
        '- **api:** add it (APP-1, [#12](https://scm.example/pull/12), #15) ([0123456789](https://scm.example/c/0123), fedcba9876) — Ada, Bo',
        '  - update clients',
        '',
        '## Other',
        '',
        '- add it (0123456789)',
        '- tell (0123456789)',
        '',
      ].join('\n'),
    );
  });

  it('says so when there is nothing', () => {
    expect(renderNotesMarkdown(notes([]))).toBe('No changes.\n');
  });

  it('puts what people wrote around them, as text, and how they were made at the end', () => {
    expect(
      renderNotesMarkdown(
        notes([], { preface: 'Big *one*\r\n\r\nSecond\nline', appendix: '# Thanks', remarks: ['without-pull-requests'] }),
      ),
    ).toMatch(/^Big \\\*one\\\*\n\nSecond line\n\nNo changes\.\n\n\\# Thanks\n\n_The provider does not tell .*_\n$/);
  });

  it('does not repeat a ticket that the text names', () => {
    expect(rendered({ text: 'add APP-1', tickets: ['APP-1', 'APP-2'] })).toBe('- add APP-1 (APP-2) (0123456789)');
  });

  it('links no address that is not one of the web, and lets none break out of its link', () => {
    const linked = (url: string) => rendered({ commits: [{ sha: '0123456789abcdef', url, pickedFrom: [] }] });

    expect(linked('javascript:alert(1)')).toBe('- add it (0123456789)');
    expect(linked('https://x.example/a) [b](c\n<d>')).toBe('- add it ([0123456789](https://x.example/a%29%20%5Bb%5D%28c%0A%3Cd%3E))');
  });

  it('leaves out authors whose names say nothing', () => {
    expect(rendered({ authors: [' ', 'Ada'] })).toBe('- add it (0123456789) — Ada');
  });
});

describe('escapeMarkdown', () => {
  it.each([
    ['<script>alert(1)</script>', '\\<script\\>alert(1)\\</script\\>'],
    ['[click](https://evil.example)', '\\[click\\](https://evil.example)'],
    ['![image](x)', '!\\[image\\](x)'],
    ['*bold* _it_ `code` ~~no~~ $x$', '\\*bold\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~ \\$x\\$'],
    ['a \\* b', 'a \\\\\\* b'],
    ['# heading', '\\# heading'],
    ['- item', '\\- item'],
    ['+ item', '\\+ item'],
    ['=====', '\\====='],
    ['1. item', '1\\. item'],
    ['12) item', '12\\) item'],
    ['> quote', '\\> quote'],
    ['&lt;b&gt;', '\\&lt;b\\&gt;'],
    ['a | b', 'a \\| b'],
    ['two\r\nlines\u2028three\u0000four', 'two lines three four'],
    ['abc\u202etxt.exe', 'abc txt.exe'],
    ['v1.2.3 - done #3 (fast!)', 'v1.2.3 - done #3 (fast!)'],
  ])('makes %j mean only itself', (text, expected) => {
    expect(escapeMarkdown(text)).toBe(expected);
  });

  it('keeps any text on one line and readable back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const escaped = escapeMarkdown(text);

        expect(escaped).not.toMatch(/[\r\n\u2028\u2029]/);
        expect(escaped.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(
          text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu, ' ').trim(),
        );
      }),
    );
  });
});
