import { createHash } from 'node:crypto';
import { pipeline, Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { UploadFile } from '../../../integrations/capabilities/store-upload.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { ArtifactStore } from '../../../platform/artifact-store.ts';
import { type ArchiveEntry, contentOffset, HEADER_BYTES, readDirectory } from './archive.ts';

/** The file that goes to a store: a kept artifact, or what some CIs wrap into an archive to keep it. */
export interface Bundle {
  /** Of the artifact store. */
  key: string;
  name: string;
  sizeBytes: number;
  /** Lower-case hexadecimal. */
  sha256: string;
  /** null = the artifact itself. */
  entry: ArchiveEntry | null;
}

export interface BundleFiles {
  /** Reads the artifact once, or twice where it is an archive around a build; null = it is not kept any more. */
  describe(key: string): Promise<Bundle | null>;
  fileOf(bundle: Bundle): UploadFile;
}

const BUILD = /\.(aab|apk|ipa)$/i;
/** Builds are archives themselves; by these they are told from archives around them. */
const INSIDE_BUILDS = /^(BundleConfig\.pb|AndroidManifest\.xml|Payload\/.*)$/;
/** More than the directory of an archive of a few files; builds, which have thousands, are not to be looked into. */
const TAIL_BYTES = 256 * 1024;
const DEFLATED = 8;
const STORED = 0;

/** @param wanted what an archive may be around, by its name there */
export function createBundleFiles(store: ArtifactStore, wanted: RegExp = BUILD): BundleFiles {
  async function* artifact(key: string): AsyncGenerator<Buffer> {
    const kept = await store.open(key);
    if (kept === null)
      throw new ProviderError('invalid', 'The artifact of the build is not kept any more; run the build again.', { provider: 'ci-cd' });
    // The same class under two names: node's types tell the web's apart from its own.
    yield* Readable.fromWeb(kept.body as Parameters<typeof Readable.fromWeb>[0]);
  }

  async function* contentOf(key: string, entry: ArchiveEntry): AsyncGenerator<Buffer> {
    if (entry.method !== DEFLATED && entry.method !== STORED) {
      throw new ProviderError('invalid', `${entry.name} is packed in a way that cannot be read (${entry.method}).`, { provider: 'ci-cd' });
    }
    const header: Buffer[] = [];
    for await (const part of slice(artifact(key), entry.offset, HEADER_BYTES)) header.push(part);
    const packed = slice(artifact(key), entry.offset + contentOffset(Buffer.concat(header)), entry.compressedBytes);
    yield* checked(entry, entry.method === STORED ? packed : inflated(packed));
  }

  const open = ({ key, entry }: Pick<Bundle, 'key' | 'entry'>) => (entry === null ? artifact(key) : contentOf(key, entry));

  return {
    async describe(key) {
      const kept = await store.open(key);
      if (kept === null) return null;
      await kept.body.cancel();
      const whole = await digest(artifact(key));
      const entry = wrappedBuild(readDirectory(whole.tail, whole.sizeBytes), wanted);
      if (entry === null) return { key, name: key.split('/').at(-1) ?? key, sizeBytes: whole.sizeBytes, sha256: whole.sha256, entry };
      const { sizeBytes, sha256 } = await digest(contentOf(key, entry));
      return { key, name: entry.name.split('/').at(-1) ?? entry.name, sizeBytes, sha256, entry };
    },
    fileOf: (bundle) => ({ name: bundle.name, sizeBytes: bundle.sizeBytes, sha256: bundle.sha256, open: () => open(bundle) }),
  };
}

/** Whatever goes wrong destroys both, and is thrown where the content is read. */
function inflated(packed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const inflate = createInflateRaw();
  pipeline(Readable.from(packed), inflate, () => undefined);
  return inflate;
}

/** @throws ProviderError where the archive is damaged */
async function* checked({ name, crc32: expected }: ArchiveEntry, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let crc = 0;
  try {
    for await (const part of content) {
      crc = crc32(part, crc);
      yield part;
    }
  } catch (error) {
    throw isUnpackable(error) ? damaged(name) : error;
  }
  if (crc !== expected) throw damaged(name);
}

const isUnpackable = (error: unknown) => error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
const damaged = (name: string) =>
  new ProviderError('invalid', `${name} is damaged in its archive; run the build again.`, { provider: 'ci-cd' });

/** @throws ProviderError where nobody can tell which of several builds is meant */
function wrappedBuild(entries: readonly ArchiveEntry[] | null, wanted: RegExp): ArchiveEntry | null {
  if (entries === null || entries.some(({ name }) => INSIDE_BUILDS.test(name))) return null;
  const builds = entries.filter(({ name }) => wanted.test(name));
  if (builds.length > 1) {
    const names = builds.map(({ name }) => name).join(', ');
    throw new ProviderError('invalid', `The artifact holds several builds (${names}); keep one.`, { provider: 'ci-cd' });
  }
  return builds[0] ?? null;
}

async function digest(content: AsyncIterable<Buffer>): Promise<{ sizeBytes: number; sha256: string; tail: Buffer }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  let tail = Buffer.alloc(0);
  for await (const part of content) {
    hash.update(part);
    sizeBytes += part.length;
    tail = Buffer.concat([tail, part]).subarray(-TAIL_BYTES);
  }
  return { sizeBytes, sha256: hash.digest('hex'), tail };
}

/** `count` bytes from `start` on; what follows is not read. */
async function* slice(content: AsyncIterable<Buffer>, start: number, count: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const part of content) {
    const from = Math.max(0, start - at);
    const to = Math.min(part.length, start + count - at);
    if (from < to) yield part.subarray(from, to);
    at += part.length;
    if (at >= start + count) return;
  }
}
