import { compareNaturally } from '../release/natural-order.ts';
import type { Scheme } from './scheme.ts';

const LABEL = /^[0-9A-Za-z.+-]+$/;

/** Any label: numbers compare by value and text by code point. What comes next is for people to say. */
export const labelScheme: Scheme = {
  check: (version) => (LABEL.test(version) ? null : 'may hold only letters, digits and . + -'),
  compare: compareNaturally,
  checkStep: () => null,
  next: () => null,
  lineOf: () => null,
};

/** Labels that differ only in their numbers have an order that can be broken; others (`spring`, `autumn`) must only differ. */
export function checkNextLabel(version: string, latest: string): string | null {
  if (version === latest) return `The version must differ from ${latest}.`;
  const sameShape = version.replaceAll(/\d+/g, '0') === latest.replaceAll(/\d+/g, '0');
  return sameShape && compareNaturally(version, latest) <= 0 ? `The version must be greater than ${latest}.` : null;
}
