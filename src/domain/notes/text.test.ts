import { describe, expect, it } from 'vitest';
import { composeNotes } from './compose-notes.ts';
import { applyEdits, type NotesEdits, noEdits } from './edits.ts';
import { renderNotesText, renderStoreNotes, renderStoreText } from './text.ts';

const notes = (messages: string[], edits: NotesEdits = noEdits) =>
  applyEdits(
    composeNotes({
      ...{ base: 'v1', head: 'v2', pullRequests: [], ticketPrefixes: ['APP'], remarks: ['since-fork'] },
      commits: messages.map((message, index) => ({
        ...{ sha: (0xa000 + index).toString(16).padEnd(40, '0'), message, authorName: 'Ada' },
        url: `https://example.test/${index}`,
      })),
    }),
    edits,
  );

const mixed = ['feat(cart): keep the cart (#12)\n\nAPP-7', 'fix: no crash\n\nlong story', 'chore: tidy', 'docs: tell'];

describe('renderNotesText', () => {
  it('tells each change on one line under its section, with references and without links', () => {
    expect(renderNotesText(notes(mixed))).toBe(
      [
        'Features',
        '• cart: keep the cart (APP-7, #12)',
        '',
        'Fixes',
        '• no crash',
        '',
        'Documentation',
        '• tell',
        '',
        'Other',
        '• tidy',
      ].join('\n'),
    );
  });

  it('counts new versions of packages instead of naming them all', () => {
    expect(renderNotesText(notes(['build(deps): a', 'build(deps): b']))).toBe('Dependencies\n• 2 packages updated');
    expect(renderNotesText(notes(['build(deps): a']))).toBe('Dependencies\n• deps: a');
  });

  it('says so when nothing changed', () => {
    expect(renderNotesText(notes([]))).toBe('No changes.');
  });
});

describe('renderStoreText', () => {
  it('tells users what they can notice, without references', () => {
    expect(renderStoreText(notes(mixed))).toBe(['Features', '• cart: keep the cart', '', 'Fixes', '• no crash'].join('\n'));
  });

  it('tells inner changes where there are no others', () => {
    expect(renderStoreText(notes(['chore: tidy']))).toBe('Other\n• tidy');
  });

  it('puts what people wrote around it', () => {
    expect(renderStoreText(notes([], { ...noEdits, preface: 'Hello\nall', appendix: 'Bye' }))).toBe('Hello all\n\nNo changes.\n\nBye');
  });

  it('is cut between two changes at what the store takes', () => {
    const many = notes(Array.from({ length: 200 }, (_, index) => `fix: number ${index} ${'x'.repeat(40)}`));

    for (const [target, max] of [
      ['PLAY_STORE', 500],
      ['APP_STORE', 4000],
    ] as const) {
      const text = renderStoreNotes(many, target);

      expect(text.length).toBeLessThanOrEqual(max);
      expect(text.length).toBeGreaterThan(max - 80);
      expect(text).toMatch(/^Fixes\n(• number \d+ x{40}\n)+… and \d+ more$/);
    }
  });
});
