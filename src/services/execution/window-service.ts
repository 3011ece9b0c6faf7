import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { decideWindows, type WindowDecision } from '../../domain/windows/decide-windows.ts';
import {
  covers,
  type OnClose,
  type ScopedWindow,
  strictestOnClose,
  type WindowScope,
  type WindowSubjectScope,
} from '../../domain/windows/scope.ts';

/** Whose exposure would grow, and who may have been let pass. */
export interface WindowsFor {
  tenantId: string;
  subject: { kind: 'release' | 'deployment'; id: string };
  scope: WindowSubjectScope;
}

export interface WindowStanding extends WindowDecision {
  /** What becomes of what is under way while they are closed: the strictest of those that forbid. */
  onClose: OnClose;
  /** Until when a person lets the subject pass; null = nobody does. */
  overriddenUntil: Date | null;
  /** When this is true, by the database's clock. */
  at: Date;
}

export interface WindowService {
  /** Whether exposure may grow now, by the database's clock. */
  look(what: WindowsFor): Promise<WindowStanding>;
}

type WindowRow = Omit<ScopedWindow, 'scope'> & { scope: unknown };

/** The windows of a tenant that are about this subject and switched on, by id. */
export async function windowsAbout(sql: Pick<Sql, 'rows'>, tenantId: string, scope: WindowSubjectScope): Promise<ScopedWindow[]> {
  const rows = await sql.rows<WindowRow>(
    `SELECT id, name, kind, cron, duration_minutes AS durationMinutes, zone, scope, on_close AS onClose
     FROM windows WHERE tenant_id = ? AND is_active = 1 ORDER BY id`,
    [tenantId],
  );
  return rows
    .map((row): ScopedWindow => ({ ...row, scope: parseJson(row.scope) as WindowScope }))
    .filter((window) => covers(window.scope, scope));
}

/** Also for use in a transaction. */
export async function lookAtWindows(sql: Sql, { tenantId, subject, scope }: WindowsFor): Promise<WindowStanding> {
  const [windows, [clock]] = await Promise.all([
    windowsAbout(sql, tenantId, scope),
    sql.rows<{ now: Date; until: Date | null }>(
      `SELECT UTC_TIMESTAMP(3) AS now,
         (SELECT MAX(expires_at) FROM window_overrides
          WHERE tenant_id = ? AND subject_kind = ? AND subject_id = ? AND expires_at > UTC_TIMESTAMP(3)) AS until`,
      [tenantId, subject.kind, subject.id],
    ),
  ]);
  if (clock === undefined) throw new Error('the database told no time');
  const decision = decideWindows(windows, clock.now);
  const blocking = new Set(decision.blocking.map(({ id }) => id));
  const onClose = strictestOnClose(windows.filter(({ id }) => blocking.has(id)));
  const standing = { onClose, overriddenUntil: clock.until, at: clock.now };
  if (clock.until === null || decision.allowed) return { ...decision, ...standing };
  return { allowed: true, blocking: [], nextChangeAt: earlier(clock.until, decision.nextChangeAt), ...standing };
}

export const createWindowService = (db: Sql): WindowService => ({ look: (what) => lookAtWindows(db, what) });

const earlier = (one: Date, other: Date | null): Date => (other !== null && other < one ? other : one);
