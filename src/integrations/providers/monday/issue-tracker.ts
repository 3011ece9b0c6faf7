import type { IssueTracker, NewTicket, Ticket } from '../../capabilities/issue-tracker.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { type MondayClient, mondayClient } from './client.ts';
import { columnFor, MARKER_COLUMN } from './columns.ts';
import type { MondayConnection, MondaySettings } from './identity.ts';
import { mondayTrouble } from './monday-error.ts';
import { describesInColumn, groupOf, groupsOf, nameOf, valuesOf } from './new-item.ts';
import { itemId, mondayRemarks } from './remarks.ts';
import { sameName } from './same-name.ts';
import type { Board, Column, Item } from './schema.ts';
import { labelsOf, statusesOf, ticketOf } from './status.ts';
import { itemsOfVersion } from './version-items.ts';

/** monday names no figure for how late its searches see an item; its own idempotency covers a repeated request for half an hour. */
const SEARCH_VISIBLE_WITHIN_MS = 30_000;

export function mondayIssueTracker(connection: MondayConnection, deps: AdapterDeps): IssueTracker {
  const { settings } = connection;
  const client = mondayClient(connection, deps);
  const remarks = mondayRemarks(client);

  async function findTicket({ project, marker }: { project: string; marker: string }): Promise<Ticket | null> {
    return findOn(await boardOf(client, project), marker);
  }

  /** The oldest where there are several, so that everybody who looks settles on the same one. */
  async function findOn(board: Board, marker: string): Promise<Ticket | null> {
    const column = columnFor('marker', board.columns, settings);
    if (!column) return null;
    const search = { board: board.id, column: column.id, values: [marker] };
    let oldest: Item | null = null;
    for await (const item of client.findItems(search, [...statusColumns(board, settings), column.id])) {
      const carries = item.column_values.some(({ id, text }) => id === column.id && text?.trim() === marker);
      if (carries && (oldest === null || BigInt(item.id) < BigInt(oldest.id))) oldest = item;
    }
    return oldest && ticketOf(oldest, board.columns, settings);
  }

  async function ensureTicket(ticket: NewTicket): Promise<Ticket> {
    const board = await boardOf(client, ticket.project);
    const there = (await findOn(board, ticket.marker)) ?? (await create(board, ticket));
    const { description, marker } = ticket;
    if (description.trim() !== '' && !describesInColumn(board, settings, description)) {
      await remarks.ensureComment(there.key, { text: description, marker: `${marker}-description` });
    }
    return there;
  }

  async function create(board: Board, ticket: NewTicket): Promise<Ticket> {
    if (ticket.parent !== undefined) {
      throw mondayTrouble('invalid', 'a parent cannot be given: subitems of monday live on a board of their own. Leave the parent empty');
    }
    const group = groupOf(board, ticket.type);
    const values = await valuesOf(client, board, settings, ticket);
    const marker = columnFor('marker', board.columns, settings) ?? (await makeMarkerColumn(client, board, settings));
    values[marker.id] = ticket.marker;
    const addLabels = ticket.labels.length > 0 && columnFor('labels', board.columns, settings)?.type === 'dropdown';
    const item = { board: board.id, ...(group !== undefined && { group }), name: nameOf(ticket.title), values, addLabels };
    const created = await client.createItem(item, [...statusColumns(board, settings), marker.id]);
    return ticketOf(created, board.columns, settings);
  }

  async function ticket(key: string): Promise<Ticket | null> {
    const item = await client.item(itemId(key));
    return item && ticketOf(item, item.board?.columns ?? [], settings);
  }

  async function setStatus(key: string, statusName: string): Promise<Ticket> {
    const item = await client.item(itemId(key));
    if (!item?.board) throw mondayTrouble('not-found', `item ${key} does not exist or is not visible to the account`);
    const { board } = item;
    const before = ticketOf(item, board.columns, settings);
    if (sameName(before.status.name, statusName)) return before;
    const column = columnFor('status', board.columns, settings);
    if (!column) throw mondayTrouble('conflict', `item ${key} has no status: its board ${board.id} has no status column`);
    const labels = labelsOf(column).filter(({ name }) => name !== '');
    const label = labels.find(({ name }) => sameName(name, statusName));
    if (!label) {
      const ways = labels.map(({ name }) => `"${name}"`).join(', ');
      const from = `item ${key} is "${before.status.name}"`;
      throw mondayTrouble('conflict', `${from} and its column "${column.title}" has no label "${statusName}"; it has ${ways || 'none'}`);
    }
    const change = { board: board.id, item: item.id, column: column.id, value: { index: label.id } };
    const after = ticketOf(await client.changeValue(change, [column.id]), board.columns, settings);
    if (sameName(after.status.name, statusName)) return after;
    throw mondayTrouble('conflict', `item ${key} is "${after.status.name}" although its change to "${statusName}" succeeded`);
  }

  return {
    searchVisibleWithinMs: SEARCH_VISIBLE_WITHIN_MS,
    findTicket,
    ensureTicket,
    ticket,
    setStatus,
    ...remarks,
    async *ticketsOfVersion({ project, version }) {
      const board = await boardOf(client, project);
      for await (const item of itemsOfVersion(client, board, settings, version, statusColumns(board, settings))) {
        yield ticketOf(item, board.columns, settings);
      }
    },
    async *projects() {
      for await (const { id, name, type } of client.boards())
        if (type === null || type === undefined || type === 'board') yield { id, name };
    },
    async types(project) {
      return groupsOf(await boardOf(client, project)).map(({ id, title }) => ({ id, name: title }));
    },
    async statuses(project) {
      const column = columnFor('status', (await boardOf(client, project)).columns, settings);
      return column ? statusesOf(column, settings) : [];
    },
    /** Everybody of the account for a public board, its subscribers for any other. */
    async *users(project) {
      const board = await boardOf(client, project);
      const people = board.board_kind === 'public' ? client.users() : await client.subscribers(board.id);
      for await (const { id, name } of people) yield { id, name };
    },
  };
}

function statusColumns(board: Board, settings: MondaySettings): string[] {
  const column = columnFor('status', board.columns, settings);
  return column ? [column.id] : [];
}

/** @throws ProviderError invalid: no id of a board; not-found: no such board */
async function boardOf(client: MondayClient, project: string): Promise<Board> {
  if (!/^\d{1,19}$/.test(project)) throw mondayTrouble('invalid', `the project "${project}" is no id of a board`);
  const board = await client.board(project);
  if (!board) throw mondayTrouble('not-found', `the project, board ${project}, does not exist or is not visible to the account`);
  return board;
}

/** Its id is fixed, so that of two who make it at once one is refused and finds the other's. */
async function makeMarkerColumn(client: MondayClient, board: Board, settings: MondaySettings): Promise<Column> {
  try {
    return await client.createMarkerColumn(board.id);
  } catch (error) {
    if (!(error instanceof ProviderError) || !['conflict', 'invalid', 'forbidden'].includes(error.kind)) throw error;
    const now = await boardOf(client, board.id);
    const there = columnFor('marker', now.columns, settings);
    if (there) return there;
    const { kind, provider, status } = error;
    const remedy = `add a text column titled "${MARKER_COLUMN.title}" to board ${board.id}, or name one in the setting markerColumn`;
    throw new ProviderError(kind, `${error.message}. Without it tickets cannot be found again: ${remedy}`, {
      provider,
      status,
      cause: error,
    });
  }
}
