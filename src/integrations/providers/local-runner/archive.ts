import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { extract, type ReadEntry } from 'tar';
import type { JobFiles } from '../../capabilities/job-runner.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { codeOf, ensureDirectory } from './files.ts';
import { trouble } from './identity.ts';

const MAX_ENTRIES = 500_000;
const MEBIBYTE = 1024 * 1024;

interface Unpacking {
  open: JobFiles['open'];
  /** `sha256:…` that the archive must have; null = whatever it has. */
  digest: string | null;
  /** After trouble it is not there. */
  directory: string;
  /** Of the archive, and of everything in it. */
  maxUnpackedMb: number;
  /** How many folders at the front of each path are left out. */
  strip: 0 | 1;
}

/** Fetches an archive, proves that it is the right one, and only then looks into it. */
export async function fetchAndUnpack({ open, digest, directory, maxUnpackedMb, strip }: Unpacking): Promise<void> {
  const archive = `${directory}.${randomUUID()}.tar.gz`;
  await ensureDirectory(dirname(directory));
  try {
    const found = await receive(open, archive, maxUnpackedMb);
    if (digest !== null && found !== digest)
      throw trouble('invalid', `the archive is not the one that was built: its digest is ${found}, ${digest} was due`);
    await ensureDirectory(directory);
    await unpack(archive, directory, maxUnpackedMb, strip);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw classified(error, digest);
  } finally {
    await rm(archive, { force: true });
  }
}

async function receive(open: JobFiles['open'], path: string, maxMb: number): Promise<string> {
  const { body, sizeBytes } = await open();
  const maxBytes = Math.min(sizeBytes ?? Number.POSITIVE_INFINITY, maxMb * MEBIBYTE);
  const hash = createHash('sha256');
  let received = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      hash.update(chunk);
      done(received > maxBytes ? trouble('invalid', `the archive is larger than the ${maxBytes} bytes it may have`) : null, chunk);
    },
  });
  // The stream of the web as Node's own types call it.
  await pipeline(Readable.fromWeb(body as NodeReadableStream), meter, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  return `sha256:${hash.digest('hex')}`;
}

async function unpack(archive: string, directory: string, maxUnpackedMb: number, strip: 0 | 1): Promise<void> {
  const judge = createJudge(maxUnpackedMb, strip);
  const abort = new AbortController();
  let refused: string | null = null;
  const target = extract({
    cwd: directory,
    ...{ strict: true, strip },
    preservePaths: false,
    preserveOwner: false,
    filter: (_path, entry) => {
      refused ??= judge(entry as ReadEntry);
      if (refused !== null) abort.abort();
      return refused === null;
    },
  });
  try {
    await pipeline(createReadStream(archive), target, { signal: abort.signal });
  } catch (error) {
    if (refused === null) throw error;
  }
  if (refused !== null) throw trouble('invalid', `the archive is not unpacked: ${refused}`);
}

/** Why an entry must not be unpacked; null = it may. Keeps count over the whole archive, and judges where things come to lie. */
export function createJudge(
  maxUnpackedMb: number,
  strip: 0 | 1 = 0,
): (entry: Pick<ReadEntry, 'type' | 'path' | 'linkpath' | 'size'>) => string | null {
  let bytes = 0;
  let entries = 0;
  return (entry) => {
    const { type, size } = entry;
    const path = without(strip, entry.path);
    bytes += size;
    entries += 1;
    if (bytes > maxUnpackedMb * MEBIBYTE) return `it would become larger than ${maxUnpackedMb} MB`;
    if (entries > MAX_ENTRIES) return `it has more than ${MAX_ENTRIES} entries`;
    if (leadsOut(entry.path)) return `"${entry.path}" leads out of it`;
    // The folder that is left out.
    if (path === '' && type === 'Directory') return null;
    if (leadsOut(path)) return `"${entry.path}" leads out of it`;
    switch (type) {
      case 'File':
      case 'OldFile':
      case 'ContiguousFile':
      case 'Directory':
        return null;
      // A symbolic link names its target from where it lies, a hard one as the archive does.
      case 'SymbolicLink':
        return leadsOut(entry.linkpath, dirname(path)) ? `the link "${entry.path}" leads out of it` : null;
      case 'Link':
        return leadsOut(without(strip, entry.linkpath)) ? `the link "${entry.path}" leads out of it` : null;
      default:
        return `"${entry.path}" is neither file, directory nor link`;
    }
  };
}

function without<T extends string | undefined>(strip: 0 | 1, path: T): T {
  return strip === 0 || path === undefined ? path : (path.replace(/^[^/]*\/?/, '') as T);
}

function leadsOut(path: string | undefined, from = '.'): boolean {
  if (path === undefined || path === '' || path.includes('\0') || isAbsolute(path)) return true;
  const reached = normalize(join(from, path));
  return reached === '..' || reached.startsWith('../');
}

/** One whose digest was right will never be another; one without a digest may have been cut off on its way. */
function classified(error: unknown, digest: string | null): unknown {
  if (error instanceof ProviderError) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return trouble('unavailable', 'the disk of the machine is full', error);
  if (typeof code === 'string' && /^(TAR_|Z_)/.test(code))
    return trouble(digest === null ? 'malformed' : 'invalid', 'the archive is no .tar.gz that can be unpacked', error);
  return error;
}
