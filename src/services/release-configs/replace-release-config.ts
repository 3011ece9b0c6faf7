import { authorise, type Caller, type ServiceDeps } from '../context.ts';
import { overwriteReleaseConfig } from './overwrite-release-config.ts';
import type { ReleaseConfigInput, WrittenReleaseConfig } from './release-config-view.ts';

/** Touches later releases only: each release keeps the copy it was created with. Replacing a deactivated config activates it. */
export async function replaceReleaseConfig(
  deps: ServiceDeps,
  caller: Caller,
  id: string,
  input: ReleaseConfigInput,
): Promise<WrittenReleaseConfig> {
  authorise(caller, 'config:write');
  return overwriteReleaseConfig(deps, caller, id, { input: () => input, isDefault: input.isDefault, changes: {}, activate: true });
}
