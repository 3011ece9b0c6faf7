import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { localPath } from '../../kit/local-path.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { addressOf, type HaproxyConnection, PROVIDER } from './identity.ts';

export interface Runtime {
  /** One line of commands, carried out one after the other without a pause; what HAProxy says to all of them, in order. */
  send(operation: string, commands: readonly string[]): Promise<string>;
}

/** HAProxy reads a line into one buffer (`tune.bufsize`, 16384 unless set) and cuts what does not fit. */
const MAX_LINE_CHARS = 12_000;

/** The runtime API: a connection per line, which HAProxy closes after its answer. */
export function haproxyRuntime(connection: HaproxyConnection, deps: AdapterDeps): Runtime {
  return {
    async send(operation, commands) {
      const line = commands.join(';');
      if (line.length > MAX_LINE_CHARS) {
        throw new ProviderError('invalid', `${PROVIDER}: ${operation} is too much for one line of commands: name fewer servers`, {
          provider: PROVIDER,
        });
      }
      return deps.session({ operation, ...(await target()) }, async ({ socket }) => {
        socket.end(`${line}\n`);
        return await text(socket);
      });
    },
  };

  async function target(): Promise<{ socketPath: string } | { host: string; port: number }> {
    const address = addressOf(connection.baseUrl);
    if (address === null) {
      const message = `${PROVIDER}: the base URL must be unix://localhost/<path of the socket> or tcp://<host>:<port>`;
      throw new ProviderError('invalid', message, { provider: PROVIDER });
    }
    return 'path' in address ? { socketPath: await socketAt(deps.localRoot, address.path) } : address;
  }
}

/** The socket itself may be gone while HAProxy restarts: that is trouble that passes, and connecting tells it. */
async function socketAt(root: string | null, path: string): Promise<string> {
  const socketPath = join(await localPath(root, dirname(path), PROVIDER), basename(path));
  const found = await lstat(socketPath).catch(() => null);
  if (found?.isSymbolicLink() !== true) return socketPath;
  throw new ProviderError('forbidden', `${PROVIDER}: "${path}" is a link; name the socket itself`, { provider: PROVIDER });
}
