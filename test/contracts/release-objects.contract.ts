import { describe, expect } from 'vitest';
import type { ReleaseObjects } from '../../src/integrations/capabilities/release-objects.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';
import { ten, writes } from './source-control-world.ts';

/** What happens in the repository without the adapter. */
export interface ReleaseObjectsWorld {
  /** A new commit on the default branch with a tag of this name; the commit. */
  seedTag(name: string): string;
  tags(): Record<string, string>;
  releaseObjects(): { tag: string; name: string; body: string; prerelease: boolean }[];
  endpoints: { createReleaseObject: CallMatch };
}

export type ReleaseObjectsHarness = AdapterHarness<ReleaseObjects, ReleaseObjectsWorld>;

const notes = { tag: 'v1', name: 'Release 1', body: '## Notes\n\n- first', prerelease: false };

export function releaseObjectsContract(
  name: string,
  makeHarness: () => Promise<ReleaseObjectsHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the release-objects contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    ensureTests(tests);
    faultTests<ReleaseObjects, ReleaseObjectsWorld, ReleaseObjectsHarness>(tests, {
      reads: [],
      writes: [
        {
          name: 'ensureReleaseObject',
          prepare: async ({ world }) => void world.seedTag('v1'),
          match: ({ world }) => world.endpoints.createReleaseObject,
          call: (subject) => subject.ensureReleaseObject(notes),
          effects: ({ world }) => world.releaseObjects().length,
        },
      ],
    });
    tests.end();
  });
}

function ensureTests({ test }: ContractTests<ReleaseObjectsHarness>): void {
  test('an absent release object is null', async ({ connect }) => {
    expect(await connect().findReleaseObject('v9.9.9')).toBeNull();
  });

  test('a release object ensured twice, then ten times at once, is made once', async ({ connect, world }) => {
    world.seedTag('v1');

    const first = await connect().ensureReleaseObject(notes);
    const written = writes(world);
    await connect().ensureReleaseObject(notes);
    await ten(() => connect().ensureReleaseObject(notes));

    expect(writes(world)).toBe(written);
    expect(first).toMatchObject(notes);
    expect(await connect().findReleaseObject('v1')).toEqual(first);
    expect(world.releaseObjects()).toEqual([notes]);
  });

  test('ten attempts making a release object at once make one', async ({ connect, world }) => {
    world.seedTag('v1');

    await ten(() => connect().ensureReleaseObject(notes));

    expect(world.releaseObjects()).toEqual([notes]);
  });

  test('a release object that differs is brought in line', async ({ connect, world }) => {
    world.seedTag('v1');
    const first = await connect().ensureReleaseObject({ ...notes, prerelease: true, body: 'draft' });

    const second = await connect().ensureReleaseObject(notes);

    expect(second).toEqual({ ...first, ...notes });
    expect(world.releaseObjects()).toEqual([notes]);
  });

  test('a release object of a tag that does not exist is not-found and makes no tag', async ({ connect, world }) => {
    await expect(connect().ensureReleaseObject(notes)).rejects.toMatchObject({ kind: 'not-found' });

    expect(world.tags()).toEqual({});
    expect(world.releaseObjects()).toEqual([]);
  });
}
