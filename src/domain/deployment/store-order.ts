import type { StoreTarget } from '../release/vocabulary.ts';
import type { Revision } from './vocabulary.ts';

type Shipped = Pick<Revision, 'artifactId' | 'version' | 'buildNumber'>;

/**
 * Why a store would not take this build after the one it has; null = nothing is known against it. Play goes by its version codes, the App Store
 * by versions, of which each is released once.
 */
export function whyNotAfter(target: StoreTarget, before: Shipped, wanted: Shipped): string | null {
  if (before.artifactId === wanted.artifactId) return null;
  const isLater =
    target === 'PLAY_STORE' ? compare(wanted.buildNumber ?? '', before.buildNumber ?? '') : compare(wanted.version, before.version);
  if (isLater === null || isLater > 0) return null;
  const is = `is ${wanted.version} (build ${wanted.buildNumber ?? '?'}), and the store has ${before.version} (build ${before.buildNumber ?? '?'})`;
  return `${is}: stores take only higher ${target === 'PLAY_STORE' ? 'build numbers' : 'versions'}`;
}

/** Of numbers between dots; null = one of them is none. */
function compare(one: string, other: string): number | null {
  const [a, b] = [numbersOf(one), numbersOf(other)];
  if (a === null || b === null) return null;
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbersOf = (text: string): number[] | null => (/^\d+(\.\d+)*$/.test(text) ? text.split('.').map(Number) : null);
