import { differences } from '../../domain/release/differences.ts';
import type { HistoryItem } from '../../engine/history.ts';

/** Fields of fields have a line each; lists are told as a whole. */
const DEPTH = { levels: 2, intoLists: false };

/** What a change of a config was, field by field: `baseBranch`, `gates.quorum`. @param prefix of the fields: `ci.` */
export function changedItems(before: object | null, after: object | null, prefix = ''): HistoryItem[] {
  return differences(before ?? {}, after ?? {}, DEPTH).map((change) => ({
    field: `${prefix}${change.path.slice(1).replaceAll('/', '.')}`.slice(0, 64),
    before: inText(change.before),
    after: inText(change.after),
  }));
}

function inText(value: unknown): string | null {
  if (value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
