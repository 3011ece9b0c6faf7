import { type MondaySettings, PROVIDER } from './identity.ts';
import { mondayTrouble } from './monday-error.ts';
import { sameName } from './same-name.ts';
import type { Column } from './schema.ts';

/** The column that Signalbox makes to find its items again; small letters and `_`, at most 20, are what monday takes as an id. */
export const MARKER_COLUMN = {
  id: 'signalbox_marker',
  title: 'Signalbox marker',
  description: 'Written by Signalbox, which finds its items by it. Please leave it as it is.',
};

const PRIORITY_TITLE = 'Priority';

interface Role {
  setting: keyof MondaySettings & `${string}Column`;
  types: readonly string[];
  /** Where the setting is empty; `null` when there is none. */
  byDefault(columns: readonly Column[], settings: MondaySettings): Column | undefined;
}

const first =
  (type: string) =>
  (columns: readonly Column[]): Column | undefined =>
    columns.find((column) => column.type === type);

/** What Signalbox uses columns for. */
export const roles = {
  status: {
    setting: 'statusColumn',
    types: ['status'],
    byDefault: (columns, settings) => {
      const priority = columnFor('priority', columns, settings);
      return columns.find((column) => column.type === 'status' && column.id !== priority?.id);
    },
  },
  marker: {
    setting: 'markerColumn',
    types: ['text'],
    byDefault: (columns) =>
      columns.find(({ id, type }) => type === 'text' && id === MARKER_COLUMN.id) ??
      columns.find(({ title, type }) => type === 'text' && sameName(title, MARKER_COLUMN.title)),
  },
  description: { setting: 'descriptionColumn', types: ['long_text'], byDefault: first('long_text') },
  labels: { setting: 'labelsColumn', types: ['tags', 'dropdown'], byDefault: first('tags') },
  version: { setting: 'versionColumn', types: ['tags', 'dropdown', 'status', 'text'], byDefault: first('tags') },
  assignee: { setting: 'assigneeColumn', types: ['people'], byDefault: first('people') },
  priority: {
    setting: 'priorityColumn',
    types: ['status'],
    byDefault: (columns) => columns.find(({ title, type }) => type === 'status' && sameName(title, PRIORITY_TITLE)),
  },
} as const satisfies Record<string, Role>;
export type RoleName = keyof typeof roles;

/**
 * The column of a board for a purpose; `null` where the board has none and the settings name none.
 * @throws ProviderError invalid: the settings name a column that the board does not have, or one of another type
 */
export function columnFor(name: RoleName, columns: readonly Column[], settings: MondaySettings): Column | null {
  const role: Role = roles[name];
  const there = columns.filter((column) => !column.archived);
  const wanted = settings[role.setting];
  if (wanted === undefined) return role.byDefault(there, settings) ?? null;
  const named = there.find(({ id }) => id === wanted) ?? there.find(({ title }) => sameName(title, wanted));
  if (named && role.types.includes(named.type)) return named;
  const types = role.types.join(' or ');
  const why = named ? `its type is ${named.type}` : 'the board has none of that title or id';
  throw mondayTrouble('invalid', `setting ${role.setting} of ${PROVIDER} names "${wanted}", which is no ${types} column: ${why}`);
}
