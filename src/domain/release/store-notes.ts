import type { StoreTarget } from './vocabulary.ts';

/** What a store takes as the notes of one locale: UTF-16 units, which are never fewer than the characters that stores count. */
export const storeNotesLimits: Readonly<Record<StoreTarget, number>> = { PLAY_STORE: 500, APP_STORE: 4000 };

/** BCP 47 in its usual case, as stores write it: `en-us` is `en-US`; null = no locale. */
export function localeName(text: string): string | null {
  if (text.length > 35 || !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(text)) return null;
  const [language = '', ...rest] = text.split('-');
  return [language.toLowerCase(), ...rest.map(subtagName)].join('-');
}

function subtagName(subtag: string): string {
  if (/^[A-Za-z]{2}$/.test(subtag)) return subtag.toUpperCase();
  return /^[A-Za-z]{4}$/.test(subtag) ? `${subtag.slice(0, 1).toUpperCase()}${subtag.slice(1).toLowerCase()}` : subtag.toLowerCase();
}

const BULLET = '•';

/** Notes that nobody wrote for the store itself, as it takes them. @param max UTF-16 units; what the store takes when absent */
export function notesForStore(target: StoreTarget, text: string, max = storeNotesLimits[target]): string {
  return cutNotes(target === 'APP_STORE' ? withoutRefused(text) : text, max);
}

/**
 * Emoji and dingbats, all of them: App Store Connect refuses a note for some ("What's New in This Version can't contain the following character(s)"), and
 * names nowhere which. What is a letter, a digit or © ® ™ stays.
 */
const PICTOGRAPHS =
  /(?![©®™])\p{Extended_Pictographic}|[\u{2600}-\u{27BF}]|[\u{1F000}-\u{1FAFF}]|[\u{E0020}-\u{E007F}]|\u{FE0F}|\u{20E3}|(?<!\p{L}\p{M}*)\u{200D}/gu;

/** It refuses `<` and `>`, too, which stand for something in the words of those who build software. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/\s*[-=]+>\s*/g, ' to '],
  [/\s+<=\s+/g, ' at most '],
  [/\s+>=\s+/g, ' at least '],
  [/\s+<\s+/g, ' less than '],
  [/\s+>\s+/g, ' more than '],
  [/</g, '['],
  [/>/g, ']'],
];

function withoutRefused(text: string): string {
  return text.split('\n').flatMap(acceptedLine).join('\n');
}

/** A change of which nothing is left is none. */
function acceptedLine(line: string): string[] {
  let accepted = line.replace(PICTOGRAPHS, '');
  if (accepted === line && !/[<>]/.test(line)) return [line];
  for (const [sign, words] of signs) accepted = accepted.replace(sign, words);
  const tidy = accepted.replace(/[ \t]{2,}/g, ' ').trimEnd();
  return tidy === '' || tidy === BULLET ? [] : [tidy];
}

/**
 * Notes as `renderNotesText` writes them, in no more than `max` units: cut between two changes, with how many are missing. A heading without
 * changes below it is left out. Where not even the first change fits, it is cut between two words.
 */
export function cutNotes(text: string, max: number): string {
  const whole = text.trim();
  if (whole.length <= max) return whole;
  const lines = whole.split('\n');
  const items = lines.filter(isItem).length;
  // No item is shorter than its bullet and a character.
  for (let kept = Math.min(items - 1, Math.floor(max / 2)); kept > 0; kept -= 1) {
    const cut = `${firstItems(lines, kept)}\n… and ${items - kept} more`;
    if (cut.length <= max) return cut;
  }
  return cutWords(lines.find(isItem) ?? whole, max).trim();
}

const isItem = (line: string) => line.startsWith(BULLET);

function firstItems(lines: readonly string[], count: number): string {
  const kept: string[] = [];
  let open: string[] = [];
  let left = count;
  for (const line of lines) {
    if (!isItem(line)) {
      open.push(line);
      continue;
    }
    if (left === 0) break;
    kept.push(...open, line);
    open = [];
    left -= 1;
  }
  return kept.join('\n');
}

function cutWords(line: string, max: number): string {
  if (line.length <= max) return line;
  // The last unit is the ellipsis', so a blank there ends a word that fits.
  const lastSpace = line.slice(0, max).search(/\s+\S*$/);
  if (lastSpace > max / 2) return `${line.slice(0, lastSpace)}…`;
  // A pair of surrogates is one character.
  return `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
