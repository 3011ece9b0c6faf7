import { createCipheriv, createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArtifactStore, createDirectoryStore } from '../../../platform/artifact-store.ts';
import { createBundleFiles } from './bundle.ts';

let directory: string;
let store: ArtifactStore;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'signalbox-bundles-'));
  store = createDirectoryStore(directory);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Entry {
  name: string;
  content: Buffer;
  stored?: boolean;
  method?: number;
}

/** An archive as CIs write it: sizes and checks stand in the directory alone. */
function archive(entries: readonly Entry[]): Buffer {
  const files: Buffer[] = [];
  const directoryParts: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored = false, method = stored ? 0 : 8 } of entries) {
    const packed = stored ? content : deflateRawSync(content);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(0x08, 6);
    header.writeUInt16LE(method, 8);
    header.writeUInt16LE(Buffer.byteLength(name), 26);
    header.writeUInt16LE(4, 28);
    const file = Buffer.concat([header, Buffer.from(name), Buffer.alloc(4), packed, Buffer.alloc(16)]);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(method, 10);
    entry.writeUInt32LE(crc32(content), 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(offset, 42);
    directoryParts.push(entry, Buffer.from(name));
    files.push(file);
    offset += file.length;
  }
  const names = Buffer.concat(directoryParts);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(names.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, names, end]);
}

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

async function describeBundle(content: Buffer) {
  await store.put('tenant/build', new Blob([new Uint8Array(content)]).stream(), { maxBytes: 10_000_000 });
  const files = createBundleFiles(store);
  const bundle = await files.describe('tenant/build');
  if (bundle === null) throw new Error('it is not kept');
  const parts: Uint8Array[] = [];
  for await (const part of files.fileOf(bundle).open()) parts.push(part);
  return { bundle, uploaded: Buffer.concat(parts) };
}

/** Larger than what is read at once, and not to be packed into less. */
const build = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(400_000));

describe('the file that goes to a store', () => {
  it('is the artifact itself', async () => {
    const { bundle, uploaded } = await describeBundle(build);

    expect(bundle).toEqual({ key: 'tenant/build', name: 'build', sizeBytes: build.length, sha256: sha256(build), entry: null });
    expect(uploaded.equals(build)).toBe(true);
  });

  it.each([false, true])('is the build in the archive that a CI makes of it (stored: %s)', async (stored) => {
    const around = archive([
      { name: 'out/mapping.txt', content: Buffer.from('a → b\n'.repeat(9_000)) },
      { name: 'out/app-release.aab', content: build, stored },
      { name: 'out/size.txt', content: Buffer.from('1') },
    ]);

    const { bundle, uploaded } = await describeBundle(around);

    expect(bundle).toMatchObject({ name: 'app-release.aab', sizeBytes: build.length, sha256: sha256(build) });
    expect(uploaded.equals(build)).toBe(true);
  });

  it.each(['BundleConfig.pb', 'AndroidManifest.xml', 'Payload/Shop.app/Info.plist'])(
    'is the whole artifact where that is a build, which is an archive, too: %s',
    async (inside) => {
      const whole = archive([
        { name: inside, content: Buffer.from('1') },
        { name: 'assets/plugin.apk', content: build },
      ]);

      const { bundle, uploaded } = await describeBundle(whole);

      expect(bundle).toMatchObject({ sha256: sha256(whole), entry: null });
      expect(uploaded.equals(whole)).toBe(true);
    },
  );

  it('is refused where several could be meant, or it cannot be unpacked', async () => {
    const two = archive([
      { name: 'a.aab', content: build },
      { name: 'b.aab', content: build },
    ]);
    const odd = archive([{ name: 'a.aab', content: build, method: 12 }]);

    await expect(describeBundle(two)).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining('a.aab, b.aab') });
    await expect(describeBundle(odd)).rejects.toMatchObject({ kind: 'invalid' });
  });

  it.each([
    ['cannot be unpacked', Buffer.alloc(100_000, 'build')],
    ['is another than its check says', build],
  ])('is refused, and does not end early, where it %s', async (_what, content) => {
    const damaged = archive([{ name: 'a.aab', content }]);
    damaged.fill(0xff, 60, 90);

    await expect(describeBundle(damaged)).rejects.toMatchObject({ kind: 'invalid', message: expect.stringContaining('damaged') });
  });

  it('is none where nothing is kept', async () => {
    expect(await createBundleFiles(store).describe('tenant/none')).toBeNull();
  });
});
