import { columnBody, itemBody, Refusal } from './answers.ts';
import { boardFor, itemFor, type Operation, type Variables } from './reads.ts';
import type { MondayColumn, MondayItem, MondayUser, MondayValue, MondayWorld } from './world.ts';

/** Mutations by the name of their operation, with the checks monday makes, in its words. */

const ids = (list: unknown): string[] => (Array.isArray(list) ? list.map(String) : []);

function editableBoard(world: MondayWorld, user: MondayUser, id: unknown) {
  const board = boardFor(world, user, id);
  if (!board) throw new Refusal('Board not found', 'InvalidBoardIdException');
  if (board.accessLevel === 'view') throw new Refusal('User unauthorized to perform action', 'UserUnauthorizedException', 403);
  return board;
}

function editableItem(world: MondayWorld, user: MondayUser, id: unknown): MondayItem {
  const item = itemFor(world, user, id);
  if (!item) throw new Refusal('Item not found', 'ResourceNotFoundException', 404);
  return item;
}

/** `JSON` arguments are text that holds JSON. */
function parse(value: unknown): unknown {
  if (typeof value !== 'string') throw new Refusal('Variable of type JSON was provided invalid value', 'argumentLiteralsIncompatible');
  try {
    return JSON.parse(value);
  } catch {
    throw new Refusal('Syntax error in JSON input', 'JsonParseException', 400);
  }
}

function valueFor(world: MondayWorld, column: MondayColumn, value: unknown, addLabels: boolean): MondayValue {
  const wrong = (why: string) => new Refusal(`invalid value for column ${column.id}: ${why}`, 'ColumnValueException');
  const member = (name: string) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined);
  switch (column.type) {
    case 'text':
      if (typeof value !== 'string') throw wrong('text wants a string');
      return value;
    case 'long_text': {
      const text = member('text');
      if (typeof text !== 'string') throw wrong('long text wants {"text"}');
      if (text.length > 2000) throw wrong('more than 2000 characters');
      return text;
    }
    case 'status':
      return statusValue(column, member('index'), member('label'), wrong);
    case 'tags': {
      const list = member('tag_ids');
      if (!Array.isArray(list) || !list.every((id) => typeof id === 'number')) throw wrong('tags want {"tag_ids"}');
      return list;
    }
    case 'dropdown':
      return ids(member('labels')).map((name) => optionId(column, name, addLabels, wrong));
    case 'people': {
      const people = (member('personsAndTeams') ?? []) as { id: number; kind: string }[];
      const unknown = people.find(({ id }) => !world.users().some((user) => user.id === String(id)));
      if (unknown) throw new Refusal(`User ${unknown.id} does not exist`, 'InvalidUserIdException');
      return people.map(({ id }) => id);
    }
    default:
      throw wrong(`columns of type ${column.type} cannot be set`);
  }
}

function statusValue(column: MondayColumn, index: unknown, name: unknown, wrong: (why: string) => Refusal): number {
  const label = column.labels.find((each) => each.id === index || each.label === name);
  if (!label) throw wrong('this status label does not exist');
  if (label.is_deactivated) throw wrong('this status label is deactivated');
  return label.id;
}

function optionId(column: MondayColumn, name: string, addLabels: boolean, wrong: (why: string) => Refusal): number {
  const there = column.options.find((option) => option.label === name);
  if (there) return there.id;
  if (!addLabels) throw wrong(`the dropdown label '${name}' does not exist`);
  const option = { id: column.options.length + 1, label: name };
  column.options.push(option);
  return option.id;
}

function createItem(world: MondayWorld, user: MondayUser, variables: Variables) {
  const board = editableBoard(world, user, variables.board);
  const name = String(variables.name);
  if (name.length < 1 || name.length > 255 || name.includes('\n'))
    throw new Refusal('Item name exceeds the limit', 'ItemNameTooLongException');
  const groupId = variables.group ?? board.groups[0]?.id;
  if (!board.groups.some(({ id }) => id === groupId)) throw new Refusal('Group not found', 'ResourceNotFoundException', 404);
  const values = new Map<string, MondayValue>();
  for (const [id, value] of Object.entries(parse(variables.values) as Record<string, unknown>)) {
    const column = board.columns.find((each) => each.id === id);
    if (!column) throw new Refusal(`Column ${id} not found`, 'InvalidColumnIdException');
    values.set(id, valueFor(world, column, value, variables.addLabels === true));
  }
  const item = world.addItem({ board, name, groupId: String(groupId), values });
  return { create_item: itemBody(world, item, ids(variables.columns)) };
}

function createColumn(world: MondayWorld, user: MondayUser, variables: Variables) {
  const board = editableBoard(world, user, variables.board);
  if (!world.mayChangeBoards()) throw new Refusal('User unauthorized to perform action', 'UserUnauthorizedException', 403);
  const id = String(variables.id);
  if (!/^[a-z_]{1,20}$/.test(id)) throw new Refusal('Invalid column id', 'InvalidArgumentException');
  if (board.columns.some((column) => column.id === id)) throw new Refusal('Column id already exists', 'InvalidArgumentException');
  return { create_column: columnBody(world.addColumn(board, { id, title: String(variables.title), type: 'text' })) };
}

function createTag(world: MondayWorld, user: MondayUser, { name, board: id }: Variables) {
  const board = id === null || id === undefined ? undefined : editableBoard(world, user, id);
  return { create_or_get_tag: world.tagNamed(String(name), board) };
}

function changeValue(world: MondayWorld, user: MondayUser, variables: Variables) {
  const item = editableItem(world, user, variables.item);
  if (item.board.id !== variables.board) throw new Refusal('Item not found in board', 'ResourceNotFoundException', 404);
  const column = item.board.columns.find(({ id }) => id === variables.column);
  if (!column) throw new Refusal('Column not found', 'InvalidColumnIdException');
  item.values.set(column.id, valueFor(world, column, parse(variables.value), false));
  return { change_column_value: itemBody(world, item, ids(variables.columns)) };
}

export const writes: Readonly<Record<string, Operation>> = {
  CreateItem: createItem,
  CreateColumn: createColumn,
  CreateTag: createTag,
  ChangeValue: changeValue,
  CreateUpdate: (world, user, { item, body }) => ({
    create_update: { id: world.addUpdate(editableItem(world, user, item), user, String(body)).id },
  }),
  EditUpdate(world, user, { id, body }) {
    const updates = world.boards().flatMap((board) => board.items.flatMap((item) => item.updates));
    const update = updates.find((each) => each.id === id);
    if (!update) throw new Refusal('Update not found', 'ResourceNotFoundException', 404);
    if (update.author !== user) throw new Refusal('User unauthorized to perform action', 'UserUnauthorizedException', 403);
    update.body = String(body);
    return { edit_update: { id: update.id } };
  },
};
