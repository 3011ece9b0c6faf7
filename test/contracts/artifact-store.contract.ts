import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArtifactStore, ArtifactTooLargeError } from '../../src/platform/artifact-store.ts';

export interface ArtifactStoreHarness {
  store: ArtifactStore;
  /** How many artifacts there are, and what arrives or is left of it. */
  count(): Promise<number>;
  close(): Promise<void>;
}

/** What every place that keeps artifacts promises. */
export function artifactStoreContract(name: string, open: () => Promise<ArtifactStoreHarness>): void {
  describe(`artifact store: ${name}`, () => {
    let harness: ArtifactStoreHarness;
    let key: string;
    let number = 0;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());
    const fresh = () => {
      number += 1;
      key = `tenant/uploads/${number}`;
      return key;
    };

    async function* pieces(count: number, bytes: number, end?: Error): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < count; index += 1) yield Buffer.alloc(bytes, index);
      if (end !== undefined) throw end;
    }
    const expected = (count: number, bytes: number) =>
      Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(bytes, index)));
    const put = (count: number, bytes: number, end?: Error, maxBytes = 1_000_000) =>
      harness.store.put(key, pieces(count, bytes, end), { maxBytes });
    const read = async (range?: { first: number; last: number }) => {
      const found = await harness.store.open(key, range);
      return found && { bytes: Buffer.from(await new Response(found.body).arrayBuffer()), sizeBytes: found.sizeBytes };
    };

    it.each([
      ['nothing', 0, 0],
      ['a little', 1, 5],
      ['a lot, in pieces that fit no part', 33, 1000],
    ])('gives back what it was given, with size and digest: %s', async (_what, count, bytes) => {
      fresh();
      const stored = await put(count, bytes);

      const whole = expected(count, bytes);
      expect(stored).toEqual({ sizeBytes: whole.length, sha256: createHash('sha256').update(whole).digest('hex') });
      expect(await read()).toEqual({ bytes: whole, sizeBytes: whole.length });
    });

    it('takes what arrives as a stream of the web, too', async () => {
      await harness.store.put(fresh(), new Blob(['bytes']).stream(), { maxBytes: 10 });

      expect((await read())?.bytes.toString()).toBe('bytes');
    });

    it('gives back a range, and the size of the whole', async () => {
      fresh();
      await put(3, 10_000);

      const part = await read({ first: 9_998, last: 20_001 });

      expect(part).toEqual({ bytes: expected(3, 10_000).subarray(9_998, 20_002), sizeBytes: 30_000 });
    });

    it.each([
      ['at once', 0],
      ['in its midst', 20],
    ])('keeps nothing of what breaks off %s, and what was there stays', async (_when, count) => {
      fresh();
      await put(1, 5);
      const before = await harness.count();

      await expect(put(count, 1000, new Error('cut'))).rejects.toThrow('cut');

      expect((await read())?.bytes).toEqual(expected(1, 5));
      expect(await harness.count()).toBe(before);
    });

    it('keeps nothing of what grows too large, and all of what just fits', async () => {
      fresh();
      const before = await harness.count();

      await expect(put(20, 1000, undefined, 19_999)).rejects.toBeInstanceOf(ArtifactTooLargeError);
      const after = await harness.count();
      await put(20, 1000, undefined, 20_000);

      expect(after).toBe(before);
      expect((await read())?.sizeBytes).toBe(20_000);
    });

    it('replaces what is put again under the key', async () => {
      fresh();
      await put(20, 1000);
      await put(1, 3);

      expect(await read()).toEqual({ bytes: expected(1, 3), sizeBytes: 3 });
    });

    it('has nothing under an unknown or removed key, and removing nothing is fine', async () => {
      fresh();
      await put(1, 3);

      await harness.store.remove(key);
      await harness.store.remove(key);

      expect(await read()).toBeNull();
      expect(await harness.store.open('tenant/none')).toBeNull();
    });

    it('lets go of what is opened and not read', async () => {
      fresh();
      await put(50, 10_000);
      for (let count = 0; count < 20; count += 1) {
        const found = await harness.store.open(key);
        await found?.body.cancel();
      }

      expect((await read())?.sizeBytes).toBe(500_000);
    });

    it.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', '', 'a\0b'])('refuses the key %j', async (wrong) => {
      await expect(async () => harness.store.open(wrong)).rejects.toThrow('no key');
      await expect(async () => harness.store.remove(wrong)).rejects.toThrow('no key');
      await expect(harness.store.put(wrong, pieces(1, 1), { maxBytes: 1 })).rejects.toThrow('no key');
    });
  });
}
