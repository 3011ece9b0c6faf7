import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';

/** Where the artifacts of builds are kept, by key. All processes that make or serve builds share one. */

export interface StoredArtifact {
  sizeBytes: number;
  /** Hexadecimal. */
  sha256: string;
}

export interface ArtifactStore {
  /**
   * Keeps what arrives under `key`, whole or not at all; what was there before is replaced.
   * @throws ArtifactTooLargeError, or whatever `body` errors with
   */
  put(key: string, body: ReadableStream<Uint8Array>, options: { maxBytes: number }): Promise<StoredArtifact>;
  /** `null`: nothing is kept under the key. */
  open(key: string): Promise<{ body: ReadableStream<Uint8Array>; sizeBytes: number } | null>;
  /** Nothing there is success. */
  remove(key: string): Promise<void>;
}

export class ArtifactTooLargeError extends Error {
  override readonly name = 'ArtifactTooLargeError';
}

/** Letters, digits, dash, underscore, dot; a path of those. What people name never becomes part of a path. */
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const ARRIVING = '.arriving';
/** Longer than any artifact takes to arrive; what is older was left by a crash. */
const LEFT_OVER_AFTER_MS = 86_400_000;

/**
 * A directory of this machine, or one that several machines mount. A file arrives under a name of its own and is renamed when it is complete
 * and on disk: a crash before that leaves a file nobody reads, which a later `put` clears away.
 */
export function createDirectoryStore(directory: string): ArtifactStore {
  const arriving = join(directory, ARRIVING);

  const pathOf = (key: string): string => {
    if (!KEY.test(key)) throw new Error(`"${key}" is no key of an artifact`);
    return join(directory, key);
  };

  async function clearLeftOvers(): Promise<void> {
    const names = await readdir(arriving).catch(() => []);
    for (const name of names) {
      const path = join(arriving, name);
      const info = await stat(path).catch(() => null);
      if (info !== null && Date.now() - info.mtimeMs > LEFT_OVER_AFTER_MS) await rm(path, { force: true });
    }
  }

  return {
    async put(key, body, { maxBytes }) {
      const target = pathOf(key);
      await mkdir(arriving, { recursive: true });
      await clearLeftOvers();
      const temporary = join(arriving, randomUUID());
      const file = await open(temporary, 'wx', 0o600);
      try {
        const hash = createHash('sha256');
        let sizeBytes = 0;
        for await (const chunk of Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])) {
          sizeBytes += chunk.length;
          if (sizeBytes > maxBytes) throw new ArtifactTooLargeError(`The artifact is larger than ${maxBytes} bytes.`);
          hash.update(chunk);
          await file.writeFile(chunk);
        }
        await file.sync();
        await mkdir(dirname(target), { recursive: true });
        await rename(temporary, target);
        return { sizeBytes, sha256: hash.digest('hex') };
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      } finally {
        await file.close();
      }
    },

    async open(key) {
      const path = pathOf(key);
      const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
        throw error;
      });
      if (info === null || !info.isFile()) return null;
      return { body: Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>, sizeBytes: info.size };
    },

    remove: (key) => rm(pathOf(key), { force: true }),
  };
}
