import { ulid } from 'ulid';
import { writeHistory } from '../../engine/history.ts';
import { changedItems } from '../configs/changed-items.ts';
import { actorOf, authorise, type Caller, type ServiceDeps } from '../context.ts';
import { rememberAnswer } from '../idempotency.ts';
import { defaultAfter, dethrone, lockDefaults } from './default-release-config.ts';
import { type ReleaseConfigInput, releaseConfigView, type WrittenReleaseConfig } from './release-config-view.ts';
import { settleReleaseConfig } from './settle-release-config.ts';
import type { SubConfigChanges } from './sub-configs.ts';

/** @param changes configs that are written out here, or named by what they are for; what `input` names in their place does not count */
export async function createReleaseConfig(
  deps: ServiceDeps,
  caller: Caller,
  input: ReleaseConfigInput,
  changes: SubConfigChanges = {},
): Promise<WrittenReleaseConfig> {
  authorise(caller, 'config:write');
  const { tenantId } = caller;
  const { name, isDefault, ...given } = input;
  return deps.db.transact(async (tx) => {
    if (isDefault === true) await lockDefaults(tx, tenantId);
    const id = ulid();
    const { body, warnings, items } = await settleReleaseConfig(tx, caller, { id, name }, { body: given, changes });
    const defaultFor = defaultAfter(null, body.releaseType, isDefault);
    if (defaultFor !== null) await dethrone(tx, caller, id, defaultFor);
    await tx.run('INSERT INTO release_configs (id, tenant_id, name, body, default_for, created_by_account_id) VALUES (?, ?, ?, ?, ?, ?)', [
      ...[id, tenantId, name],
      ...[JSON.stringify(body), defaultFor, caller.accountId],
    ]);
    await writeHistory(tx, [
      {
        ...{ tenantId, scopeId: id, entityType: 'config', entityId: id, action: 'CREATE', actor: actorOf(caller) },
        items: [...changedItems(null, { name, ...body, isDefault: defaultFor !== null }), ...items],
      },
    ]);
    const view = { ...(await releaseConfigView(tx, tenantId, id)), warnings };
    await rememberAnswer(tx, deps, caller, { status: 201, body: view });
    return view;
  });
}
