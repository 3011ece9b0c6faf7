import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactStoreFullError, createDirectoryStore } from '../../src/platform/artifact-store.ts';
import { createS3Store } from '../../src/platform/s3-store.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createS3Fake, type S3Fake } from '../fakes/s3/index.ts';
import { artifactStoreContract } from './artifact-store.contract.ts';

artifactStoreContract('a directory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-artifacts-'));
  return {
    store: createDirectoryStore(directory),
    count: async () => (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).length,
    close: () => rm(directory, { recursive: true, force: true }),
  };
});

const storeOf = (fake: S3Fake, secret = fake.secretAccessKey) =>
  createS3Store({
    ...{ bucket: fake.bucket, endpoint: fake.origin, region: fake.region, pathStyle: true, partBytes: 4000 },
    ...{ accessKeyId: fake.accessKeyId, secretAccessKey: new Secret(secret) },
  });

artifactStoreContract('a bucket', async () => {
  const fake = await createS3Fake({ smallestPart: 4000 });
  const store = storeOf(fake);
  return {
    store,
    count: async () => fake.objects.size + fake.open.size,
    async close() {
      store.close();
      await fake.close();
    },
  };
});

it.runIf(process.platform === 'linux')('a directory keeps no file open that is read or given up', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-artifacts-'));
  const store = createDirectoryStore(directory);
  await store.put('t/a', new Blob([Buffer.alloc(1000)]).stream(), { maxBytes: 1000 });

  await new Response((await store.open('t/a'))?.body).arrayBuffer();
  await (await store.open('t/a'))?.body.cancel();

  const links = (await readdir('/proc/self/fd')).map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => ''));
  expect((await Promise.all(links)).filter((path) => path.startsWith(directory))).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

describe('a bucket', () => {
  let fake: S3Fake;
  let store: ReturnType<typeof storeOf>;
  beforeAll(async () => {
    fake = await createS3Fake({ smallestPart: 4000 });
    store = storeOf(fake);
  });
  afterAll(async () => {
    store.close();
    await fake.close();
  });
  beforeEach(() => {
    fake.calls.length = 0;
  });

  const put = (bytes: number, key = 't/a') => store.put(key, new Blob([Buffer.alloc(bytes)]).stream(), { maxBytes: 100_000 });

  it('is sent what is small at once, and what is large in parts', async () => {
    await put(3999, 't/small');
    const small = [...fake.calls];
    await store.put('t/large', new Blob([Buffer.alloc(4000), Buffer.alloc(10)]).stream(), { maxBytes: 100_000 });

    expect(small).toEqual(['PUT t/small']);
    expect(fake.calls.slice(1)).toEqual(['POST t/large', ...fake.calls.slice(2, -1), 'POST t/large']);
    expect(fake.calls.filter((call) => call.includes('?')).length).toBeGreaterThan(0);
  });

  it.each([
    [507, 'XMinioStorageFull'],
    [403, 'QuotaExceeded'],
  ])('that is full says so: %i %s', async (status, code) => {
    // The client tries what may pass again by itself.
    for (let count = 0; count < 3; count += 1) fake.failNext('PUT', status, code);

    await expect(put(10)).rejects.toBeInstanceOf(ArtifactStoreFullError);
    for (let left = 0; left < 3; left += 1) await put(10, 't/rest').catch(() => undefined);
  });

  it('refuses another secret, and the refusal does not show it', async () => {
    const other = storeOf(fake, 'another-secret-key');

    const error = await other.open('t/a').catch((reason: unknown) => reason);
    other.close();

    expect(String(error)).toContain('SignatureDoesNotMatch');
    expect(JSON.stringify(error)).not.toContain('another-secret-key');
  });
});
