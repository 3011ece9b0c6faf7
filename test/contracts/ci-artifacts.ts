import { expect } from 'vitest';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { all } from './adapter-harness.ts';
import { type CiHarness, type CiTests, ensureRun } from './ci-world.ts';
import { failure } from './fault-cases.ts';

/** The part of the ci contract that lists and fetches what runs have built. */

/** More than every buffer on the way holds. */
const LARGE = 16 * 1024 * 1024;

export function artifactTests(tests: CiTests): void {
  listedTests(tests);
  fetchedTests(tests);
  brokenDownloadTests(tests);
}

/** A run that has left one artifact with this content. */
async function built(harness: CiHarness, content?: Uint8Array): Promise<{ handle: string; artifactId: string }> {
  const { connect, world } = harness;
  const handle = await ensureRun(connect(), harness);
  world.advance(handle, 'succeeded');
  world.seedArtifacts(handle, 1, content);
  const [artifact] = await all(connect().artifacts(handle));
  return { handle, artifactId: artifact?.id ?? '' };
}

/** Every byte value, in an order that a wrong decoding would not survive. */
const bytes = (count: number) => Uint8Array.from({ length: count }, (_each, index) => (index * 7 + (index >> 8)) % 256);

function listedTests({ test }: CiTests): void {
  test('artifacts are listed to the last of three pages; a run without any has none', async (harness) => {
    const { connect, world } = harness;
    const handle = await ensureRun(connect(), harness);
    expect(await all(connect().artifacts(handle))).toEqual([]);
    world.advance(handle, 'succeeded');
    world.seedArtifacts(handle, 230);

    const artifacts = await all(connect().artifacts(handle));

    expect(new Set(artifacts.map((artifact) => artifact.name)).size).toBe(230);
    expect(artifacts[0]).toMatchObject({ expired: false, sizeBytes: expect.any(Number), url: expect.stringMatching(/^http/) });
  });
}

function fetchedTests({ test }: CiTests): void {
  test('an artifact arrives byte for byte, with its size where the provider tells', async (harness) => {
    const content = bytes(300_000);
    const { handle, artifactId } = await built(harness, content);

    const download = await harness.connect().openArtifact(handle, artifactId);

    expect([null, content.length]).toContain(download.sizeBytes);
    const arrived = Buffer.concat(await all(download.body));
    expect(arrived.equals(content)).toBe(true);
  });

  test('an artifact that does not exist, whatever its id looks like, and one of an unknown run are not-found', async (harness) => {
    const { connect } = harness;
    const { handle, artifactId } = await built(harness);

    for (const id of ['987654321', '../../user', 'a b', '']) {
      await expect(connect().openArtifact(handle, id)).rejects.toMatchObject({ kind: 'not-found' });
    }
    await expect(connect().openArtifact('987654321', artifactId)).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('an expired artifact is not-found', async (harness) => {
    const { handle, artifactId } = await built(harness);
    harness.world.expireArtifacts(handle);

    await expect(harness.connect().openArtifact(handle, artifactId)).rejects.toMatchObject({ kind: 'not-found' });
  });
}

function brokenDownloadTests({ test }: CiTests): void {
  test('a download that breaks off errors the stream, and the next one arrives', async (harness) => {
    const content = bytes(300_000);
    const { handle, artifactId } = await built(harness, content);
    harness.world.failNext({ match: harness.world.endpoints.download, mode: 'cut-body' });

    const broken = await harness.connect().openArtifact(handle, artifactId);
    const error = await failure(all(broken.body));

    harness.world.clearFaults();
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ kind: 'unavailable' });
    const whole = await harness.connect().openArtifact(handle, artifactId);
    expect(Buffer.concat(await all(whole.body)).equals(content)).toBe(true);
  });

  test('a download that is refused, or that nobody answers, is told by its kind', async (harness) => {
    const { connect, world } = harness;
    const { handle, artifactId } = await built(harness);

    for (const [fault, kind] of [
      [{ status: 403 }, 'forbidden'],
      [{ status: 404 }, 'not-found'],
      [{ status: 503 }, 'unavailable'],
      [{ mode: 'drop-before' }, 'unavailable'],
      [{ mode: 'hang' }, 'timeout'],
    ] as const) {
      world.failNext({ match: world.endpoints.download, ...fault });
      const timeoutMs = kind === 'timeout' ? 150 : 10_000;
      await expect(connect({ timeoutMs }).openArtifact(handle, artifactId)).rejects.toMatchObject({ kind });
      world.clearFaults();
    }
  });

  test("an abort stops a download under way with the abort's reason", async (harness) => {
    const { handle, artifactId } = await built(harness, bytes(LARGE));
    const lost = new Error('lease lost');
    const attempt = new AbortController();
    const { body } = await harness.connect({ signal: attempt.signal }).openArtifact(handle, artifactId);
    const reader = body.getReader();
    await reader.read();

    attempt.abort(lost);
    const reading = (async () => {
      while (!(await reader.read()).done);
    })();

    expect(await failure(reading)).toBe(lost);
  });

  test('a download of an attempt aborted before calls nobody', async (harness) => {
    const { handle, artifactId } = await built(harness);
    const lost = new Error('lease lost');
    const callsBefore = harness.world.calls.length;

    const error = await failure(harness.connect({ signal: AbortSignal.abort(lost) }).openArtifact(handle, artifactId));

    expect(error).toBe(lost);
    expect(harness.world.calls.length).toBe(callsBefore);
  });
}
