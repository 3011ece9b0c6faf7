import type { Tx } from '../../db/client.ts';
import { type HistoryItem, writeHistory } from '../../engine/history.ts';
import { changedItems } from '../configs/changed-items.ts';
import { actorOf, type Caller, type ServiceDeps } from '../context.ts';
import { conflict } from '../service-error.ts';
import { defaultAfter, dethrone, INACTIVE_DEFAULT, lockDefaults } from './default-release-config.ts';
import { type ReleaseConfigInput, type ReleaseConfigView, releaseConfigView, type WrittenReleaseConfig } from './release-config-view.ts';
import { settleReleaseConfig } from './settle-release-config.ts';
import type { SubConfigChanges } from './sub-configs.ts';
import { removeAbandoned } from './write-sub-configs.ts';

interface Overwriting {
  /** What is to stand there, given what stands there. */
  input(before: ReleaseConfigView): ReleaseConfigInput;
  isDefault: boolean | undefined;
  changes: SubConfigChanges;
  /** Whether a deactivated config becomes active by it. */
  activate: boolean;
}

/** Its history names each field that changed; configs of its own that it lets go of are deleted. */
export function overwriteReleaseConfig(deps: ServiceDeps, caller: Caller, id: string, by: Overwriting): Promise<WrittenReleaseConfig> {
  const { tenantId } = caller;
  return deps.db.transact(async (tx) => {
    if (by.isDefault === true) await lockDefaults(tx, tenantId);
    const before = await releaseConfigView(tx, tenantId, id, 'FOR UPDATE');
    const { name, isDefault: _isDefault, ...given } = by.input(before);
    const { body, warnings, items } = await settleReleaseConfig(tx, caller, { id, name }, { body: given, changes: by.changes });
    const isActive = before.isActive || by.activate;
    if (!isActive && by.isDefault === true) throw conflict(INACTIVE_DEFAULT);
    const defaultFor = isActive ? defaultAfter(before, body.releaseType, by.isDefault) : null;
    if (defaultFor !== null && by.isDefault === true) await dethrone(tx, caller, id, defaultFor);
    await tx.run(
      `UPDATE release_configs SET name = ?, body = ?, is_active = ?, default_for = ?, updated_at = UTC_TIMESTAMP(3)
       WHERE tenant_id = ? AND id = ?`,
      [name, JSON.stringify(body), isActive, defaultFor, tenantId, id],
    );
    await removeAbandoned(tx, caller, id, { before, after: body });
    const after = await releaseConfigView(tx, tenantId, id);
    await recordUpdate(tx, caller, id, [...fieldsOf(before, after), ...items]);
    return { ...after, warnings };
  });
}

function fieldsOf(before: ReleaseConfigView, after: ReleaseConfigView): HistoryItem[] {
  const told = ({ updatedAt: _updated, isActive, isDefault, ...fields }: ReleaseConfigView) => ({
    ...fields,
    ...{ isActive: String(isActive), isDefault: String(isDefault) },
  });
  return changedItems(told(before), told(after));
}

async function recordUpdate(tx: Tx, caller: Caller, id: string, items: readonly HistoryItem[]): Promise<void> {
  if (items.length === 0) return;
  const event = { tenantId: caller.tenantId, scopeId: id, entityType: 'config' as const, entityId: id, action: 'UPDATE' as const };
  await writeHistory(tx, [{ ...event, actor: actorOf(caller), items }]);
}
