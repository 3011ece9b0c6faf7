import type { Sql, Tx } from '../../db/client.ts';
import type { ReleaseType } from '../../domain/release/vocabulary.ts';
import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { type ReleaseConfigView, releaseConfigView } from './release-config-view.ts';

/* One release config at most is the default for a type of the tenant: a unique index sees to it. */

export const INACTIVE_DEFAULT = 'The release config is not active: a default starts releases.';

/** Waits for whoever else is choosing a default of the tenant. Comes before every other lock of the transaction. */
export async function lockDefaults(tx: Tx, tenantId: string): Promise<void> {
  await tx.rows('SELECT id FROM tenants WHERE id = ? FOR UPDATE', [tenantId]);
}

/**
 * The release type a config is to be the default for. Not asked for, it stays what it was as long as its type does.
 * @param before null = it is new
 */
export function defaultAfter(
  before: Pick<ReleaseConfigView, 'isDefault' | 'releaseType'> | null,
  releaseType: ReleaseType,
  isDefault: boolean | undefined,
): ReleaseType | null {
  const wanted = isDefault ?? (before?.isDefault === true && before.releaseType === releaseType);
  return wanted ? releaseType : null;
}

/** Makes room: whichever other config was the default for the type is not any more. Needs `lockDefaults`. */
export async function dethrone(tx: Tx, caller: Caller, id: string, releaseType: ReleaseType): Promise<void> {
  const { tenantId } = caller;
  const [other] = await tx.rows<{ id: string }>(
    'SELECT id FROM release_configs WHERE tenant_id = ? AND default_for = ? AND id <> ? FOR UPDATE',
    [tenantId, releaseType, id],
  );
  if (other === undefined) return;
  await tx.run('UPDATE release_configs SET default_for = NULL, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [
    tenantId,
    other.id,
  ]);
  await recordDefault(tx, caller, other.id, false, `another release config became the default for ${releaseType}`);
}

/** Releases of its type that name no config take this one from now on. Doing so twice is no error. */
export async function makeDefault(deps: Pick<ServiceDeps, 'db'>, caller: Caller, id: string): Promise<ReleaseConfigView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  return deps.db.transact(async (tx) => {
    await lockDefaults(tx, tenantId);
    const before = await releaseConfigView(tx, tenantId, id, 'FOR UPDATE');
    if (!before.isActive) throw conflict(INACTIVE_DEFAULT);
    if (before.isDefault) return before;
    await dethrone(tx, caller, id, before.releaseType);
    await tx.run('UPDATE release_configs SET default_for = ?, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?', [
      before.releaseType,
      tenantId,
      id,
    ]);
    await recordDefault(tx, caller, id, true, null);
    return releaseConfigView(tx, tenantId, id);
  });
}

function recordDefault(tx: Tx, caller: Caller, id: string, isDefault: boolean, why: string | null): Promise<void> {
  return writeHistory(tx, [
    {
      ...{ tenantId: caller.tenantId, scopeId: id, entityType: 'config', entityId: id, action: 'UPDATE', actor: actorOf(caller), why },
      items: [{ field: 'isDefault', before: String(!isDefault), after: String(isDefault) }],
    },
  ]);
}

/** The config that a release of the type takes when it names none; null = there is no default. */
export async function findDefault(sql: Pick<Sql, 'rows'>, tenantId: string, releaseType: ReleaseType): Promise<string | null> {
  const [row] = await sql.rows<{ id: string }>('SELECT id FROM release_configs WHERE tenant_id = ? AND default_for = ? AND is_active = 1', [
    tenantId,
    releaseType,
  ]);
  return row?.id ?? null;
}
