/** Control characters, line breaks and what turns the reading direction. */
const UNSPEAKABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\s]+/gu;

/** Text of strangers as one line of characters that every database and terminal takes. */
export function oneLine(text: string, max = Number.POSITIVE_INFINITY): string {
  const line = wellFormed(text).replaceAll(UNSPEAKABLE, ' ').trim();
  // A pair of surrogates is one character.
  return line.length <= max ? line : `${line.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Half a pair of surrogates is no character: JSON columns refuse it. */
export const wellFormed = (text: string): string => text.replaceAll(/\p{Cs}/gu, '\ufffd');
