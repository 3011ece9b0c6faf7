import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { StoreApp } from '../../src/integrations/capabilities/app-store.ts';
import type { StoreUpload, UploadFile } from '../../src/integrations/capabilities/store-upload.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, lock, providerError } from './contract-case.ts';
import { failure, faultTests } from './fault-cases.ts';
import { ten } from './source-control-world.ts';

interface StoreUploadWorld {
  app: StoreApp;
  unknownApp: StoreApp;
  /** A file the store takes for the build of this number; other fillings make other files of it. */
  content(buildNumber: string, filling?: string): Uint8Array;
  /** Somebody else has uploaded it. */
  addBuild(buildNumber: string, content: Uint8Array): void;
  /** What the store keeps. */
  builds(): { buildNumber: string; sha256: string }[];
  /** The call that carries the file, and the one after which the store keeps it. */
  upload: CallMatch & { path: RegExp };
  keep: CallMatch;
}

export type StoreUploadHarness = AdapterHarness<StoreUpload, StoreUploadWorld>;
type Tests = ContractTests<StoreUploadHarness>;

const BUILD = '4200';

export function storeUploadContract(
  name: string,
  makeHarness: () => Promise<StoreUploadHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the store-upload contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    uploadingTests(tests);
    repeatingTests(tests);
    refusalTests(tests);
    faultTests<StoreUpload, StoreUploadWorld, StoreUploadHarness>(tests, {
      reads: [],
      writes: [
        {
          name: 'ensureUploaded',
          match: ({ world }) => world.keep,
          call: (subject, harness) => subject.ensureUploaded(wanted(harness)),
          effects: ({ world }) => world.builds().length,
        },
      ],
    });
    tests.end();
  });
}

interface Opened {
  times: number;
  isClosed: boolean;
}

/** A file in chunks of so many bytes. */
function fileOf(content: Uint8Array, changes: Partial<UploadFile> = {}, chunkBytes = 16): UploadFile & { opened: Opened } {
  const opened: Opened = { times: 0, isClosed: false };
  async function* open() {
    opened.times += 1;
    try {
      for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
    } finally {
      opened.isClosed = true;
    }
  }
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { name: 'app.aab', sizeBytes: content.length, sha256, open, opened, ...changes };
}

const wanted = ({ world }: StoreUploadHarness, file = fileOf(world.content(BUILD))) => ({ app: world.app, version: '4.2.0', file });
const uploads = ({ world }: StoreUploadHarness) => world.calls.filter(({ path }) => world.upload.path.test(path)).length;

function uploadingTests({ test }: Tests): void {
  test('uploading > the store keeps the file, every byte of it, as a build', async (harness) => {
    const { connect, world } = harness;
    const file = fileOf(world.content(BUILD, 'x'.repeat(300_000)), {}, 7_000);

    const build = await connect().ensureUploaded(wanted(harness, file));

    expect(build).toMatchObject({
      buildNumber: BUILD,
      id: expect.stringMatching(/./),
      state: { kind: expect.stringMatching(/ready|processing/) },
    });
    expect(world.builds()).toEqual([{ buildNumber: BUILD, sha256: file.sha256 }]);
    expect(file.opened).toEqual({ times: 1, isClosed: true });
  });

  test('uploading > leaves the builds that are there', async (harness) => {
    const { connect, world } = harness;
    world.addBuild('4199', world.content('4199'));

    await connect().ensureUploaded(wanted(harness));

    expect(world.builds().map(({ buildNumber }) => buildNumber)).toEqual(['4199', BUILD]);
  });
}

