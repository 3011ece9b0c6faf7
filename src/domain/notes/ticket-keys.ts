import { compareNaturally } from '../release/natural-order.ts';

/** What stands before the number of a ticket key, of those of these names that can: a tracker's project may be a number, too. */
export function ticketPrefixes(names: readonly (string | null)[]): string[] {
  const prefixes = names.flatMap(
    (name) => /^([A-Za-z][A-Za-z0-9_]{0,31})(?:-\d{1,9})?$/.exec(name?.trim() ?? '')?.[1]?.toUpperCase() ?? [],
  );
  return [...new Set(prefixes)].sort();
}

/**
 * Ticket keys of these projects, each once, by number. People write branches in lower case, so there any case counts; in prose `app-1` may be
 * something else.
 */
export function ticketsIn(texts: readonly string[], branches: readonly string[], prefixes: readonly string[]): string[] {
  if (prefixes.length === 0) return [];
  // Prefixes are letters, digits and underscores: nothing of them means something in a pattern. An underscore may stand before a key.
  const key = `(?<![A-Za-z0-9])(?:${prefixes.join('|')})-\\d{1,9}(?![A-Za-z0-9])`;
  const found = [
    ...texts.flatMap((text) => text.match(new RegExp(key, 'g')) ?? []),
    ...branches.flatMap((branch) => branch.match(new RegExp(key, 'gi')) ?? []),
  ];
  return [...new Set(found.map((ticket) => ticket.toUpperCase()))].sort(compareNaturally);
}
