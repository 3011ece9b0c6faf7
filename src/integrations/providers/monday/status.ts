import type { Ticket, TicketStatus, TicketStatusCategory } from '../../capabilities/issue-tracker.ts';
import { columnFor } from './columns.ts';
import type { MondaySettings } from './identity.ts';
import { sameName } from './same-name.ts';
import { type Column, type ColumnValue, type Item, olderStatusSettings, statusSettings } from './schema.ts';

/** A label of a status column. */
interface Label {
  id: number;
  /** Empty where the label is a mere colour. */
  name: string;
  done: boolean;
  position: number;
}

/** What an item shows whose status nobody has set. Boards may give it a name. */
const DEFAULT_LABEL_ID = 5;
const NO_STATUS = 'No status';
/** The label with which monday makes new boards. */
const IN_PROGRESS = ['Working on it'];

/** Labels that can be chosen, in the order of the board. */
export function labelsOf(column: Column): Label[] {
  const current = statusSettings.safeParse(column.settings).data;
  const labels = current
    ? current.labels
        .filter((label) => label.is_deactivated !== true)
        .map(({ id, label, is_done, index }) => ({ id, name: label.trim(), done: is_done === true, position: index ?? id }))
    : olderLabels(column);
  return labels.sort((left, right) => left.position - right.position);
}

function olderLabels(column: Column): Label[] {
  const older = olderStatusSettings.safeParse(column.settings).data;
  if (!older) return [];
  return Object.entries(older.labels)
    .map(([key, name]) => ({
      id: Number(key),
      name: name.trim(),
      done: older.done_colors?.includes(Number(key)) ?? false,
      position: older.labels_positions_v2?.[key] ?? Number(key),
    }))
    .filter(({ id }) => !older.deactivated_labels?.includes(id));
}

/** Of new items, too. */
function defaultStatus(column: Column | null, settings: MondaySettings): TicketStatus {
  const label = column ? labelsOf(column).find(({ id }) => id === DEFAULT_LABEL_ID) : undefined;
  return label?.name ? statusOf(label, settings) : { name: NO_STATUS, category: 'open' };
}

/** Every status of the column, the one of untouched items first. */
export function statusesOf(column: Column, settings: MondaySettings): TicketStatus[] {
  const labels = labelsOf(column).filter(({ name, id }) => name !== '' && id !== DEFAULT_LABEL_ID);
  const all = [defaultStatus(column, settings), ...labels.map((label) => statusOf(label, settings))];
  return all.filter((status, index) => all.findIndex(({ name }) => name === status.name) === index);
}

export function ticketOf(item: Item, columns: readonly Column[], settings: MondaySettings): Ticket {
  const column = columnFor('status', columns, settings);
  const value = column ? item.column_values.find(({ id }) => id === column.id) : undefined;
  return { key: item.id, title: item.name, status: statusOfValue(value, column, settings), url: item.url };
}

function statusOfValue(value: ColumnValue | undefined, column: Column | null, settings: MondaySettings): TicketStatus {
  const name = (value?.label ?? value?.text ?? '').trim();
  const index = value?.index ?? null;
  if (name === '' && (index === null || index === DEFAULT_LABEL_ID)) return defaultStatus(column, settings);
  // A label without a name is a colour: nobody can say what it means.
  if (name === '') return { name: `label ${index}`, category: value?.is_done === true ? 'done' : 'unknown' };
  const known = column ? labelsOf(column).find(({ id }) => id === index) : undefined;
  return statusOf({ id: index ?? -1, name, done: value?.is_done ?? known?.done ?? false }, settings);
}

function statusOf(label: Pick<Label, 'id' | 'name' | 'done'>, settings: MondaySettings): TicketStatus {
  return { name: label.name, category: categoryOf(label, settings) };
}

/** monday tells what is done and what nobody has touched; "in progress" is said by the settings, the rest by nobody. */
function categoryOf({ id, name, done }: Pick<Label, 'id' | 'name' | 'done'>, settings: MondaySettings): TicketStatusCategory {
  if (done) return 'done';
  if ((settings.inProgressLabels ?? IN_PROGRESS).some((each) => sameName(each, name))) return 'in-progress';
  return id === DEFAULT_LABEL_ID ? 'open' : 'unknown';
}
