import type { ItemRule, MondayClient } from './client.ts';
import { columnFor } from './columns.ts';
import type { MondaySettings } from './identity.ts';
import { type Board, type Column, dropdownSettings, type Item } from './schema.ts';
import { labelsOf } from './status.ts';

/**
 * Items of a board that belong to a version, to the last page: those whose version column holds it, or `v` and it. None where the board has
 * no such column, or nothing in it has that name.
 */
export async function* itemsOfVersion(
  client: MondayClient,
  board: Board,
  settings: MondaySettings,
  version: string,
  columns: readonly string[],
): AsyncGenerator<Item> {
  const column = columnFor('version', board.columns, settings);
  if (!column) return;
  const names = [version, `v${version}`];
  const wanted = [...new Set([...columns, column.id])];
  for await (const item of candidates(client, board, column, names, wanted)) if (holds(item, column, names)) yield item;
}

async function* candidates(
  client: MondayClient,
  board: Board,
  column: Column,
  names: string[],
  columns: readonly string[],
): AsyncGenerator<Item> {
  if (column.type === 'text') {
    yield* client.findItems({ board: board.id, column: column.id, values: names }, columns);
    return;
  }
  const ids = await idsOf(client, board, column, names);
  if (ids.length === 0) return;
  const rule: ItemRule = { column_id: column.id, compare_value: ids, operator: 'any_of' };
  yield* client.filterItems({ board: board.id, rules: [rule] }, columns);
}

/** Everything but text is searched by the id of the label or tag. */
async function idsOf(client: MondayClient, board: Board, column: Column, names: string[]): Promise<number[]> {
  if (column.type === 'tags') {
    const tags = await client.tags(board.id);
    return [...new Set(tags.filter(({ name }) => names.includes(name)).map(({ id }) => Number(id)))];
  }
  if (column.type === 'status') return labelsOf(column).flatMap(({ id, name }) => (names.includes(name) ? [id] : []));
  const labels = dropdownSettings.safeParse(column.settings).data?.labels ?? [];
  return labels.flatMap(({ id, label, name }) => (names.includes(label ?? name ?? '') ? [id] : []));
}

/** A search may be looser than a name. */
function holds(item: Item, column: Column, names: string[]): boolean {
  const value = item.column_values.find(({ id }) => id === column.id);
  if (!value) return false;
  const texts = [...(value.tags ?? []).map(({ name }) => name), ...(value.values ?? []).map(({ label }) => label), value.label, value.text];
  return texts.some((text) => text !== null && text !== undefined && names.includes(text.trim()));
}
