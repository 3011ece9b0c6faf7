/** Chance that can be had again: a test prints its seed when it fails, and `CHAOS_SEED` runs it with the same choices. */
export interface Chance {
  readonly seed: number;
  /** A whole number from `min` to `max`, both included. */
  between(min: number, max: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and good enough to choose victims. */
export function chance(seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000)): Chance {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    seed,
    between,
    pick<T>(items: readonly T[]) {
      if (items.length === 0) throw new Error('there is nothing to choose from');
      return items[between(0, items.length - 1)] as T;
    },
  };
}
