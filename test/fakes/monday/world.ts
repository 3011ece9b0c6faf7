/** The state of a fake monday account: users, boards with columns and items, tags, updates, and searches that may lag behind. */

export interface MondayUser {
  id: string;
  name: string;
  kind: 'ADMIN' | 'MEMBER' | 'GUEST';
  token: string | null;
}

interface MondayLabel {
  id: number;
  label: string;
  index: number;
  is_done: boolean;
  is_deactivated: boolean;
}

export interface MondayColumn {
  id: string;
  title: string;
  type: string;
  archived: boolean;
  /** Of status columns. */
  labels: MondayLabel[];
  /** Of dropdown columns. */
  options: { id: number; label: string }[];
}

export interface MondayUpdate {
  id: string;
  body: string;
  author: MondayUser;
}

/** What a column holds: text, the id of a label, or ids of tags, options and people. */
export type MondayValue = string | number | number[];

export interface MondayItem {
  id: string;
  board: MondayBoard;
  groupId: string;
  name: string;
  state: 'active' | 'archived' | 'deleted';
  values: Map<string, MondayValue>;
  /** Oldest first. */
  updates: MondayUpdate[];
  /** Searches know it. */
  indexed: boolean;
}

export interface MondayBoard {
  id: string;
  name: string;
  kind: 'public' | 'private' | 'share';
  type: 'board' | 'document' | 'sub_items_board';
  accessLevel: 'edit' | 'view';
  columns: MondayColumn[];
  groups: { id: string; title: string; archived: boolean; deleted: boolean }[];
  subscribers: MondayUser[];
  items: MondayItem[];
  /** Tags of its own; public boards use those of the account. */
  tags: MondayTag[];
}

export interface MondayTag {
  id: string;
  name: string;
}

type NewColumn = Pick<MondayColumn, 'id' | 'title' | 'type'> & Partial<MondayColumn>;

interface NewBoard {
  name: string;
  kind?: MondayBoard['kind'];
  type?: MondayBoard['type'];
  columns?: NewColumn[];
  groups?: { id: string; title: string }[];
  subscribers?: MondayUser[];
}

export type MondayWorld = ReturnType<typeof createMondayWorld>;

export function label(id: number, name: string, more: Partial<MondayLabel> = {}): MondayLabel {
  return { id, label: name, index: id, is_done: false, is_deactivated: false, ...more };
}

export function createMondayWorld() {
  const users: MondayUser[] = [];
  const boards: MondayBoard[] = [];
  const tags: MondayTag[] = [];
  let nextId = 1_000_000_001;
  let searchLags = false;
  let emptySearchPages = 0;
  let mayChangeBoards = true;
  let gate: Promise<void> | null = null;
  let held = 0;
  const newId = () => String(nextId++);

  function addUser(input: { name: string; kind?: MondayUser['kind']; token?: string }): MondayUser {
    const user = { id: newId(), name: input.name, kind: input.kind ?? 'MEMBER', token: input.token ?? null };
    users.push(user);
    return user;
  }

  function addColumn(board: MondayBoard, column: NewColumn): MondayColumn {
    const added = { archived: false, labels: [], options: [], ...column };
    board.columns.push(added);
    return added;
  }

  function addBoard(input: NewBoard): MondayBoard {
    const groups = input.groups ?? [{ id: 'topics', title: 'Group Title' }];
    const board: MondayBoard = {
      id: newId(),
      name: input.name,
      kind: input.kind ?? 'public',
      type: input.type ?? 'board',
      accessLevel: 'edit',
      columns: [],
      groups: groups.map((group) => ({ ...group, archived: false, deleted: false })),
      subscribers: input.subscribers ?? [],
      items: [],
      tags: [],
    };
    for (const column of input.columns ?? []) addColumn(board, column);
    boards.push(board);
    return board;
  }

  function addItem(input: { board: MondayBoard; name: string; groupId?: string; values?: Map<string, MondayValue> }): MondayItem {
    const { board, name } = input;
    const item: MondayItem = {
      id: newId(),
      board,
      groupId: input.groupId ?? board.groups[0]?.id ?? 'topics',
      name,
      state: 'active',
      values: input.values ?? new Map(),
      updates: [],
      indexed: !searchLags,
    };
    board.items.push(item);
    return item;
  }

  function tagNamed(name: string, board?: MondayBoard): MondayTag {
    const home = board && board.kind !== 'public' ? board.tags : tags;
    const there = home.find((tag) => tag.name === name);
    if (there) return there;
    const tag = { id: newId(), name };
    home.push(tag);
    return tag;
  }

  function item(id: string): MondayItem {
    const found = findItem(id);
    if (!found) throw new Error(`no item ${id}`);
    return found;
  }

  const findItem = (id: string) => boards.flatMap((board) => board.items).find((each) => each.id === id);

  return {
    addUser,
    addBoard,
    addColumn,
    addItem,
    tagNamed,
    item,
    findItem,
    findBoard: (id: string) => boards.find((board) => board.id === id),
    boards: () => boards,
    users: () => users,
    tags: () => tags,
    userOf: (token: string) => users.find((user) => user.token === token),
    addUpdate(target: MondayItem, author: MondayUser, body: string): MondayUpdate {
      const update = { id: newId(), body, author };
      target.updates.push(update);
      return update;
    },
    /** As a person would, past every check. */
    setStatus(id: string, columnId: string, name: string) {
      const target = item(id);
      const chosen = target.board.columns.find((column) => column.id === columnId)?.labels.find((each) => each.label === name);
      if (!chosen) throw new Error(`no label ${name}`);
      target.values.set(columnId, chosen.id);
    },
    /** Items created from now on are not found by searches until `catchUp`. */
    delaySearch() {
      searchLags = true;
    },
    catchUp() {
      searchLags = false;
      for (const each of boards.flatMap((board) => board.items)) each.indexed = true;
    },
    /** Searches give so many empty pages before the first with items. */
    setEmptySearchPages(pages: number) {
      emptySearchPages = pages;
    },
    emptySearchPages: () => emptySearchPages,
    /** Whether members may add columns. */
    setMayChangeBoards(may: boolean) {
      mayChangeBoards = may;
    },
    mayChangeBoards: () => mayChangeBoards,
    /** Mutations that arrive from now on are under way until the function it gives is called. */
    holdMutations(): () => void {
      let open: () => void = () => undefined;
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return () => {
        gate = null;
        open();
      };
    },
    heldMutations: () => held,
    async passGate(): Promise<void> {
      if (gate === null) return;
      held += 1;
      await gate;
      held -= 1;
    },
  };
}
