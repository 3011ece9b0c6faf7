import { createHash } from 'node:crypto';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { MARKER_COLUMN } from './columns.ts';
import type { MondayConnection } from './identity.ts';
import { mondayTrouble } from './monday-error.ts';
import * as queries from './queries.ts';
import * as schema from './schema.ts';
import { type MondayTransport, mondayTransport } from './transport.ts';

/** Entries of a page. */
const limit = 100;
/** More pages than this mean that the end is never told. */
const MAX_PAGES = 1_000;

export interface ItemRule {
  column_id: string;
  compare_value: (string | number)[];
  operator: 'any_of';
}

interface NewItem {
  board: string;
  /** The top group when absent. */
  group?: string;
  name: string;
  /** By column id. */
  values: Record<string, unknown>;
  /** Labels of dropdowns that the board does not have yet are made, which takes the right to change the board. */
  addLabels: boolean;
}

export type MondayClient = ReturnType<typeof mondayClient>;

type Ask = MondayTransport['ask'];

/** Every call to monday; one instance per connection and attempt. */
export function mondayClient(connection: MondayConnection, deps: AdapterDeps) {
  const { ask } = mondayTransport(connection, deps);
  return {
    me: () => ask({ operation: 'who am I', query: queries.ME, schema: schema.me }),
    ...boardCalls(ask),
    ...peopleCalls(ask),
    ...searchCalls(ask),
    ...itemCalls(ask, connection),
    ...updateCalls(ask, connection),
  };
}

function boardCalls(ask: Ask) {
  return {
    /** `null`: there is none, or the account does not see it. */
    board: async (board: string) => {
      const request = { operation: `read board ${board}`, query: queries.BOARD_BY_ID, schema: schema.boardsById };
      return (await ask({ ...request, variables: { board } })).boards[0] ?? null;
    },

    boards: () =>
      paged('list boards', async (page) => {
        const request = { operation: 'list boards', query: queries.BOARDS, schema: schema.boards };
        return (await ask({ ...request, variables: { limit, page } })).boards;
      }),

    /** Tags that items of the board may carry. */
    tags: async (board: string) => {
      const { boards, tags } = await ask({ operation: 'read tags', query: queries.TAGS, variables: { board }, schema: schema.tags });
      return [...boards.flatMap((each) => each.tags), ...tags];
    },

    /** @param board for tags of private and shareable boards */
    createTag: async (name: string, board: string | null) => {
      const request = { operation: 'create tag', query: queries.CREATE_TAG, schema: schema.createdTag };
      return (await ask({ ...request, variables: { name, board } })).create_or_get_tag;
    },

    createMarkerColumn: async (board: string) => {
      const request = { operation: `create column "${MARKER_COLUMN.title}"`, query: queries.CREATE_COLUMN, schema: schema.createdColumn };
      return (await ask({ ...request, variables: { board, ...MARKER_COLUMN } })).create_column;
    },
  };
}

function peopleCalls(ask: Ask) {
  return {
    users: () =>
      paged('list users', async (page) => {
        const request = { operation: 'list users', query: queries.USERS, schema: schema.users };
        return (await ask({ ...request, variables: { limit, page } })).users;
      }),

    subscribers: async (board: string) => {
      const request = { operation: 'list subscribers', query: queries.SUBSCRIBERS, schema: schema.subscribers };
      return (await ask({ ...request, variables: { board } })).boards.flatMap((each) => each.subscribers);
    },
  };
}

