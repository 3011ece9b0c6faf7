import type { ReleaseType } from '../release/vocabulary.ts';
import type { Scheme } from './scheme.ts';
import {
  compareValues,
  countedPart,
  firstDifference,
  type Part,
  partsOf,
  readTemplate,
  splitOptional,
  type Template,
  writeTemplate,
} from './template.ts';

/*
 * CUSTOM with a pattern: numbers by name between fixed text, e.g. `{major}.{minor}.{build}` or `app-{year}.{build}[.{fix}]`. They compare from left to
 * right. A type of release raises the number of its own name, else the one at its place: a major the first, a minor the second, a hotfix the last.
 */

const namesOf: Record<ReleaseType, readonly string[]> = { MAJOR: ['major'], MINOR: ['minor'], HOTFIX: ['hotfix', 'fix', 'patch'] };
const placeOf: Record<ReleaseType, (parts: number) => number> = {
  MAJOR: () => 0,
  MINOR: (parts) => Math.min(1, parts - 1),
  HOTFIX: (parts) => parts - 1,
};

/** What is wrong with a pattern, as the end of a sentence; null = nothing. */
export function checkCustomPattern(pattern: string): string | null {
  const halves = splitOptional(pattern);
  if (halves === null) return 'may hold brackets once, around its end';
  const { head, tail } = halves;
  const whole = head + tail;
  const text = whole.replaceAll(/\{[a-z][a-z0-9]*\}/g, '\n');
  if (/[{}]/.test(text)) return 'names its numbers in lower case within braces, e.g. {major}.{minor}.{build}';
  if (!/^[0-9A-Za-z.+\-\n]+$/.test(text)) return 'may hold only letters, digits and . + - between its numbers';
  if (/\n[0-9\n]|[0-9]\n/.test(text)) return 'must have something between two numbers that is no digit';
  if (!head.includes('{')) return 'must hold a number that is not optional, e.g. {build}';
  if (tail !== '' && !tail.includes('{')) return 'has an optional end without a number';
  const names = whole.match(/\{\w+\}/g) ?? [];
  if (new Set(names).size < names.length) return 'names a number twice';
  return isOrdered(names.map((name) => name.slice(1, -1)))
    ? null
    : 'must have {major} before {minor}, and {minor} before what a hotfix raises';
}

/** A type must never raise a number that a lesser type leaves alone. */
function isOrdered(names: readonly string[]): boolean {
  const [major, minor, hotfix] = (['MAJOR', 'MINOR', 'HOTFIX'] as const).map((type) => raisedBy(type, names));
  return (major ?? 0) <= (minor ?? 0) && (minor ?? 0) <= (hotfix ?? 0);
}

function raisedBy(type: ReleaseType, names: readonly string[]): number {
  const named = names.findIndex((name) => namesOf[type].includes(name));
  return named === -1 ? placeOf[type](names.length) : named;
}

/** @param pattern one that `checkCustomPattern` finds nothing wrong with */
export function customScheme(pattern: string): Scheme {
  const template = templateOf(pattern);
  const parts = partsOf(template);
  const names = parts.map(({ name }) => name);
  const read = (version: string) => readTemplate(template, version) ?? [];
  const hotfixed = raisedBy('HOTFIX', names);
  const example = writeTemplate(template, firstOf(parts));
  return {
    check: (version) => (readTemplate(template, version) === null ? `does not follow ${pattern}, as ${example} does` : null),
    compare: (a, b) => compareValues(read(a), read(b)),
    checkStep(type, version, latest) {
      const at = firstDifference(read(version), read(latest));
      const own = raisedBy(type, names);
      if (type === 'HOTFIX') return at >= own ? null : `A hotfix raises only {${names[own]}} of ${latest}.`;
      return at <= own ? null : `A ${type.toLowerCase()} release must raise {${names[own]}} of ${latest}, or what comes before it.`;
    },
    next(type, latest) {
      if (latest === null) return example;
      const own = raisedBy(type, names);
      return writeTemplate(
        template,
        read(latest).map((value, index) => (index < own ? value : index === own ? value + 1 : 0)),
      );
    },
    lineOf: (version) => read(version).slice(0, hotfixed).join('.'),
  };
}

const firstOf = (parts: readonly Part[]) => parts.map((_part, index) => (index === 0 ? 1 : 0));

function templateOf(pattern: string): Template {
  const { head, tail } = splitOptional(pattern) ?? { head: pattern, tail: '' };
  const pieces = [piecesOf(head), piecesOf(tail)] as const;
  return { pieces: pieces.flat(), optionalFrom: tail === '' ? null : pieces[0].length };
}

const piecesOf = (text: string): (string | Part)[] =>
  text
    .split(/(\{[a-z][a-z0-9]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{') ? countedPart(piece.slice(1, -1)) : piece));
