import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ArtifactStore, ArtifactTooLargeError, createDirectoryStore } from './artifact-store.ts';

describe('a directory of artifacts', () => {
  let directory: string;
  let store: ArtifactStore;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'signalbox-artifacts-'));
    store = createDirectoryStore(directory);
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const arriving = (chunks: readonly string[], end?: Error) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(Buffer.from(chunk));
        if (end) controller.error(end);
        else controller.close();
      },
    });

  const files = async () => (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());

  const read = async (key: string) => {
    const found = await store.open(key);
    return found && { text: await new Response(found.body).text(), sizeBytes: found.sizeBytes };
  };

  it('gives back what it was given, with size and digest', async () => {
    const stored = await store.put('t/b/1', arriving(['app', '-', 'bytes']), { maxBytes: 100 });

    expect(stored).toEqual({ sizeBytes: 9, sha256: createHash('sha256').update('app-bytes').digest('hex') });
    expect(await read('t/b/1')).toEqual({ text: 'app-bytes', sizeBytes: 9 });
  });

  it('keeps nothing of what breaks off or grows too large, and what was there stays', async () => {
    await store.put('t/b/1', arriving(['first']), { maxBytes: 100 });

    const broken = store.put('t/b/1', arriving(['sec'], new Error('cut')), { maxBytes: 100 });
    await expect(broken).rejects.toThrow('cut');
    const large = store.put('t/b/1', arriving(['123456']), { maxBytes: 5 });
    await expect(large).rejects.toThrow(ArtifactTooLargeError);

    expect(await read('t/b/1')).toMatchObject({ text: 'first' });
    expect(await files()).toHaveLength(1);
  });

  it('replaces what is put again under the key', async () => {
    await store.put('t/b/1', arriving(['first']), { maxBytes: 100 });
    await store.put('t/b/1', arriving(['second']), { maxBytes: 100 });

    expect(await read('t/b/1')).toMatchObject({ text: 'second' });
  });

  it('has nothing under an unknown or removed key', async () => {
    await store.put('t/b/1', arriving(['x']), { maxBytes: 100 });

    await store.remove('t/b/1');
    await store.remove('t/b/1');

    expect(await store.open('t/b/1')).toBeNull();
    expect(await store.open('t')).toBeNull();
    expect(await store.open('t/none')).toBeNull();
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', '', '.arriving', 'a/.hidden', 'a\0b'])('refuses the key %j', async (key) => {
    await expect(async () => store.open(key)).rejects.toThrow('no key');
    await expect(store.put(key, arriving(['x']), { maxBytes: 1 })).rejects.toThrow('no key');
    expect(await files()).toEqual([]);
  });
});
