import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where the artifacts of builds are kept, by key. All processes that make or serve builds share one. */

export interface StoredArtifact {
  sizeBytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** What arrives, in pieces; it is read no faster than it is kept. */
export type Arriving = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** The first byte and the last, both counted from 0 and included. */
export interface ByteRange {
  first: number;
  last: number;
}

export interface ArtifactStore {
  /**
   * Keeps what arrives under `key`, whole or not at all; what was there before is replaced.
   * @throws ArtifactTooLargeError, ArtifactStoreFullError, or whatever `body` errors with
   */
  put(key: string, body: Arriving, options: { maxBytes: number }): Promise<StoredArtifact>;
  /**
   * `null`: nothing is kept under the key. The body is to be read or cancelled.
   * @param range within the artifact; `sizeBytes` is that of the whole
   */
  open(key: string, range?: ByteRange): Promise<{ body: ReadableStream<Uint8Array>; sizeBytes: number } | null>;
  /** Nothing there is success. */
  remove(key: string): Promise<void>;
}

export class ArtifactTooLargeError extends Error {
  override readonly name = 'ArtifactTooLargeError';
}

/** There is no room for it; what had arrived is gone again. */
export class ArtifactStoreFullError extends Error {
  override readonly name = 'ArtifactStoreFullError';
}

/** Letters, digits, dash, underscore, dot; a path of those. What people name never becomes part of a path. */
const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** @throws Error */
export function checkedKey(key: string): string {
  if (!KEY.test(key)) throw new Error(`"${key}" is no key of an artifact`);
  return key;
}

const ARRIVING = '.arriving';
/** Longer than any artifact takes to arrive; what is older was left by a crash. */
const LEFT_OVER_AFTER_MS = 86_400_000;
/** Read at once. */
const PIECE_BYTES = 256 * 1024;

/** The stream of the web can be iterated on the server; its type comes from browsers, where not all can. */
export const piecesOf = (body: Arriving) => body as AsyncIterable<Uint8Array>;

/**
 * A directory of this machine, or one that several machines mount. A file arrives under a name of its own and is renamed when it is complete
 * and on disk: a crash before that leaves a file nobody reads, which a later `put` clears away.
 */
export function createDirectoryStore(directory: string): ArtifactStore {
  const arriving = join(directory, ARRIVING);

  const pathOf = (key: string): string => join(directory, checkedKey(key));

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
        for await (const chunk of piecesOf(body)) {
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
        throw isFull(error) ? new ArtifactStoreFullError('The directory of artifacts is full.', { cause: error }) : error;
      } finally {
        await file.close();
      }
    },

    async open(key, range) {
      const file = await open(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
        throw error;
      });
      if (file === null) return null;
      const info = await file.stat();
      if (!info.isFile()) {
        await file.close();
        return null;
      }
      return { body: contentOf(file, range ?? { first: 0, last: info.size - 1 }), sizeBytes: info.size };
    },

    remove: async (key) => rm(pathOf(key), { force: true }),
  };
}

const isFull = (error: unknown) => error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

/** Nothing is read before it is asked for: a slow reader costs one piece of memory. */
function contentOf(file: FileHandle, { first, last }: ByteRange): ReadableStream<Uint8Array> {
  let at = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const wanted = Math.min(PIECE_BYTES, last + 1 - at);
          const { bytesRead, buffer } = wanted > 0 ? await file.read(Buffer.allocUnsafe(wanted), 0, wanted, at) : nothing;
          at += bytesRead;
          if (bytesRead > 0) return controller.enqueue(buffer.subarray(0, bytesRead));
          await file.close();
          controller.close();
        } catch (error) {
          await file.close();
          throw error;
        }
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}

const nothing = { bytesRead: 0, buffer: Buffer.alloc(0) };
