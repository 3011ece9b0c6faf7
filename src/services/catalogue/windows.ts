import { parseJson } from '../../db/schema/columns.ts';
import type { WindowScope } from '../../domain/windows/scope.ts';
import { type Window, windowProblems } from '../../domain/windows/window.ts';
import { windowsChanged } from '../windows/window-signals.ts';
import type { CatalogueKind } from './entry.ts';

export interface WindowBody extends Omit<Window, 'id'> {
  scope: WindowScope;
  /** What becomes of what is under way when it closes: it goes on, stands still at its next step, or is taken back. */
  onClose: 'finish' | 'pause' | 'abort';
  isActive: boolean;
}

/** When exposure may grow, and when not. What waits for a window looks again when one of them changes. */
export const windows: CatalogueKind<WindowBody> = {
  table: 'windows',
  title: 'The window',
  readPermission: 'config:read',
  writePermission: 'config:write',
  columns: ['name', 'kind', 'cron', 'duration_minutes', 'zone', 'scope', 'on_close', 'is_active'],
  fixedColumns: ['created_by_account_id'],
  values: ({ name, kind, cron, durationMinutes, zone, scope, onClose, isActive }) => [
    ...[name, kind, cron, durationMinutes, zone, JSON.stringify(scope)],
    ...[onClose, isActive],
  ],
  fixedValues: ({ accountId }) => [accountId],
  bodies: async (_sql, _tenantId, rows) =>
    rows.map((row) => ({
      name: row.name as string,
      kind: row.kind as WindowBody['kind'],
      cron: row.cron as string,
      durationMinutes: row.duration_minutes as number,
      zone: row.zone as string,
      scope: parseJson(row.scope) as WindowScope,
      onClose: row.on_close as WindowBody['onClose'],
      isActive: row.is_active === 1 || row.is_active === true,
    })),
  problems: async (_tx, _caller, body) => windowProblems(body).map(({ field, message }) => ({ field: `/${field}`, message })),
  async changed(tx, { ring }, tenantId) {
    const wakes = await windowsChanged(tx, tenantId);
    tx.afterCommit(() => ring(wakes));
  },
};
