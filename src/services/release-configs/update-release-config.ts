import { mergeChange } from '../../domain/release/merge-change.ts';
import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { overwriteReleaseConfig } from './overwrite-release-config.ts';
import { type ReleaseConfigInput, type ReleaseConfigView, releaseConfigView, type WrittenReleaseConfig } from './release-config-view.ts';
import type { SubConfigChanges } from './sub-configs.ts';
import { verifyReleaseConfig } from './verify-release-config.ts';

/** What is absent stays, in objects like `gates` too; what is named by id or written out elsewhere comes as `SubConfigChanges`. */
export type ReleaseConfigChange = object & { isDefault?: boolean | undefined };

/** Touches later releases only. A deactivated config stays so. @param verify asks the providers first, outside of any transaction */
export async function updateReleaseConfig(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  { change, changes, verify }: { change: ReleaseConfigChange; changes: SubConfigChanges; verify: boolean },
): Promise<WrittenReleaseConfig> {
  authorise(caller, 'config:write');
  const input = (before: ReleaseConfigView) => mergeChange(inputOf(before), change);
  if (verify) {
    const { name, isDefault: _isDefault, ...body } = input(await releaseConfigView(deps.db, caller.tenantId, id));
    await verifyReleaseConfig(deps, caller, { name, body, changes });
  }
  return overwriteReleaseConfig(deps, caller, id, { input, isDefault: change.isDefault, changes, activate: false });
}

function inputOf(view: ReleaseConfigView): ReleaseConfigInput {
  const {
    id: _id,
    isActive: _isActive,
    isDefault: _isDefault,
    createdByAccountId: _by,
    createdAt: _at,
    updatedAt: _updated,
    ...input
  } = view;
  return input;
}
