import { z } from 'zod';

/** Only the fields we read, of API version 2026-10. */

/** Settings of a column come as JSON or as text that holds JSON. */
const settings = z.unknown().transform((value) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return null;
  }
});

export const column = z.object({ id: z.string(), title: z.string(), type: z.string(), archived: z.boolean().catch(false), settings });
export type Column = z.infer<typeof column>;

const group = z.object({ id: z.string(), title: z.string(), archived: z.boolean().nullish(), deleted: z.boolean().nullish() });

/** Lists of monday may hold `null` for what the account may not see. */
function present<T>(item: z.ZodType<T>) {
  return z
    .array(item.nullable())
    .nullish()
    .transform((list) => (list ?? []).filter((each) => each !== null));
}

export const board = z.object({
  id: z.string(),
  name: z.string(),
  board_kind: z.string(),
  access_level: z.string().nullish(),
  columns: present(column),
  groups: present(group),
});
export type Board = z.infer<typeof board>;
export const boardsById = z.object({ boards: present(board) });

const value = z.object({
  id: z.string(),
  type: z.string(),
  text: z.string().nullish(),
  index: z.number().nullish(),
  label: z.string().nullish(),
  is_done: z.boolean().nullish(),
  tags: z.array(z.object({ name: z.string() })).nullish(),
  values: z.array(z.object({ label: z.string() })).nullish(),
});
export type ColumnValue = z.infer<typeof value>;

export const item = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string().nullish(),
  url: z.string(),
  column_values: z.array(value),
});
export type Item = z.infer<typeof item>;

const itemWithBoard = item.extend({ board: z.object({ id: z.string(), columns: present(column) }).nullable() });
export const itemsById = z.object({ items: present(itemWithBoard) });

export const itemsPage = z.object({ cursor: z.string().nullish(), items: z.array(item) });
export type ItemsPage = z.infer<typeof itemsPage>;
export const foundItems = z.object({ items_page_by_column_values: itemsPage });
export const filteredItems = z.object({ boards: present(z.object({ items_page: itemsPage })) });
export const nextItems = z.object({ next_items_page: itemsPage });

/** One page of a list: what is missing in it still counts for whether it was the last one. */
const pageOf = <T>(item: z.ZodType<T>) => z.array(item.nullable()).nullish();

const named = z.object({ id: z.string(), name: z.string() });
export const tags = z.object({ boards: present(z.object({ tags: present(named) })), tags: present(named) });
export const boards = z.object({ boards: pageOf(named.extend({ type: z.string().nullish() })) });
export const users = z.object({ users: pageOf(named) });
export const subscribers = z.object({ boards: present(z.object({ subscribers: present(named) })) });
export const me = z.object({ me: named.nullable() });

const update = z.object({ id: z.string(), body: z.string(), creator_id: z.string().nullish() });
export type Update = z.infer<typeof update>;
export const updates = z.object({
  me: z.object({ id: z.string() }).nullable(),
  items: present(z.object({ id: z.string(), state: z.string().nullish(), updates: pageOf(update) })),
});

export const createdItem = z.object({ create_item: item });
export const createdColumn = z.object({ create_column: column });
export const createdTag = z.object({ create_or_get_tag: named });
export const changedItem = z.object({ change_column_value: item });
export const createdUpdate = z.object({ create_update: z.object({ id: z.string() }) });
export const editedUpdate = z.object({ edit_update: z.object({ id: z.string() }) });

/** Labels of a status column as its settings have them; `index` of a value is the `id` here. */
export const statusSettings = z.object({
  labels: z.array(
    z.object({
      id: z.number(),
      label: z.string().catch(''),
      index: z.number().nullish(),
      is_done: z.boolean().nullish(),
      is_deactivated: z.boolean().nullish(),
    }),
  ),
});

/** The older form: names by id. */
export const olderStatusSettings = z.object({
  labels: z.record(z.string(), z.string()),
  done_colors: z.array(z.number()).nullish(),
  labels_positions_v2: z.record(z.string(), z.number()).nullish().catch(null),
  deactivated_labels: z.array(z.number()).nullish().catch(null),
});

export const dropdownSettings = z.object({
  labels: z.array(z.object({ id: z.number(), label: z.string().optional(), name: z.string().optional() })),
});
