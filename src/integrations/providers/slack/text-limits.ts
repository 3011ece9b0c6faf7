/**
 * Texts as Slack takes them. Escaping: "Formatting text for app surfaces", `&`, `<` and `>` and nothing else; with those escaped no text of ours can
 * mention a person, ping a channel or form a link. Lengths are those of the escaped text.
 */

const ELLIPSIS = '…';
/** What stands where something was left out. */
export const CUT = `${ELLIPSIS} The message is too long for Slack and was cut here.`;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escapedCharacter = (character: string): string => entities[character] ?? character;

export function escapeText(text: string): string {
  return text.replace(/[&<>]/g, escapedCharacter);
}

/** Escaped, at most `max` characters, cut between characters and never inside `&amp;`. */
export function clipped(text: string, max: number): string {
  // Escaped it is no shorter: what comes after these cannot show.
  const readable = text.slice(0, max + 1);
  const [first = '', ...rest] = pieces(readable, max);
  return rest.length === 0 ? first : (pieces(readable, max - ELLIPSIS.length)[0] ?? '') + ELLIPSIS;
}

/** Escaped pieces of at most `max` characters; between lines where that is possible. */
export function pieces(text: string, max: number): string[] {
  const result: string[] = [];
  let current = '';
  for (const line of text.split(/(?<=\n)/)) {
    const escaped = escapeText(line);
    if (current.length + escaped.length <= max) {
      current += escaped;
      continue;
    }
    if (current !== '') result.push(current);
    current = '';
    for (const character of line) {
      const part = escapedCharacter(character);
      if (current.length + part.length > max) {
        result.push(current);
        current = '';
      }
      current += part;
    }
  }
  return [...result, current].map((piece) => piece.trimEnd()).filter((piece) => piece !== '');
}

/** Not escaped yet: the text, or as much of its beginning as is at most `max` characters with the words that it was cut; between lines where that is possible. */
export function beginning(text: string, max: number): string {
  if (escapeText(text).length <= max) return text;
  const room = max - CUT.length - '\n'.length;
  let [length, end, endOfLine] = [0, 0, 0];
  for (const character of text) {
    length += escapedCharacter(character).length;
    if (length > room) break;
    end += character.length;
    if (character === '\n') endOfLine = end;
  }
  // A first line longer than that is cut between its characters.
  return `${text.slice(0, endOfLine > 0 ? endOfLine : end).trimEnd()}\n${CUT}`.trimStart();
}

/** The same length for each of several texts, so that all of them together are at most `room`; infinite where they are anyway. */
export function fairShare(lengths: readonly number[], room: number): number {
  let left = room;
  for (const [index, length] of [...lengths].sort((one, other) => one - other).entries()) {
    const share = Math.floor(left / (lengths.length - index));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}
