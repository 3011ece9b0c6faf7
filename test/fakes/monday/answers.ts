import type { FakeAnswer } from '../fake-server.ts';
import type { MondayBoard, MondayColumn, MondayItem, MondayTag, MondayWorld } from './world.ts';

/** Objects and refusals as monday sends them. */

/** A refusal of the application: status 200. */
export class Refusal extends Error {
  readonly extensions: Record<string, unknown>;

  constructor(message: string, code: string, statusCode = 200) {
    super(message);
    this.extensions = { code, status_code: statusCode, error_data: {} };
  }
}

export function refused(error: Refusal): FakeAnswer {
  const { message, extensions } = error;
  return { status: 200, body: { data: null, errors: [{ message, locations: [{ line: 1, column: 3 }], extensions }], account_id: 12_345 } };
}

export function columnBody(column: MondayColumn) {
  const { id, title, type, archived, labels, options } = column;
  const settings = type === 'status' ? { labels: labels.map((each) => ({ ...each, color: 'working_orange' })) } : { labels: options };
  return { id, title, type, archived, settings: JSON.stringify(type === 'status' || type === 'dropdown' ? settings : {}) };
}

export function boardBody(board: MondayBoard) {
  return {
    id: board.id,
    name: board.name,
    board_kind: board.kind,
    columns: board.columns.map(columnBody),
    groups: board.groups,
    access_level: board.accessLevel,
  };
}

export function itemBody(world: MondayWorld, item: MondayItem, columnIds: readonly string[]) {
  const columns = item.board.columns.filter(({ id }) => columnIds.includes(id));
  return {
    id: item.id,
    name: item.name,
    state: item.state,
    url: `https://acme.monday.com/boards/${item.board.id}/pulses/${item.id}`,
    column_values: columns.map((column) => valueBody(world, item, column)),
  };
}

function valueBody(world: MondayWorld, item: MondayItem, column: MondayColumn) {
  const { id, type } = column;
  const value = item.values.get(id);
  if (type === 'status') {
    const label = column.labels.find((each) => each.id === value);
    return {
      id,
      type,
      text: label?.label ?? null,
      index: label?.id ?? null,
      label: label?.label ?? null,
      is_done: label?.is_done ?? null,
    };
  }
  const ids = Array.isArray(value) ? value : [];
  if (type === 'tags') {
    const tags = tagsOf(world, item.board)
      .filter((tag) => ids.includes(Number(tag.id)))
      .map(({ name }) => ({ name }));
    return { id, type, text: tags.map(({ name }) => name).join(', '), tags };
  }
  if (type === 'dropdown') {
    const values = column.options.filter((option) => ids.includes(option.id)).map(({ label }) => ({ label }));
    return { id, type, text: values.map(({ label }) => label).join(', ') || null, values };
  }
  return { id, type, text: typeof value === 'string' ? value : ids.join(', ') };
}

export function tagsOf(world: MondayWorld, board: MondayBoard): MondayTag[] {
  return [...board.tags, ...world.tags()];
}
