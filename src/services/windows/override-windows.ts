import { ulid } from 'ulid';
import type { Sql, Tx } from '../../db/client.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { databaseNow } from '../release-configs/database-now.ts';
import { iso } from '../releases/instant.ts';
import { invalid, notFound } from '../service-error.ts';
import { windowsChanged } from './window-signals.ts';

/** What passes the windows: a release, or a deployment. */
export interface WindowSubject {
  kind: 'release' | 'deployment';
  id: string;
}

export interface WindowOverrideView {
  id: string;
  subject: WindowSubject;
  reason: string;
  accountId: string;
  createdAt: string;
  expiresAt: string;
}

interface OverrideRow {
  id: string;
  subjectKind: WindowSubject['kind'];
  subjectId: string;
  reason: string;
  accountId: string;
  createdAt: Date;
  expiresAt: Date;
}

/** Nobody overrides for longer: a freeze that is passed for weeks is none. */
const LONGEST_MS = 7 * 86_400_000;

const select = `SELECT id, subject_kind AS subjectKind, subject_id AS subjectId, reason, account_id AS accountId, created_at AS createdAt,
    expires_at AS expiresAt FROM window_overrides WHERE tenant_id = ? AND subject_kind = ? AND subject_id = ?`;

const view = ({ id, subjectKind, subjectId, reason, accountId, createdAt, expiresAt }: OverrideRow): WindowOverrideView => ({
  ...{ id, subject: { kind: subjectKind, id: subjectId }, reason, accountId },
  ...{ createdAt: iso(createdAt), expiresAt: iso(expiresAt) },
});

/** Lets one subject pass every window until the override expires, and makes what waits for one look again. */
export async function overrideWindows(
  deps: Pick<ServiceDeps, 'db' | 'ring' | 'keyring'>,
  caller: Caller,
  subject: WindowSubject,
  { reason, expiresAt }: { reason: string; expiresAt: Date },
): Promise<WindowOverrideView> {
  authorise(caller, 'gate:override');
  const { tenantId, accountId } = caller;
  return deps.db.transact(async (tx) => {
    await demandSubject(tx, tenantId, subject);
    const now = await databaseNow(tx);
    if (expiresAt <= now) throw invalid([{ field: '/expiresAt', message: 'is past' }]);
    if (expiresAt.getTime() - now.getTime() > LONGEST_MS) throw invalid([{ field: '/expiresAt', message: 'is more than 7 days away' }]);
    const id = ulid();
    await tx.run('INSERT INTO window_overrides (id, tenant_id, subject_kind, subject_id, reason, account_id, expires_at) VALUES (?)', [
      [id, tenantId, subject.kind, subject.id, reason, accountId, expiresAt],
    ]);
    await writeHistory(tx, [
      {
        ...{ tenantId, scopeId: subject.id, entityType: 'config', entityId: id, action: 'ADD', actor: actorOf(caller), why: reason },
        items: [{ field: 'windowOverride', before: null, after: iso(expiresAt) }],
      },
    ]);
    const wakes = await windowsChanged(tx, tenantId);
    tx.afterCommit(() => deps.ring(wakes));
    const [row] = await tx.rows<OverrideRow>(`${select} AND id = ?`, [tenantId, subject.kind, subject.id, id]);
    if (row === undefined) throw notFound('The override');
    const written = view(row);
    await rememberAnswer(tx, deps, caller, { status: 201, body: written });
    return written;
  });
}

/** Newest first; expired ones stay as a record. */
export async function listWindowOverrides(
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  subject: WindowSubject,
): Promise<{ items: WindowOverrideView[] }> {
  authorise(caller, 'release:read');
  await demandSubject(db, caller.tenantId, subject);
  const rows = await db.rows<OverrideRow>(`${select} ORDER BY id DESC LIMIT 100`, [caller.tenantId, subject.kind, subject.id]);
  return { items: rows.map(view) };
}

async function demandSubject(sql: Sql | Tx, tenantId: string, { kind, id }: WindowSubject): Promise<void> {
  const table = kind === 'release' ? 'releases' : 'deployments';
  const [row] = await sql.rows(`SELECT id FROM ${table} WHERE tenant_id = ? AND id = ?`, [tenantId, id]);
  if (row === undefined) throw notFound(kind === 'release' ? 'The release' : 'The deployment');
}
