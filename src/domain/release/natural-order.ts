/** Runs of digits by value, all else by code unit: `rc.2` before `rc.10`. No locale has a say, so the order is the same everywhere. */
export function compareNaturally(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = compareParts(left[index] ?? '', right[index] ?? '');
    if (difference !== 0) return difference;
  }
  // Numbers equal by value may be spelt differently (`1.01`, `1.1`): then the spelling decides, so that only equal labels are equal.
  return left.length - right.length || compareText(a, b);
}

function compareParts(a: string, b: string): number {
  const numeric = /^\d/;
  if (!numeric.test(a) || !numeric.test(b)) return compareText(a, b);
  const [left, right] = [BigInt(a), BigInt(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
