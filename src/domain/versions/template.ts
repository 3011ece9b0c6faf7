/** A number within a version. */
export interface Part {
  name: string;
  /** Source of a regular expression without groups. */
  regex: string;
  read(text: string): number;
  write(value: number): string;
}

/** A version as text with numbers in it, the most significant first. */
export interface Template {
  pieces: readonly (string | Part)[];
  /** Index of the piece from which on everything may be left out, its numbers being 0 then; null = nothing may. */
  optionalFrom: number | null;
}

/** Numbers as people count: no leading zeros, nine digits at most. */
export const countedPart = (name: string): Part => ({ name, regex: '(?:0|[1-9]\\d{0,8})', read: Number, write: String });

export const partsOf = ({ pieces }: Template): Part[] => pieces.filter((piece): piece is Part => typeof piece !== 'string');

/** The numbers of a version; null = it does not follow the template. */
export function readTemplate(template: Template, text: string): number[] | null {
  const found = regexOf(template).exec(text);
  if (found === null) return null;
  return partsOf(template).map((part, index) => {
    const digits = found[index + 1];
    return digits === undefined ? 0 : part.read(digits);
  });
}

/** @param values one per part; an optional end of nothing but zeros is left out */
export function writeTemplate({ pieces, optionalFrom }: Template, values: readonly number[]): string {
  let next = 0;
  const written = pieces.map((piece) => {
    if (typeof piece === 'string') return { text: piece, zero: true };
    const value = values[next++] ?? 0;
    return { text: piece.write(value), zero: value === 0 };
  });
  const left = optionalFrom !== null && written.slice(optionalFrom).every(({ zero }) => zero) ? written.slice(0, optionalFrom) : written;
  return left.map(({ text }) => text).join('');
}

function regexOf({ pieces, optionalFrom }: Template): RegExp {
  const sources = pieces.map((piece) => (typeof piece === 'string' ? piece.replaceAll(/[^0-9A-Za-z]/g, '\\$&') : `(${piece.regex})`));
  const at = optionalFrom ?? sources.length;
  return new RegExp(`^${sources.slice(0, at).join('')}(?:${sources.slice(at).join('')})${optionalFrom === null ? '' : '?'}$`);
}

/** The end in brackets, which may be left out. */
export function splitOptional(format: string): { head: string; tail: string } | null {
  const found = /^([^[\]]*)(?:\[([^[\]]+)\])?$/.exec(format);
  return found === null ? null : { head: found[1] ?? '', tail: found[2] ?? '' };
}

export function compareValues(a: readonly number[], b: readonly number[]): number {
  for (const [index, left] of a.entries()) {
    const difference = left - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first place in which two versions differ; -1 = in none. */
export const firstDifference = (a: readonly number[], b: readonly number[]): number => a.findIndex((value, index) => value !== b[index]);
