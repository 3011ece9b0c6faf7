import { expect } from 'vitest';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import type { FaultyWrite } from './fault-cases.ts';
import { AWKWARD_NAMES, type SourceControlHarness, type SourceControlTests, ten, writes } from './source-control-world.ts';

/** Taking back what a release made. */

export function deletionTests({ test }: SourceControlTests): void {
  test('a deleted branch is gone, whatever its name, and others stay', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    for (const name of AWKWARD_NAMES) await connect().ensureBranch(name, at);

    for (const name of AWKWARD_NAMES) await connect().deleteBranch(name, { expectedHead: at });

    expect(Object.keys(world.branches())).toEqual([world.defaultBranch]);
  });

  test('a deleted tag is gone, whatever its name, and branches of its name stay', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    await connect().ensureBranch(AWKWARD_NAMES[0] ?? '', at);
    for (const name of AWKWARD_NAMES) await connect().ensureTag(name, at, { message: 'one' });

    for (const name of AWKWARD_NAMES) await connect().deleteTag(name, { expectedCommit: at });

    expect(world.tags()).toEqual({});
    expect(world.branches()).toHaveProperty([AWKWARD_NAMES[0] ?? ''], at);
  });

  test('what is absent already is success and asks for nothing', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    const before = writes(world);

    await connect().deleteBranch('release/none', { expectedHead: at });
    await connect().deleteTag('v9.9.9', { expectedCommit: at });

    expect(writes(world)).toBe(before);
  });

  test('ten attempts deleting at once all succeed', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    await connect().ensureBranch('release/1', at);
    await connect().ensureTag('v1', at, { message: 'one' });

    await ten(() => connect().deleteBranch('release/1', { expectedHead: at }));
    await ten(() => connect().deleteTag('v1', { expectedCommit: at }));

    expect([Object.keys(world.branches()), world.tags()]).toEqual([[world.defaultBranch], {}]);
  });

  test('a branch that people have pushed to since, and a tag that was moved, are a conflict and stay', async ({ connect, world }) => {
    const [older = '', newer = ''] = world.seedCommits(world.defaultBranch, 2);
    await connect().ensureBranch('release/1', newer);
    await connect().ensureTag('v1', newer, { message: 'one' });

    await expect(connect().deleteBranch('release/1', { expectedHead: older })).rejects.toMatchObject({ kind: 'conflict' });
    await expect(connect().deleteTag('v1', { expectedCommit: older })).rejects.toMatchObject({ kind: 'conflict' });

    expect(world.branches()['release/1']).toBe(newer);
    expect(world.tags()).toEqual({ v1: newer });
  });

  test('a protected branch is refused and stays', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    await connect().ensureBranch('kept', at);
    world.protect('kept');

    const deleting = connect().deleteBranch('kept', { expectedHead: at });

    await expect(deleting).rejects.toMatchObject({ kind: expect.stringMatching(/^(invalid|forbidden|conflict)$/) });
    expect(world.branches().kept).toBe(at);
  });
}

const headOf = ({ world }: SourceControlHarness) => world.branches()[world.defaultBranch] ?? '';

export const deletionWrites: FaultyWrite<SourceControlHarness, SourceControl>[] = [
  {
    name: 'deleteBranch',
    prepare: async (harness) => void (await harness.connect().ensureBranch('release/1', headOf(harness))),
    match: ({ world }) => world.endpoints.deleteBranch,
    call: (subject, harness) => subject.deleteBranch('release/1', { expectedHead: headOf(harness) }),
    effects: ({ world }) => ('release/1' in world.branches() ? 0 : 1),
  },
  {
    name: 'deleteTag',
    prepare: async (harness) => void (await harness.connect().ensureTag('v1', headOf(harness), { message: 'one' })),
    match: ({ world }) => world.endpoints.deleteTag,
    call: (subject, harness) => subject.deleteTag('v1', { expectedCommit: headOf(harness) }),
    effects: ({ world }) => ('v1' in world.tags() ? 0 : 1),
  },
];
