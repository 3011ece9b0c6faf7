import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, open, readFile, rename } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { trouble } from './identity.ts';

/** Readable for us alone: variables stand in these files. */
const OURS = 0o600;
const LOCK_WAIT_MS = 15_000;
const LOCK_LOOK_MS = 25;

/** What stands in the file; null = there is none. The caller knows who wrote it. */
export async function readJson<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Replaces the file as a whole, or not at all. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await ensureDirectory(dirname(path));
  const temporary = `${path}.${randomUUID()}`;
  const file = await open(temporary, 'wx', OURS);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export const ensureDirectory = (path: string) => mkdir(path, { recursive: true, mode: 0o700 });

export const isMissing = (error: unknown): boolean => {
  const code = codeOf(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
};

export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/**
 * One writer at a time over all processes of this machine. The lock is an address in the kernel's own namespace: it cannot be left behind by
 * a process that dies.
 */
export async function withLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 40);
  const until = performance.now() + LOCK_WAIT_MS;
  for (;;) {
    const lock = await listen(`\0signalbox-place-${name}`);
    if (lock !== null) {
      try {
        return await work();
      } finally {
        await new Promise((resolve) => lock.close(resolve));
      }
    }
    if (performance.now() > until) throw trouble('unavailable', 'another process is working on the same place');
    await delay(LOCK_LOOK_MS);
  }
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) => (codeOf(error) === 'EADDRINUSE' ? resolve(null) : reject(error)));
    server.listen({ path }, () => resolve(server));
  });
}
