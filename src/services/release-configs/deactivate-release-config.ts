import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { releaseConfigView } from './release-config-view.ts';

/** Deleting is deactivating: releases name their config for ever. It is no default any more. Doing so twice is no error. */
export async function deactivateReleaseConfig(deps: ServiceDeps, caller: Caller, id: string): Promise<void> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  await deps.db.transact(async (tx) => {
    const { isActive, isDefault } = await releaseConfigView(tx, tenantId, id, 'FOR UPDATE');
    if (!isActive) return;
    await tx.run(
      'UPDATE release_configs SET is_active = 0, default_for = NULL, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?',
      [tenantId, id],
    );
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'REMOVE',
        actor: actorOf(caller),
        items: [
          { field: 'isActive', before: 'true', after: 'false' },
          ...(isDefault ? [{ field: 'isDefault', before: 'true', after: 'false' }] : []),
        ],
      },
    ]);
  });
}
