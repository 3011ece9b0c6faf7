import { open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { localPath } from '../../kit/local-path.ts';
import { oneLine } from '../../kit/portable-text.ts';
import { ProviderError, type ProviderErrorKind } from '../../kit/provider-error.ts';
import { runCommand } from './commands.ts';
import { type NginxConnection, type NginxRoute, PROVIDER } from './identity.ts';
import { contentOf, generationOf, type InForce, type Planned, plannedIn, stateSchema } from './route-file.ts';

export interface Server {
  /** What the route's file says; null = there is none of ours. */
  planned(route: NginxRoute): Promise<Planned | null>;
  /** What nginx itself answers; null = it knows no such route, `begun` = nothing was ever put into force. */
  inForce(route: NginxRoute): Promise<InForce | 'begun' | null>;
  /**
   * Writes the file, has nginx check everything, and makes it read it; a file that it refuses is put back as it was. Resolves when nginx answers
   * with what was written. A process that ends in between leaves a file that is not in force: the next call finds that and goes on.
   */
  apply(route: NginxRoute, planned: Planned): Promise<InForce>;
}

/** nginx reads its configuration within milliseconds; on a busy machine it takes longer. */
const CONFIRM_WITHIN_MS = 8_000;
const ALONE_FOR_MS = 200;
const ASK_EVERY_MS = 40;
const MAX_WORDS = 400;

export function nginxServer(connection: NginxConnection, deps: AdapterDeps): Server {
  const { directory, testCommand, reloadCommand } = connection.settings;
  const http = statusOf(connection, deps);
  const home = () => localPath(deps.localRoot, directory, PROVIDER);
  const fileOf = async ({ variable }: NginxRoute) => join(await home(), `${variable}.conf`);

  async function inForce({ variable }: NginxRoute): Promise<InForce | 'begun' | null> {
    return http.find({ operation: `read the state of ${variable}`, method: 'GET', path: `/${variable}`, schema: stateSchema });
  }

  async function apply(route: NginxRoute, planned: Planned): Promise<InForce> {
    const file = await fileOf(route);
    const before = await contentAt(file);
    await replace(file, contentOf(route, planned));
    try {
      const { exitCode, output } = await runCommand(testCommand);
      if (exitCode !== 0) throw trouble('invalid', `nginx refuses the configuration: ${complaintIn(output)}`);
    } catch (error) {
      await (before === null ? unlink(file) : replace(file, before));
      throw error;
    }
    const { exitCode, output } = await runCommand(reloadCommand);
    if (exitCode !== 0) throw trouble('unavailable', `nginx did not reload: ${complaintIn(output)}`);
    return confirmed(route, generationOf(planned));
  }

  /**
   * A reload that nginx could not carry out is told to nobody: only its answers show what is in force. New workers answer beside the old ones for
   * about 100 ms, until these are told to end; it is in force when only the new ones have answered for longer than that.
   */
  async function confirmed(route: NginxRoute, generation: string): Promise<InForce> {
    const until = performance.now() + CONFIRM_WITHIN_MS;
    for (let since: number | null = null; ; ) {
      const found = await inForce(route);
      const now = performance.now();
      if (isNothing(found) || found.generation !== generation) since = null;
      else {
        since ??= now;
        if (now - since >= ALONE_FOR_MS) return found;
      }
      if (now > until) throw notConfirmed();
      await pause(ASK_EVERY_MS);
    }
  }

  return {
    planned: async (route) => {
      const content = await contentAt(await fileOf(route));
      return content === null ? null : plannedIn(content);
    },
    inForce,
    apply,
  };
}

/** Where nginx answers what is in force. */
function statusOf({ baseUrl }: NginxConnection, deps: AdapterDeps): JsonHttp {
  // A connection that is kept belongs to a worker, which a reload ends: the next request on it would break off.
  const headers = () => ({ connection: 'close' });
  return jsonHttp({ provider: PROVIDER, baseUrl, fetch: deps.fetch, now: deps.now, headers });
}

const trouble = (kind: ProviderErrorKind, message: string) => new ProviderError(kind, `${PROVIDER}: ${message}`, { provider: PROVIDER });

function notConfirmed(): ProviderError {
  return trouble(
    'timeout',
    `nginx was told to reload and still works with what it had, ${CONFIRM_WITHIN_MS} ms later: its error log says why`,
  );
}

const isNothing = (found: InForce | 'begun' | null): found is 'begun' | null => found === null || found === 'begun';

const complaintIn = (output: string) => oneLine(output, MAX_WORDS) || 'it does not say why';

async function contentAt(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw trouble('forbidden', `the file of the route cannot be read: ${codeOf(error)}`);
  }
}

/** In one step: nginx never reads half a file. The other name does not end in `.conf`, so that no include takes it. */
async function replace(file: string, content: string): Promise<void> {
  const written = `${file}.new`;
  try {
    const handle = await open(written, 'w', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(written, file);
  } catch (error) {
    throw trouble('forbidden', `the file of the route cannot be written: ${codeOf(error)}`);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason');
