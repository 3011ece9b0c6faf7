import type { Sql } from '../../db/client.ts';
import { decideWindows } from '../../domain/windows/decide-windows.ts';
import type { OnClose, WindowSubjectScope } from '../../domain/windows/scope.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { windowsAbout } from '../execution/window-service.ts';
import { databaseNow } from '../release-configs/database-now.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { notFound } from '../service-error.ts';

/** What would be exposed, and when. */
export interface WindowQuestion {
  environmentId?: string | undefined;
  serviceId?: string | undefined;
  releaseConfigId?: string | undefined;
  target?: 'APP_STORE' | 'PLAY_STORE' | 'WEB' | undefined;
  /** Absent = now. */
  at?: Date | undefined;
}

export interface WindowDecisionView {
  at: string;
  allowed: boolean;
  blocking: { id: string; name: string; kind: 'allow' | 'deny'; onClose: OnClose }[];
  nextChangeAt: string | null;
}

/**
 * What the windows say of something, overrides aside: those belong to one release or deployment.
 * @throws ServiceError not-found
 */
export async function decideAbout({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, question: WindowQuestion): Promise<WindowDecisionView> {
  authorise(caller, 'config:read');
  const { tenantId } = caller;
  const [scope, at] = await Promise.all([scopeOf(db, tenantId, question), question.at ?? databaseNow(db)]);
  const windows = await windowsAbout(db, tenantId, scope);
  const { allowed, blocking, nextChangeAt } = decideWindows(windows, at);
  const isBlocking = new Set(blocking.map(({ id }) => id));
  return {
    ...{ at: iso(at), allowed, nextChangeAt: isoOrNull(nextChangeAt) },
    blocking: windows.filter(({ id }) => isBlocking.has(id)).map(({ id, name, kind, onClose }) => ({ id, name, kind, onClose })),
  };
}

async function scopeOf(db: Sql, tenantId: string, question: WindowQuestion): Promise<WindowSubjectScope> {
  const { environmentId, serviceId, releaseConfigId, target } = question;
  const [environment, service] = await Promise.all([
    find<{ tier: string }>('environments', 'tier', environmentId, 'The environment'),
    find<{ appId: string }>('services', 'app_id AS appId', serviceId, 'The service'),
    find('release_configs', 'id', releaseConfigId, 'The release config'),
  ]);
  return {
    ...(environmentId === undefined ? {} : { environmentId, tier: environment?.tier ?? '' }),
    ...(serviceId === undefined ? {} : { serviceId, appId: service?.appId ?? '' }),
    ...(releaseConfigId === undefined ? {} : { releaseConfigId }),
    ...(target === undefined ? {} : { target }),
  };

  async function find<Row extends object>(table: string, columns: string, id: string | undefined, what: string): Promise<Row | null> {
    if (id === undefined) return null;
    const [row] = await db.rows<Row>(`SELECT ${columns} FROM ${table} WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
    if (row === undefined) throw notFound(what);
    return row;
  }
}
