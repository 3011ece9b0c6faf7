import { boardBody, columnBody, itemBody, Refusal } from './answers.ts';
import type { MondayBoard, MondayItem, MondayUser, MondayWorld } from './world.ts';

/** Queries by the name of their operation; each gives the `data` of the answer. */

export type Variables = Record<string, unknown>;
export type Operation = (world: MondayWorld, user: MondayUser, variables: Variables) => Record<string, unknown>;

export function boardFor(world: MondayWorld, user: MondayUser, id: unknown): MondayBoard | undefined {
  const board = world.findBoard(String(id));
  return board && sees(user, board) ? board : undefined;
}

export function itemFor(world: MondayWorld, user: MondayUser, id: unknown): MondayItem | undefined {
  const item = world.findItem(String(id));
  return item && item.state !== 'deleted' && sees(user, item.board) ? item : undefined;
}

function sees(user: MondayUser, board: MondayBoard): boolean {
  return board.kind === 'public' || board.subscribers.includes(user);
}

const ids = (list: unknown): string[] => (Array.isArray(list) ? list.map(String) : []);
const person = ({ id, name }: MondayUser) => ({ id, name });

function paged<T>(list: readonly T[], { limit, page }: Variables): T[] {
  const from = (Number(page) - 1) * Number(limit);
  return list.slice(from, from + Number(limit));
}

/** The cursor holds the whole search, as monday's does. */
function itemsPage(world: MondayWorld, items: MondayItem[], { columns, limit }: Variables) {
  return pageAt(world, { found: items.map(({ id }) => id), from: -world.emptySearchPages() * Number(limit) }, ids(columns), Number(limit));
}

function pageAt(world: MondayWorld, search: { found: string[]; from: number }, columns: string[], limit: number) {
  const to = search.from + limit;
  const page = search.from < 0 ? [] : search.found.slice(search.from, to);
  const more = to < search.found.length || search.from < 0;
  const cursor = more ? Buffer.from(JSON.stringify({ found: search.found, from: to })).toString('base64') : null;
  return { cursor, items: page.map((id) => itemBody(world, world.item(id), columns)) };
}

function searchable(board: MondayBoard): MondayItem[] {
  return board.items.filter((item) => item.indexed && item.state === 'active');
}

function findItems(world: MondayWorld, user: MondayUser, variables: Variables) {
  const board = boardFor(world, user, variables.board);
  if (!board) throw new Refusal('Board not found', 'InvalidBoardIdException');
  const column = board.columns.find(({ id }) => id === variables.column);
  if (!column) throw new Refusal('The column ID is invalid', 'InvalidColumnIdException');
  // monday does not say whether case counts: the looser answer is the one to be ready for.
  const values = ids(variables.values).map((value) => value.toLowerCase());
  const found = searchable(board).filter((item) => values.includes(String(item.values.get(column.id) ?? '').toLowerCase()));
  return { items_page_by_column_values: itemsPage(world, found, variables) };
}

function filterItems(world: MondayWorld, user: MondayUser, variables: Variables) {
  const board = boardFor(world, user, variables.board);
  if (!board) return { boards: [] };
  const rules = variables.rules as { column_id: string; compare_value: unknown[]; operator: string }[];
  const meets = (item: MondayItem) =>
    rules.every(({ column_id, compare_value, operator }) => {
      if (operator !== 'any_of') throw new Refusal(`unsupported operator ${operator}`, 'InvalidArgumentException');
      const value = item.values.get(column_id);
      return (Array.isArray(value) ? value : [value]).some((each) => compare_value.includes(each));
    });
  return { boards: [{ items_page: itemsPage(world, searchable(board).filter(meets), variables) }] };
}

function readItem(world: MondayWorld, user: MondayUser, variables: Variables) {
  const item = itemFor(world, user, variables.id);
  if (!item) return { items: [] };
  const columns = item.board.columns.filter(({ type }) => type === 'status');
  const board = { id: item.board.id, columns: columns.map(columnBody) };
  const { column_values, ...body } = itemBody(
    world,
    item,
    columns.map(({ id }) => id),
  );
  return { items: [{ ...body, board, column_values }] };
}

function readUpdates(world: MondayWorld, user: MondayUser, variables: Variables) {
  const item = itemFor(world, user, variables.item);
  const newestFirst = [...(item?.updates ?? [])].reverse();
  const updates = paged(newestFirst, variables).map(({ id, body, author }) => ({ id, body, creator_id: author.id }));
  return { me: { id: user.id }, items: item ? [{ id: item.id, state: item.state, updates }] : [] };
}

export const reads: Readonly<Record<string, Operation>> = {
  Me: (_world, user) => ({ me: person(user) }),
  Board: (world, user, { board }) => ({ boards: [boardFor(world, user, board)].flatMap((each) => (each ? [boardBody(each)] : [])) }),
  Item: readItem,
  FindItems: findItems,
  FilterItems: filterItems,
  NextItems(world, _user, { cursor, columns, limit }) {
    const search = JSON.parse(Buffer.from(String(cursor), 'base64').toString());
    return { next_items_page: pageAt(world, search, ids(columns), Number(limit)) };
  },
  Tags(world, user, { board }) {
    const found = boardFor(world, user, board);
    return { boards: found ? [{ tags: found.tags }] : [], tags: world.tags() };
  },
  Boards(world, user, variables) {
    const seen = world.boards().filter((board) => sees(user, board));
    return { boards: paged(seen, variables).map(({ id, name, type }) => ({ id, name, type })) };
  },
  Users(world, _user, variables) {
    const wanted = world.users().filter(({ kind }) => kind !== 'GUEST');
    return { users: paged(wanted, variables).map(person) };
  },
  Subscribers(world, user, { board }) {
    const found = boardFor(world, user, board);
    return { boards: found ? [{ subscribers: found.subscribers.map(person) }] : [] };
  },
  Updates: readUpdates,
};