function searchCalls(ask: Ask) {
  async function* pagesOf(firstPage: schema.ItemsPage, columns: readonly string[]): AsyncGenerator<schema.Item> {
    let page = firstPage;
    for (let pages = 0; pages < MAX_PAGES; pages += 1) {
      yield* page.items;
      if (!page.cursor) return;
      const request = { operation: 'search items', query: queries.NEXT_ITEMS, schema: schema.nextItems };
      page = (await ask({ ...request, variables: { cursor: page.cursor, columns, limit } })).next_items_page;
    }
    throw endless('search items');
  }

  return {
    /** Items of a board whose text column is exactly one of the values, to the last page. */
    async *findItems(search: { board: string; column: string; values: string[] }, columns: readonly string[]) {
      const request = { operation: 'search items', query: queries.FIND_ITEMS, schema: schema.foundItems };
      const page = await ask({ ...request, variables: { ...search, columns, limit } });
      yield* pagesOf(page.items_page_by_column_values, columns);
    },

    /** Items of a board that meet every rule, to the last page. */
    async *filterItems(search: { board: string; rules: ItemRule[] }, columns: readonly string[]) {
      const request = { operation: 'search items', query: queries.FILTER_ITEMS, schema: schema.filteredItems };
      const { boards } = await ask({ ...request, variables: { ...search, columns, limit } });
      const page = boards[0]?.items_page;
      if (!page) throw mondayTrouble('not-found', `board ${search.board} does not exist or is not visible to the account`);
      yield* pagesOf(page, columns);
    },
  };
}

function itemCalls(ask: Ask, connection: MondayConnection) {
  return {
    /** Archived items are there, deleted ones are not. */
    item: async (id: string) => {
      const request = { operation: `read item ${id}`, query: queries.ITEM_BY_ID, schema: schema.itemsById };
      const found = (await ask({ ...request, variables: { id } })).items[0];
      return found && found.state !== 'deleted' ? found : null;
    },

    createItem: async (item: NewItem, columns: readonly string[]) => {
      const variables = { ...item, values: JSON.stringify(item.values), columns };
      const request = { operation: 'create item', query: queries.CREATE_ITEM, schema: schema.createdItem };
      return (await ask({ ...request, variables, idempotencyKey: keyOf(connection, 'create item', variables) })).create_item;
    },

    changeValue: async (change: { board: string; item: string; column: string; value: unknown }, columns: readonly string[]) => {
      const variables = { ...change, value: JSON.stringify(change.value), columns };
      const request = { operation: `change item ${change.item}`, query: queries.CHANGE_VALUE, schema: schema.changedItem };
      return (await ask({ ...request, variables })).change_column_value;
    },
  };
}

function updateCalls(ask: Ask, connection: MondayConnection) {
  return {
    /** Updates of an item, newest first, to the last page; `own`: written with this token's account. */
    updates: (item: string) =>
      paged(`read updates of ${item}`, async (page) => {
        const request = { operation: `read updates of item ${item}`, query: queries.UPDATES, schema: schema.updates };
        const { me, items } = await ask({ ...request, variables: { item, limit, page } });
        const found = items[0];
        if (!found || found.state === 'deleted') {
          throw mondayTrouble('not-found', `item ${item} does not exist or is not visible to the account`);
        }
        return found.updates?.map((update) => update && { ...update, own: me !== null && update.creator_id === me.id });
      }),

    createUpdate: (item: string, body: string) => {
      const variables = { item, body };
      const request = { operation: `add update to item ${item}`, query: queries.CREATE_UPDATE, schema: schema.createdUpdate };
      return ask({ ...request, variables, idempotencyKey: keyOf(connection, 'create update', variables) });
    },

    editUpdate: (id: string, body: string) =>
      ask({ operation: `edit update ${id}`, query: queries.EDIT_UPDATE, variables: { id, body }, schema: schema.editedUpdate }),
  };
}

/** The same request again is the same mutation: the key covers all of it, and tells nothing of it. */
function keyOf(connection: MondayConnection, operation: string, variables: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([connection.id, operation, variables]))
    .digest('hex');
}

/** Pages by number: a short one is the last. */
async function* paged<T>(operation: string, read: (page: number) => Promise<(T | null)[] | null | undefined>): AsyncGenerator<T> {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const entries = (await read(page)) ?? [];
    yield* entries.filter((entry) => entry !== null);
    if (entries.length < limit) return;
  }
  throw endless(operation);
}

function endless(operation: string) {
  return mondayTrouble('malformed', `${operation} did not end after ${MAX_PAGES} pages`);
}
