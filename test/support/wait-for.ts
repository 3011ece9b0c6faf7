import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `condition` gives something other than false, null or undefined, and returns that. The only place in the
 * tests that polls. An error thrown by `condition` counts as "not yet" and is shown if time runs out.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<Exclude<T, false | null | undefined>> {
  const { what, timeoutMs = 15_000, everyMs = 25 } = options;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (isThere(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${String(last)}`, { cause: last });
    await delay(everyMs);
  }
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