function repeatingTests({ test }: Tests): void {
  test('repeating > twice is one upload', async (harness) => {
    const first = await harness.connect().ensureUploaded(wanted(harness));
    const file = fileOf(harness.world.content(BUILD));

    const second = await harness.connect().ensureUploaded(wanted(harness, file));

    expect(second).toEqual(first);
    expect(uploads(harness)).toBe(1);
    expect(file.opened.times).toBe(0);
  });

  test('repeating > what somebody else uploaded is found by its digest', async (harness) => {
    const { connect, world } = harness;
    world.addBuild(BUILD, world.content(BUILD));

    const build = await connect().ensureUploaded(wanted(harness));

    expect(build).toMatchObject({ buildNumber: BUILD, state: { kind: 'ready' } });
    expect(uploads(harness)).toBe(0);
  });

  test('repeating > ten one after another, as the lock serialises them, are one', async (harness) => {
    const serialised = lock();

    await ten(() => serialised(() => harness.connect().ensureUploaded(wanted(harness))));

    expect(uploads(harness)).toBe(1);
  });

  test('repeating > ten at once leave one build, and whoever was refused is told so by the next try', async (harness) => {
    const { connect, world } = harness;

    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => connect().ensureUploaded(wanted(harness))));
    await connect().ensureUploaded(wanted(harness));

    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.kind).toMatch(/^(conflict|unavailable)$/);
    }
    expect(world.builds().map(({ buildNumber }) => buildNumber)).toEqual([BUILD]);
  });

  test('repeating > after a connection that was cut before or after the file arrived leaves one build', async (harness) => {
    const { connect, world } = harness;
    for (const mode of ['drop-before', 'drop-after', 'cut-body'] as const) {
      world.failNext({ match: world.upload, mode });
      expect((await providerError(connect().ensureUploaded(wanted(harness)))).kind, mode).toBe('unavailable');
    }

    await connect().ensureUploaded(wanted(harness));

    expect(world.builds().map(({ buildNumber }) => buildNumber)).toEqual([BUILD]);
  });
}

function refusalTests({ test }: Tests): void {
  test('refusing > the same number with other content is a conflict', async (harness) => {
    const { connect, world } = harness;
    world.addBuild(BUILD, world.content(BUILD, 'of somebody else'));
    const before = world.builds();

    const error = await providerError(connect().ensureUploaded(wanted(harness)));

    expect(error.kind).toBe('conflict');
    expect(world.builds()).toEqual(before);
  });

  test('refusing > a file that is not what its digest says is invalid, and nothing of it is kept', async (harness) => {
    const { connect, world } = harness;
    const file = fileOf(world.content(BUILD), { sha256: '0'.repeat(64) });

    const error = await providerError(connect().ensureUploaded(wanted(harness, file)));

    expect(error.kind).toBe('invalid');
    expect(world.builds()).toEqual([]);
  });

  test('refusing > what is no build is invalid', async (harness) => {
    const error = await providerError(harness.connect().ensureUploaded(wanted(harness, fileOf(Buffer.from('not a build')))));

    expect(error.kind).toBe('invalid');
    expect(harness.world.builds()).toEqual([]);
  });

  test('refusing > an app that is not there is not-found, and the file is not opened', async (harness) => {
    const file = fileOf(harness.world.content(BUILD));
    const request = { ...wanted(harness, file), app: harness.world.unknownApp };

    expect((await providerError(harness.connect().ensureUploaded(request))).kind).toBe('not-found');
    expect(file.opened.times).toBe(0);
  });

  test('refusing > a file that cannot be read ends with that trouble, and nothing of it is kept', async (harness) => {
    const { connect, world } = harness;
    const lost = new Error('the disk is gone');
    async function* open(): AsyncGenerator<Uint8Array> {
      yield world.content(BUILD);
      throw lost;
    }
    const file = fileOf(world.content(BUILD), { open, sizeBytes: 1_000 });

    expect(await failure(connect().ensureUploaded(wanted(harness, file)))).toBe(lost);
    expect(world.builds()).toEqual([]);
  });

  test('refusing > the upload itself is told by its kind', async (harness) => {
    const { connect, world } = harness;
    const kinds = { 401: 'unauthorized', 403: 'forbidden', 409: 'conflict', 413: 'invalid', 429: 'rate-limited', 503: 'unavailable' };
    for (const [status, kind] of Object.entries(kinds)) {
      world.failNext({ match: world.upload, status: Number(status) });
      expect((await providerError(connect().ensureUploaded(wanted(harness)))).kind, status).toBe(kind);
    }
    expect(world.builds()).toEqual([]);
  });
}
