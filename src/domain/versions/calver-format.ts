import { countedPart, type Part, splitOptional, type Template } from './template.ts';

/* Formats of calendar versions, by the tokens of calver.org, e.g. `YYYY.MM.MICRO`, `YY.WW.MICRO` or `YYYY.0M.0D[.MICRO]`. */

export type Unit = 'year' | 'month' | 'week' | 'day' | 'MAJOR' | 'MINOR' | 'MICRO';

interface Token {
  unit: Unit;
  part: Part;
  /** Its digits are always as many, so that another number may follow at once. */
  fixed: boolean;
}

const CENTURY = 2000;
const padded = (value: number) => String(value).padStart(2, '0');
const numbered = (unit: Unit, regex: string, write: (value: number) => string = String): Part => ({
  name: unit,
  regex: `(?:${regex})`,
  read: Number,
  write,
});
/** Years since 2000: `6`, `16`, `106`. */
const shortYear = (regex: string, write: (value: number) => string): Part => ({
  ...numbered('year', regex, (year) => write(year - CENTURY)),
  read: (text) => CENTURY + Number(text),
});

const tokens: Readonly<Record<string, Token>> = {
  YYYY: { unit: 'year', part: numbered('year', '[1-9]\\d{3}'), fixed: true },
  YY: { unit: 'year', part: shortYear('0|[1-9]\\d{0,2}', String), fixed: false },
  '0Y': { unit: 'year', part: shortYear('\\d{2}|[1-9]\\d{2}', padded), fixed: false },
  MM: { unit: 'month', part: numbered('month', '[1-9]|1[0-2]'), fixed: false },
  '0M': { unit: 'month', part: numbered('month', '0[1-9]|1[0-2]', padded), fixed: true },
  WW: { unit: 'week', part: numbered('week', '[1-9]|[1-4]\\d|5[0-3]'), fixed: false },
  '0W': { unit: 'week', part: numbered('week', '0[1-9]|[1-4]\\d|5[0-3]', padded), fixed: true },
  DD: { unit: 'day', part: numbered('day', '[1-9]|[12]\\d|3[01]'), fixed: false },
  '0D': { unit: 'day', part: numbered('day', '0[1-9]|[12]\\d|3[01]', padded), fixed: true },
  MAJOR: { unit: 'MAJOR', part: countedPart('MAJOR'), fixed: false },
  MINOR: { unit: 'MINOR', part: countedPart('MINOR'), fixed: false },
  MICRO: { unit: 'MICRO', part: countedPart('MICRO'), fixed: false },
};

const PIECE = /(YYYY|YY|0Y|MM|0M|WW|0W|DD|0D|MAJOR|MINOR|MICRO|[.\-+])/;
/** Each only behind the one before it: a lesser unit in front would put December before January. */
const orders: readonly (readonly Unit[])[] = [
  ['year', 'month', 'day'],
  ['year', 'week'],
  ['MAJOR', 'MINOR', 'MICRO'],
];

/** What is wrong with a format, as the end of a sentence; null = nothing. */
export function checkCalverFormat(format: string): string | null {
  const halves = splitOptional(format);
  if (halves === null) return 'may hold brackets once, around its end';
  if (format.includes('MODIFIER')) return 'has a MODIFIER; candidates are marked by their tags';
  const pieces = piecesOf(halves.head + halves.tail);
  const foreign = pieces.find((piece) => tokens[piece] === undefined && !/^[.\-+]$/.test(piece));
  if (foreign !== undefined)
    return `holds "${foreign}"; it is made of YYYY, YY, 0Y, MM, 0M, WW, 0W, DD, 0D, MAJOR, MINOR, MICRO, and . - + between them`;
  return checkUnits(unitsOf(format)) ?? checkEnds(pieces) ?? checkTail(halves.tail);
}

function checkUnits(units: readonly Unit[]): string | null {
  if (!units.includes('year')) return 'must name the year';
  if (new Set(units).size < units.length) return 'names a part twice';
  if (units.includes('week') && (units.includes('month') || units.includes('day'))) return 'names weeks and months, which do not nest';
  if (units.includes('day') && !units.includes('month')) return 'names the day without its month';
  for (const order of orders) {
    const places = order.map((unit) => units.indexOf(unit)).filter((place) => place !== -1);
    if (places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0))) return `must name ${order.join(' before ')}`;
  }
  return null;
}

function checkEnds(pieces: readonly string[]): string | null {
  if (tokens[pieces[0] ?? ''] === undefined || tokens[pieces.at(-1) ?? ''] === undefined) return 'must begin and end with a part';
  if (pieces.some((piece, index) => index > 0 && tokens[piece] === undefined && tokens[pieces[index - 1] ?? ''] === undefined)) {
    return 'has two separators in a row';
  }
  const merged = pieces.some((piece, index) => {
    const [one, next] = [tokens[piece], tokens[pieces[index + 1] ?? '']];
    return one !== undefined && next !== undefined && !one.fixed;
  });
  return merged ? 'runs two parts together of which nobody can tell where the first one ends' : null;
}

const checkTail = (tail: string): string | null =>
  piecesOf(tail).some((piece) => tokens[piece] !== undefined && !['MAJOR', 'MINOR', 'MICRO'].includes(piece))
    ? 'may leave out counters only'
    : null;

export const unitsOf = (format: string): Unit[] => piecesOf(format.replaceAll(/[[\]]/g, '')).flatMap((piece) => tokens[piece]?.unit ?? []);

/** @param format one that `checkCalverFormat` finds nothing wrong with */
export function calverTemplate(format: string): Template {
  const { head, tail } = splitOptional(format) ?? { head: format, tail: '' };
  const before = piecesOf(head);
  const pieces = [...before, ...piecesOf(tail)].map((piece) => tokens[piece]?.part ?? piece);
  return { pieces, optionalFrom: tail === '' ? null : before.length };
}

const piecesOf = (text: string): string[] => text.split(PIECE).filter((piece) => piece !== '');
