/** Where two values of JSON differ. */
export interface Difference {
  /** JSON pointer; empty = the whole of it. */
  path: string;
  /** Null where there was nothing. */
  before: unknown;
  after: unknown;
}

interface Depth {
  /** How many levels of objects are gone into; what lies deeper is compared as a whole. */
  levels: number;
  /** Whether lists of one length are compared item by item, or each as a whole. */
  intoLists: boolean;
}

/** In the order of the fields of `before`, then those that `after` alone has. What is absent equals null. */
export function differences(
  before: unknown,
  after: unknown,
  depth: Depth = { levels: Number.POSITIVE_INFINITY, intoLists: true },
  path = '',
): Difference[] {
  if (equal(before, after)) return [];
  const inner = { ...depth, levels: depth.levels - 1 };
  if (isObject(before) && isObject(after) && depth.levels > 0) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], inner, `${path}/${escaped(key)}`),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && depth.intoLists && before.length === after.length) {
    return before.flatMap((item, index) => differences(item, after[index], inner, `${path}/${index}`));
  }
  return [{ path, before: before ?? null, after: after ?? null }];
}

/** Whether they say the same; the order of an object's fields says nothing. */
function equal(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => equal(item, other[index]));
  }
  if (isObject(one) && isObject(other)) {
    return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => equal(one[key], other[key]));
  }
  return (one ?? null) === (other ?? null);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 6901. */
const escaped = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1');
