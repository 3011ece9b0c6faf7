import { invalidDocument, invalidInput } from './refusal.ts';

/** Lists as Linear gives them: filtered, by cursor, 50 entries a page unless asked for more or fewer. */

const MAX_FIRST = 250;

export interface ListArgs {
  filter?: Filter | null;
  first?: number | null;
  after?: string | null;
}

type Filter = Record<string, unknown>;

export function connection<T extends { id: string }>(items: readonly T[], args: ListArgs, node: (item: T) => unknown) {
  const first = args.first ?? 50;
  if (!Number.isInteger(first) || first < 1 || first > MAX_FIRST) throw invalidInput('Argument Validation Error');
  const found = items.filter((item) => matches(item, args.filter ?? {}));
  const after = args.after ?? null;
  const start = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1;
  if (after !== null && start === 0) throw invalidInput('Invalid cursor');
  const page = found.slice(start, start + first);
  return {
    nodes: page.map(node),
    pageInfo: {
      hasNextPage: start + first < found.length,
      hasPreviousPage: start > 0,
      startCursor: page[0]?.id ?? null,
      endCursor: page.at(-1)?.id ?? null,
    },
  };
}

/** Comparators and relations by their names; what the fake does not know is refused. */
function matches(value: unknown, filter: Filter): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    switch (key) {
      case 'and':
        return (wanted as Filter[]).every((each) => matches(value, each));
      case 'or':
        return (wanted as Filter[]).some((each) => matches(value, each));
      case 'some':
        return (value as unknown[]).some((each) => matches(each, wanted as Filter));
      case 'null':
        return (value === null) === wanted;
      case 'eq':
        return value === wanted;
      case 'in':
        return (wanted as unknown[]).includes(value);
      case 'eqIgnoreCase':
        return String(value).toLowerCase() === String(wanted).toLowerCase();
      default:
        return value !== null && matches(memberOf(value, key), wanted as Filter);
    }
  });
}

function memberOf(value: unknown, name: string): unknown {
  const member = (value as Record<string, unknown>)[name];
  if (member === undefined) throw invalidDocument(`Field "${name}" is not defined by the filter.`);
  return member;
}
