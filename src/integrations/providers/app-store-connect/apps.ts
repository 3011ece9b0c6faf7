import { ascTrouble } from './asc-error.ts';
import type { AscClient } from './client.ts';
import type { AppResource } from './schema.ts';

/** People know an app by its bundle id, Apple's API by a number. */
export interface AppLookup {
  find(bundleId: string): Promise<AppResource | null>;
  /** Throws `not-found`. */
  read(bundleId: string): Promise<AppResource>;
}

/** Remembers what it found for as long as the adapter lives; the filter also gives apps whose bundle id only begins so. */
export function appLookup(client: AscClient): AppLookup {
  const known = new Map<string, AppResource>();

  async function find(bundleId: string): Promise<AppResource | null> {
    const before = known.get(bundleId);
    if (before) return before;
    const found = (await client.appsLike(bundleId)).find(({ attributes }) => attributes.bundleId === bundleId);
    if (found) known.set(bundleId, found);
    return found ?? null;
  }

  return {
    find,
    async read(bundleId) {
      const found = await find(bundleId);
      if (found) return found;
      throw ascTrouble('not-found', `there is no app with the bundle id ${bundleId}, or the key may not see it`);
    },
  };
}
