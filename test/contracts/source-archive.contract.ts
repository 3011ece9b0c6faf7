import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Parser, type ReadEntry } from 'tar';
import { describe, expect } from 'vitest';
import type { SourceArchive } from '../../src/integrations/capabilities/source-archive.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { type CallMatch, startFakeServer } from '../fakes/fake-server.ts';
import { type AdapterHarness, all, type ContractTests, contractTests } from './adapter-harness.ts';
import { failure, faultCases, faultTests } from './fault-cases.ts';

/** What happens in the repository without the adapter. */
export interface SourceArchiveWorld {
  /** A new commit on the default branch with these files beside those before; the commit. */
  seedCommit(files: Record<string, string>): string;
  /** The call that asks for the archive, and the one that delivers it where that is another. */
  endpoints: { ask: CallMatch; deliver: CallMatch };
}

export type SourceArchiveHarness = AdapterHarness<SourceArchive, SourceArchiveWorld>;

/** More than every buffer on the way holds, also when it is compressed. */
const LARGE = 400_000;
const noise = (length: number) =>
  Array.from({ length }, (_each, index) => String.fromCharCode(33 + ((index * 7919 + (index >> 4) * 31) % 90))).join('');

/** What everything that gives the files of a commit promises. */
export function sourceArchiveContract(name: string, makeHarness: () => Promise<SourceArchiveHarness>): void {
  describe(`${name} keeps the source-archive contract`, () => {
    const tests = contractTests(makeHarness);
    contentTests(tests);
    brokenTests(tests);
    faultTests<SourceArchive, SourceArchiveWorld, SourceArchiveHarness>(tests, {
      reads: [
        {
          name: 'openArchive',
          match: ({ world }) => world.endpoints.ask,
          call: async (subject, { world }) => (await all((await subject.openArchive(world.seedCommit({ a: noise(LARGE) }))).body)).length,
        },
      ],
      writes: [],
      // A redirect has no middle; what delivers the archive is cut above.
      cases: faultCases.filter(({ fault }) => fault.mode !== 'cut-body'),
    });
    tests.end();
  });
}

/** Content by path below the one folder. */
async function filesOf(archive: SourceArchive, commit: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const folders = new Set<string>();
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const [folder = '', ...path] = entry.path.split('/');
      folders.add(folder);
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        if (entry.type === 'File') files[path.join('/')] = Buffer.concat(chunks).toString('utf8');
      });
    },
  });
  const { body } = await archive.openArchive(commit);
  await pipeline(Readable.from(body), parser as unknown as NodeJS.WritableStream);
  expect([...folders]).toEqual([expect.stringMatching(/./)]);
  return files;
}

function contentTests({ test }: ContractTests<SourceArchiveHarness>): void {
  test('has every file as of the commit below one folder, whatever was pushed since', async ({ connect, world }) => {
    const files = { 'README.md': 'first\n', 'src/deep/Übung.ts': 'export {};\n' };
    const commit = world.seedCommit(files);
    world.seedCommit({ 'README.md': 'second\n' });

    expect(await filesOf(connect(), commit)).toMatchObject(files);
  });

  test('of an unknown commit, and of what is no commit, is not-found', async ({ connect, world }) => {
    const commit = world.seedCommit({ a: 'b' });

    for (const unknown of ['e'.repeat(40), commit.slice(0, 8), 'main', '', `${commit}/../..`, '../../user']) {
      await expect(connect().openArchive(unknown), unknown).rejects.toMatchObject({ kind: 'not-found' });
    }
  });
}

function brokenTests({ test }: ContractTests<SourceArchiveHarness>): void {
  test('that breaks off errors the stream, and the next one arrives', async ({ connect, world }) => {
    const commit = world.seedCommit({ large: noise(LARGE) });
    world.failNext({ match: world.endpoints.deliver, mode: 'cut-body' });

    const error = await failure(
      connect()
        .openArchive(commit)
        .then(({ body }) => all(body)),
    );

    world.clearFaults();
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'unavailable' });
    expect((await filesOf(connect(), commit)).large).toHaveLength(LARGE);
  });

  test('is fetched from another host without our credentials', async ({ connect, world, secret }) => {
    const commit = world.seedCommit({ a: 'b' });
    const elsewhere = await startFakeServer();
    elsewhere.route('GET', '/signed', () => ({
      status: 200,
      body: Buffer.from('archive'),
      headers: { 'content-type': 'application/gzip' },
    }));
    world.failNext({ match: world.endpoints.ask, status: 302, headers: { location: `${elsewhere.origin}/signed?for=a-minute` } });

    const arrived = Buffer.concat(await all((await connect().openArchive(commit)).body)).toString();
    await elsewhere.close();

    expect(arrived).toBe('archive');
    const sent = JSON.stringify(elsewhere.calls.map(({ headers, path }) => ({ headers, path })));
    for (const form of [secret, Buffer.from(secret).toString('base64'), 'authorization', 'private-token']) expect(sent).not.toContain(form);
  });

  test('that never comes is given up, and one that is not wanted any more stops with the reason', async ({ connect, world }) => {
    const commit = world.seedCommit({ large: noise(LARGE) });
    world.failNext({ match: world.endpoints.deliver, mode: 'hang' });
    await expect(connect({ timeoutMs: 150 }).openArchive(commit)).rejects.toMatchObject({ kind: 'timeout' });
    world.clearFaults();

    const lost = new Error('lease lost');
    const attempt = new AbortController();
    const { body } = await connect({ signal: attempt.signal }).openArchive(commit);
    attempt.abort(lost);

    expect(await failure(all(body))).toBe(lost);
  });
}
