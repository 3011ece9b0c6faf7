import { writeHistory } from '../../engine/history.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { demandUsable } from './demand-references.ts';
import { type ReleaseConfigInput, type ReleaseConfigView, releaseConfigView } from './release-config-view.ts';

/** Touches later releases only: each release keeps the copy it was created with. Replacing a deactivated config activates it. */
export async function replaceReleaseConfig(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  input: ReleaseConfigInput,
): Promise<ReleaseConfigView> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  const { name, ...body } = input;
  return deps.db.transact(async (tx) => {
    const before = await releaseConfigView(tx, tenantId, id, 'FOR UPDATE');
    await demandUsable(tx, tenantId, body);
    await tx.run(
      'UPDATE release_configs SET name = ?, body = ?, is_active = 1, updated_at = UTC_TIMESTAMP(3) WHERE tenant_id = ? AND id = ?',
      [name, JSON.stringify(body), tenantId, id],
    );
    const after = await releaseConfigView(tx, tenantId, id);
    await writeHistory(tx, [
      {
        tenantId,
        scopeId: id,
        entityType: 'config',
        entityId: id,
        action: 'UPDATE',
        actor: actorOf(caller),
        items: [
          { field: 'body', before: JSON.stringify(before), after: JSON.stringify(after) },
          ...(before.isActive ? [] : [{ field: 'isActive', before: 'false', after: 'true' }]),
        ],
      },
    ]);
    return after;
  });
}
