/**
 * What a change makes of an object: fields that it lacks stay, objects within objects are changed in the same way; anything else, lists
 * included, takes the place of what was there.
 */
export function mergeChange<T extends object>(before: T, change: object): T {
  const merged: Record<string, unknown> = Object.fromEntries(Object.entries(before));
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) continue;
    const current = merged[key];
    merged[key] = isObject(current) && isObject(value) ? mergeChange(current, value) : value;
  }
  // Whoever changes it has checked each field of the change to be of the kind that the field has.
  return merged as T;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
