import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutNotes, localeName, notesForStore, storeNotesLimits } from './store-notes.ts';

const notes = ['Features', '• cart: keep the cart (#1)', '• search', '', 'Fixes', '• no crash', '• no flicker'].join('\n');

describe('cutNotes', () => {
  it('leaves alone what fits to the last character', () => {
    expect(cutNotes(notes, notes.length)).toBe(notes);
    expect(cutNotes(`\n${notes}\n`, notes.length)).toBe(notes);
    expect(cutNotes(notes, notes.length - 1)).not.toBe(notes);
  });

  it('cuts between two changes and says how many are missing', () => {
    expect(cutNotes(notes, notes.length - 1)).toBe(['Features', '• cart: keep the cart (#1)', '• search', '… and 2 more'].join('\n'));
    expect(cutNotes(notes, 52)).toBe(['Features', '• cart: keep the cart (#1)', '… and 3 more'].join('\n'));
  });

  it('cuts the first change between two words where it alone does not fit', () => {
    expect(cutNotes(notes, 22)).toBe('• cart: keep the cart…');
    expect(cutNotes('• one two three four', 12)).toBe('• one two…');
    expect(cutNotes(`• ${'x'.repeat(50)}`, 10)).toBe('• xxxxxxx…');
  });

  it('never parts a character', () => {
    expect(cutNotes('😀😀😀😀', 4)).toBe('😀…');
  });

  it('keeps every store within its limit, whatever the notes are', () => {
    const line = fc.oneof(
      fc.constant(''),
      fc.string(),
      fc.string({ unit: 'grapheme', maxLength: 900 }).map((text) => `• ${text}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.constantFrom(...Object.values(storeNotesLimits), 20), (lines, max) => {
        const cut = cutNotes(lines.join('\n'), max);

        expect(cut.length).toBeLessThanOrEqual(max);
        expect(cutNotes(cut, max)).toBe(cut);
      }),
    );
  });
});

describe('notes that nobody wrote for a store', () => {
  it('leave out for the App Store what it refuses, and nothing else', () => {
    const text = ['Features ✨', '• 🚀 cart: keep List<Item> -> basket 👩🏽‍💻', '• ✅', '• Größe 10 % & „müde“ – 日本語 ©™ #42'].join('\n');

    expect(notesForStore('APP_STORE', text)).toBe(
      ['Features', '• cart: keep List[Item] to basket', '• Größe 10 % & „müde“ – 日本語 ©™ #42'].join('\n'),
    );
  });

  it('say of numbers what their signs say', () => {
    expect(notesForStore('APP_STORE', '• a < b, c > d, e <= f, g >= h, i => j')).toBe(
      '• a less than b, c more than d, e at most f, g at least h, i to j',
    );
  });

  it('stay as they are for Google Play', () => {
    expect(notesForStore('PLAY_STORE', '• 🚀 List<Item> -> basket')).toBe('• 🚀 List<Item> -> basket');
  });

  it('hold nothing that the App Store refuses, and end within the limit, whatever they are', () => {
    const line = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('<', '>', '->', '🚨', '★', '🇩🇪', '1️⃣', ' ')), {
      maxLength: 40,
    });
    const text = fc.array(line, { maxLength: 40 }).map((lines) => lines.map((parts) => `• ${parts.join('')}`).join('\n'));
    fc.assert(
      fc.property(text, fc.integer({ min: 20, max: 400 }), (notes, max) => {
        const told = notesForStore('APP_STORE', notes, max);

        expect(told).not.toMatch(/[<>]|\p{Emoji_Presentation}|[\u{2600}-\u{27BF}]/u);
        expect(told.length).toBeLessThanOrEqual(max);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('localeName', () => {
  it('is one for each locale, however it is typed, and keeps the language that the store says', () => {
    expect(['en', 'en-us', 'EN-US', 'zh-hans-cn', 'es-419', 'iw-IL', 'ca-valencia'].map(localeName)).toEqual([
      'en',
      'en-US',
      'en-US',
      'zh-Hans-CN',
      'es-419',
      'iw-IL',
      'ca-valencia',
    ]);
  });

  it.each(['', 'e', 'en_US', 'en-', '-en', 'english', 'en-US ', `en${'-abcdefgh'.repeat(4)}`, 'en/US'])('is null for %j', (text) => {
    expect(localeName(text)).toBeNull();
  });
});
