import { realpath } from 'node:fs/promises';
import { isAbsolute, join, sep } from 'node:path';
import { ProviderError } from './provider-error.ts';

/**
 * Where a path below the tenant's own directory really leads, every link followed. It must be there.
 * @param root `AdapterDeps.localRoot`
 * @param path relative, as a connection names it
 * @throws ProviderError forbidden where it leads out of the directory, or the operator allows nothing; not-found where nothing is there
 */
export async function localPath(root: string | null, path: string, provider: string): Promise<string> {
  const refuse = (kind: 'forbidden' | 'not-found', why: string) => new ProviderError(kind, `${provider}: ${why}`, { provider });
  if (root === null)
    throw refuse('forbidden', 'the operator allows nothing on the machine of Signalbox; LOCAL_RUNNER_ROOT would name a directory');
  if (isAbsolute(path) || path.split(/[\\/]/).includes('..')) throw refuse('forbidden', `"${path}" leads out of the tenant's directory`);
  const missing = (what: string) => () => {
    throw refuse('not-found', `${what} is not on the machine of Signalbox, or it may not be read`);
  };
  const home = await realpath(root).catch(missing("the tenant's directory (LOCAL_RUNNER_ROOT and the tenant's id)"));
  const found = await realpath(join(home, path)).catch(missing(`"${path}" in the tenant's directory`));
  if (found !== home && !found.startsWith(home + sep)) throw refuse('forbidden', `"${path}" leads out of the tenant's directory`);
  return found;
}
