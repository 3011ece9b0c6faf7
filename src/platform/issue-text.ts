/**
 * What is wrong with a field, for people who have never heard of the library that found out. Schemas with words of their own keep them; the
 * library's are replaced here, in one place.
 */

/** The parts of a Zod issue that are read; which of them there are depends on `code`. */
export interface ValidationIssue {
  code?: string;
  path: readonly PropertyKey[];
  message: string;
  expected?: unknown;
  format?: unknown;
  origin?: unknown;
  minimum?: unknown;
  maximum?: unknown;
  inclusive?: unknown;
  divisor?: unknown;
  values?: readonly unknown[];
  /** Of a union that is told apart by a field. */
  options?: readonly unknown[];
}

/** How the library's own English begins. */
const LIBRARYS_OWN =
  /^(Invalid (input|option|string|number|ISO|email|URL|UUID|key|element|[a-z0-9]+ in)\b|Too (small|big):|Unrecognized key)/;
const ABSENCE: ReadonlySet<string | undefined> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  datetime: 'must be an instant such as 2026-11-21T04:00:00Z',
  date: 'must be a date such as 2026-11-21',
  email: 'must be an e-mail address',
  url: 'must be an address such as https://example.com',
};

/** @param root what was validated: the body, the query, a form */
export function issueText(issue: ValidationIssue, root: unknown): string {
  if (ABSENCE.has(issue.code) && valueAt(root, issue.path) === undefined) return 'is required';
  return LIBRARYS_OWN.test(issue.message) ? plain(issue) : issue.message;
}

function plain(issue: ValidationIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[String(issue.expected)] ?? 'of another kind'}`;
    case 'invalid_value':
      return choice(issue.values ?? []);
    case 'invalid_format':
      return formats[String(issue.format)] ?? 'does not have the form it must have';
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return `must ${bound(issue.origin, 'at most', 'less than', issue.inclusive !== false, Number(issue.maximum))}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_union':
      return issue.options === undefined ? 'has none of the forms that are possible here' : choice(issue.options);
    case 'unrecognized_keys':
      return 'is not a field that exists here';
    default:
      return 'cannot be used';
  }
}

const choice = (values: readonly unknown[]) => (values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.join(', ')}`);

function tooSmall({ origin, minimum, inclusive }: ValidationIssue): string {
  if (Number(minimum) === 1 && inclusive !== false && origin !== 'number' && origin !== 'int') return 'must not be empty';
  return `must ${bound(origin, 'at least', 'more than', inclusive !== false, Number(minimum))}`;
}

function bound(origin: unknown, including: string, excluding: string, isInclusive: boolean, limit: number): string {
  const amount = `${isInclusive ? including : excluding} ${limit}`;
  const plural = limit === 1 ? '' : 's';
  if (origin === 'string') return `have ${amount} character${plural}`;
  if (origin === 'array' || origin === 'set') return `have ${amount} item${plural}`;
  if (origin === 'object' || origin === 'map') return `have ${amount} entr${limit === 1 ? 'y' : 'ies'}`;
  return `be ${amount}`;
}

/** What lies there; `undefined` when nothing does. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    // Own properties only, as the line above made sure.
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}
