import { describe, expect } from 'vitest';
import type { FileSharing } from '../../src/integrations/capabilities/messaging.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultyWrite, failure, faultTests } from './fault-cases.ts';

/** Files to a channel, streamed. */

export interface FileWorld {
  files(channelId: string): { id: string; name: string; bytes: Buffer; threadId: string | null }[];
  /** A message to reply to. */
  addMessage(channelId: string): string;
}

export interface FileSharingHarness extends AdapterHarness<FileSharing, FileWorld> {
  channelId: string;
  unknownChannelId: string;
  /** The call that makes it visible. */
  match: CallMatch;
}

type Tests = ContractTests<FileSharingHarness>;

const CHUNK = 50_000;

function chunks(count: number) {
  const bytes = Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(CHUNK, index)));
  const seen = { opened: 0, read: 0 };
  async function* open() {
    seen.opened += 1;
    for (let index = 0; index < count; index += 1) {
      seen.read += 1;
      yield bytes.subarray(index * CHUNK, (index + 1) * CHUNK);
    }
  }
  return { bytes, open, seen, sizeBytes: bytes.length };
}

export function fileSharingContract(
  name: string,
  makeHarness: () => Promise<FileSharingHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the file sharing contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    shareTests(tests);
    faultTests<FileSharing, FileWorld, FileSharingHarness>(tests, { reads: [], writes: [faultyShare] });
    tests.end();
  });
}

function shareTests({ test }: Tests): void {
  test('a file arrives as it is, read once', async ({ connect, world, channelId }) => {
    const { bytes, open, seen, sizeBytes } = chunks(7);

    const shared = await connect().shareFile({ channelId, name: 'notes "1.2.0" größe.txt', sizeBytes, open });

    expect(shared).toEqual({ id: expect.stringMatching(/./), url: expect.stringMatching(/^https?:/) });
    const [file] = world.files(channelId);
    expect(file).toMatchObject({ id: shared.id, name: 'notes "1.2.0" größe.txt', threadId: null });
    expect(file?.bytes.equals(bytes)).toBe(true);
    expect(seen).toEqual({ opened: 1, read: 7 });
  });

  test('into a thread', async ({ connect, world, channelId }) => {
    const threadId = world.addMessage(channelId);
    const { open, sizeBytes } = chunks(1);

    await connect().shareFile({ channelId, threadId, name: 'a.txt', sizeBytes, open });

    expect(world.files(channelId)).toMatchObject([{ name: 'a.txt', threadId }]);
  });

  test('is found where it was shared, and nowhere else', async ({ connect, channelId, unknownChannelId }) => {
    const { open, sizeBytes } = chunks(1);
    const shared = await connect().shareFile({ channelId, name: 'a.txt', sizeBytes, open });

    expect(await connect().findShared({ channelId, fileId: shared.id })).toEqual(shared);
    expect(await connect().findShared({ channelId: unknownChannelId, fileId: shared.id })).toBeNull();
    expect(await connect().findShared({ channelId, fileId: `${shared.id}0` })).toBeNull();
  });

  test('has its id told once all of it has arrived, and stays unseen where that is not taken', async ({ connect, world, channelId }) => {
    const { open, sizeBytes, seen } = chunks(2);
    const told: { id: string; read: number; shown: number }[] = [];
    const gone = new Error('somebody else has it by now');
    const onArrived = async (id: string) => {
      told.push({ id, read: seen.read, shown: world.files(channelId).length });
      throw gone;
    };

    expect(await failure(connect().shareFile({ channelId, name: 'a.txt', sizeBytes, open, onArrived }))).toBe(gone);
    expect(told).toEqual([{ id: expect.stringMatching(/./), read: 2, shown: 0 }]);
    expect(world.files(channelId)).toEqual([]);
    expect(await connect().findShared({ channelId, fileId: told[0]?.id ?? '' })).toBeNull();
  });

  test('a file that is not as long as it was said to be is shared with nobody', async ({ connect, world, channelId }) => {
    for (const by of [-1, 1]) {
      const { open, sizeBytes } = chunks(2);

      await failure(connect().shareFile({ channelId, name: 'a.txt', sizeBytes: sizeBytes + by, open }));
    }

    expect(world.files(channelId)).toEqual([]);
  });

  test('what reading the file throws comes out as it is, and nothing is shared', async ({ connect, world, channelId }) => {
    const gone = new Error('the file is gone');
    async function* open(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(10);
      throw gone;
    }

    expect(await failure(connect().shareFile({ channelId, name: 'a.txt', sizeBytes: 20, open }))).toBe(gone);
    expect(world.files(channelId)).toEqual([]);
  });

  test('an unknown channel is not-found', async ({ connect, unknownChannelId }) => {
    const { open, sizeBytes } = chunks(1);

    const error = await providerError(connect().shareFile({ channelId: unknownChannelId, name: 'a.txt', sizeBytes, open }));

    expect(error.kind).toBe('not-found');
  });
}

const share = (subject: FileSharing, { channelId }: FileSharingHarness) => {
  const { open, sizeBytes } = chunks(1);
  return subject.shareFile({ channelId, name: 'a.txt', sizeBytes, open });
};

const faultyShare: FaultyWrite<FileSharingHarness, FileSharing> = {
  name: 'share',
  match: ({ match }) => match,
  call: share,
  // Not idempotent by itself: whoever tries again looks whether it is there.
  retry: async (subject, harness) => (harness.world.files(harness.channelId).length === 0 ? share(subject, harness) : undefined),
  effects: ({ world, channelId }) => world.files(channelId).length,
};
