import type { NewTicket } from '../../capabilities/issue-tracker.ts';
import type { MondayClient } from './client.ts';
import { columnFor, type RoleName, roles } from './columns.ts';
import type { MondaySettings } from './identity.ts';
import { mondayTrouble } from './monday-error.ts';
import { sameName } from './same-name.ts';
import type { Board } from './schema.ts';
import { labelsOf } from './status.ts';

const MAX_NAME_CHARS = 255;
/** What a long text column holds; longer descriptions become an update. */
const MAX_LONG_TEXT_CHARS = 2_000;

/** One line of at most 255 characters: monday refuses anything else. */
export function nameOf(title: string): string {
  const line = title.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_NAME_CHARS ? line : `${line.slice(0, MAX_NAME_CHARS - 1).trimEnd()}…`;
}

/**
 * Id of the group that stands for the ticket's type; the top group for an empty type.
 * @throws ProviderError invalid: the board has no such group
 */
export function groupOf(board: Board, type: string): string | undefined {
  if (type.trim() === '') return undefined;
  const groups = groupsOf(board);
  const group = groups.find(({ id }) => id === type) ?? groups.find(({ title }) => sameName(title, type));
  if (group) return group.id;
  const names = groups.map(({ title }) => `"${title}"`).join(', ');
  throw mondayTrouble('invalid', `the type "${type}" is no group of board ${board.id}; it has ${names || 'none'}`);
}

export function groupsOf(board: Board) {
  return board.groups.filter(({ archived, deleted }) => !archived && !deleted);
}

/** Whether the description fits into a column of the board. */
export function describesInColumn(board: Board, settings: MondaySettings, description: string): boolean {
  return description.length <= MAX_LONG_TEXT_CHARS && columnFor('description', board.columns, settings) !== null;
}

/**
 * Column values of a new item, but for its marker; makes the tags it needs.
 * @throws ProviderError invalid: the board has no column for an assignee or a priority that is given
 */
export async function valuesOf(
  client: MondayClient,
  board: Board,
  settings: MondaySettings,
  ticket: NewTicket,
): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  const description = columnFor('description', board.columns, settings);
  if (description && ticket.description.trim() !== '' && describesInColumn(board, settings, ticket.description)) {
    values[description.id] = { text: ticket.description };
  }
  const labels = columnFor('labels', board.columns, settings);
  if (labels) Object.assign(values, await labelValues(client, board, labels, ticket.labels));
  if (ticket.assignee !== undefined) {
    const people = needed('assignee', board, settings);
    values[people.id] = { personsAndTeams: [{ id: personId(ticket.assignee), kind: 'person' }] };
  }
  if (ticket.priority !== undefined) {
    const column = needed('priority', board, settings);
    values[column.id] = { index: priorityId(column, ticket.priority) };
  }
  return values;
}

async function labelValues(
  client: MondayClient,
  board: Board,
  column: { id: string; type: string },
  wanted: readonly string[],
): Promise<Record<string, unknown>> {
  const names = [...new Set(wanted.map((label) => label.trim()).filter((label) => label !== ''))];
  if (names.length === 0) return {};
  if (column.type === 'dropdown') return { [column.id]: { labels: names } };
  const ids: number[] = [];
  for (const name of names) {
    const tag = await client.createTag(name, board.board_kind === 'public' ? null : board.id);
    ids.push(Number(tag.id));
  }
  return { [column.id]: { tag_ids: ids } };
}

function needed(role: RoleName & ('assignee' | 'priority'), board: Board, settings: MondaySettings) {
  const column = columnFor(role, board.columns, settings);
  if (column) return column;
  const { types, setting } = roles[role];
  throw mondayTrouble(
    'invalid',
    `board ${board.id} has no ${types[0]} column for the ${role}: add one, or name it in the setting ${setting}`,
  );
}

function personId(assignee: string): number {
  if (/^\d{1,15}$/.test(assignee)) return Number(assignee);
  throw mondayTrouble('invalid', `the assignee "${assignee}" is no id of a monday user`);
}

function priorityId(column: Board['columns'][number], priority: string): number {
  const labels = labelsOf(column);
  const label = labels.find(({ name }) => sameName(name, priority));
  if (label) return label.id;
  const names = labels.flatMap(({ name }) => (name === '' ? [] : [`"${name}"`])).join(', ');
  throw mondayTrouble('invalid', `the column "${column.title}" has no label "${priority}"; it has ${names || 'none'}`);
}
