import { describe, expect } from 'vitest';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import { contractTests } from './adapter-harness.ts';
import type { ContractSkip } from './contract-case.ts';
import { faultTests } from './fault-cases.ts';
import { changedFilesTests } from './source-control-changed-files.ts';
import { mergeTests, openPullRequestTests, pullRequestsOfTests } from './source-control-changes.ts';
import { cherryPickTests, picksOf } from './source-control-cherry-pick.ts';
import { deletionTests, deletionWrites } from './source-control-deleting.ts';
import { historyTests, pullRequestTests } from './source-control-history.ts';
import { fileTests, listTests, protectionTests } from './source-control-reading.ts';
import {
  ABSENT_COMMIT,
  AWKWARD_NAMES,
  type SourceControlHarness,
  type SourceControlTests,
  type SourceControlWorld,
  ten,
  writes,
} from './source-control-world.ts';

export type { SourceControlHarness, SourceControlWorld } from './source-control-world.ts';

export function sourceControlContract(
  name: string,
  makeHarness: () => Promise<SourceControlHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the source-control contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    branchTests(tests);
    tagTests(tests);
    deletionTests(tests);
    historyTests(tests);
    changedFilesTests(tests);
    pullRequestTests(tests);
    pullRequestsOfTests(tests);
    openPullRequestTests(tests);
    mergeTests(tests);
    cherryPickTests(tests);
    protectionTests(tests);
    fileTests(tests);
    listTests(tests);
    faults(tests);
    tests.end();
  });
}

function branchTests({ test }: SourceControlTests): void {
  test('an absent branch is null', async ({ connect }) => {
    expect(await connect().findBranch('release/none')).toBeNull();
  });

  test('a branch reads back as it was ensured, whatever its name', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);

    for (const name of AWKWARD_NAMES) {
      expect(await connect().ensureBranch(name, at)).toEqual({ name, head: at });
      expect(await connect().findBranch(name)).toEqual({ name, head: at });
    }
    expect(Object.keys(world.branches()).sort()).toEqual([...AWKWARD_NAMES, world.defaultBranch].sort());
  });

  test('a branch ensured twice is made once', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 2);

    const first = await connect().ensureBranch('release/1', at);
    const written = writes(world);
    const second = await connect().ensureBranch('release/1', at);

    expect(second).toEqual(first);
    expect(writes(world)).toBe(written);
    expect(Object.keys(world.branches()).sort()).toEqual([world.defaultBranch, 'release/1'].sort());
  });

  test('ten attempts ensuring a branch at once all succeed on one branch', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);

    const branches = await ten(() => connect().ensureBranch('release/1', at));

    expect(branches).toEqual(Array(10).fill({ name: 'release/1', head: at }));
  });

  test('a branch that people have pushed to since is still ours', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    await connect().ensureBranch('release/1', at);
    const head = world.seedCommits('release/1', 3).at(-1);

    const branch = await connect().ensureBranch('release/1', at);

    expect(branch).toEqual({ name: 'release/1', head });
  });

  test('a branch that does not contain the commit is a conflict and stays as it is', async ({ connect, world }) => {
    const head = world.seedCommits('release/1', 1).at(-1);
    const [elsewhere = ''] = world.seedCommits(world.defaultBranch, 1);

    const ensuring = connect().ensureBranch('release/1', elsewhere);

    await expect(ensuring).rejects.toMatchObject({ kind: 'conflict' });
    expect(world.branches()['release/1']).toBe(head);
  });

  test('a branch behind the commit is a conflict', async ({ connect, world }) => {
    const [older = '', newer = ''] = world.seedCommits(world.defaultBranch, 2);
    await connect().ensureBranch('release/1', older);

    await expect(connect().ensureBranch('release/1', newer)).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('a branch on a commit that does not exist is refused and not made', async ({ connect, world }) => {
    const ensuring = connect().ensureBranch('release/1', ABSENT_COMMIT);

    await expect(ensuring).rejects.toMatchObject({ kind: expect.stringMatching(/^(invalid|not-found)$/) });
    expect(world.branches()).not.toHaveProperty('release/1');
  });
}

function tagTests({ test }: SourceControlTests): void {
  test('an absent tag is null', async ({ connect }) => {
    expect(await connect().findTag('v9.9.9')).toBeNull();
  });

  test('a tag reads back annotated, with its message, on its commit, whatever its name', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);

    for (const name of AWKWARD_NAMES) {
      const tag = await connect().ensureTag(name, at, { message: `Candidate ${name}` });
      expect(tag).toEqual({ name, commit: at, annotated: true, message: `Candidate ${name}` });
      expect(await connect().findTag(name)).toEqual(tag);
    }
  });

  test('a tag ensured twice is made once', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 2);

    const first = await connect().ensureTag('v1', at, { message: 'one' });
    const written = writes(world);
    const second = await connect().ensureTag('v1', at, { message: 'another wording' });

    expect(second).toEqual(first);
    expect(writes(world)).toBe(written);
    expect(world.tags()).toEqual({ v1: at });
  });

  test('ten attempts ensuring a tag at once all succeed on one tag', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);

    const tags = await ten(() => connect().ensureTag('v1', at, { message: 'one' }));

    expect(tags).toEqual(Array(10).fill({ name: 'v1', commit: at, annotated: true, message: 'one' }));
    expect(world.tags()).toEqual({ v1: at });
  });

  test('a tag on another commit is a conflict and stays where it is', async ({ connect, world }) => {
    const [older = '', newer = ''] = world.seedCommits(world.defaultBranch, 2);
    await connect().ensureTag('v1', older, { message: 'one' });

    const ensuring = connect().ensureTag('v1', newer, { message: 'one' });

    await expect(ensuring).rejects.toMatchObject({ kind: 'conflict' });
    expect(world.tags()).toEqual({ v1: older });
  });

  test('of ten attempts tagging two commits under one name one commit wins', async ({ connect, world }) => {
    const commits = world.seedCommits(world.defaultBranch, 2);
    let next = 0;

    const endings = await ten(() => {
      const at = commits[next++ % 2] ?? '';
      return connect()
        .ensureTag('v1', at, { message: 'one' })
        .then(
          (tag) => tag.commit,
          (error: { kind: string }) => error.kind,
        );
    });

    const winner = world.tags().v1;
    expect(commits).toContain(winner);
    expect(endings.sort()).toEqual([...Array(5).fill(winner), ...Array(5).fill('conflict')].sort());
  });

  test('a lightweight tag on the commit is accepted and told apart', async ({ connect, world }) => {
    const [at = ''] = world.seedCommits(world.defaultBranch, 1);
    world.seedLightweightTag('v1', at);

    const tag = await connect().ensureTag('v1', at, { message: 'one' });

    expect(tag).toEqual({ name: 'v1', commit: at, annotated: false, message: null });
  });

  test('a branch and a tag of one name are kept apart', async ({ connect, world }) => {
    const [older = '', newer = ''] = world.seedCommits(world.defaultBranch, 2);

    await connect().ensureBranch('1.0', newer);
    await connect().ensureTag('1.0', older, { message: 'one' });

    expect(await connect().findBranch('1.0')).toMatchObject({ head: newer });
    expect(await connect().findTag('1.0')).toMatchObject({ commit: older });
  });
}

const FIX = { 'fix.txt': 'fixed\n' };
const openFix = (subject: SourceControl, { world }: SourceControlHarness) =>
  subject.ensurePullRequest({ headBranch: 'fix', baseBranch: world.defaultBranch, title: 'Fix', body: '' });

function faults(tests: SourceControlTests): void {
  const head = ({ world }: SourceControlHarness) => world.branches()[world.defaultBranch] ?? '';
  faultTests<SourceControl, SourceControlWorld, SourceControlHarness>(tests, {
    reads: [
      {
        name: 'findBranch',
        match: ({ world }) => world.endpoints.findBranch,
        call: (subject, { world }) => subject.findBranch(world.defaultBranch),
      },
    ],
    writes: [
      ...deletionWrites,
      {
        name: 'ensureBranch',
        match: ({ world }) => world.endpoints.createBranch,
        call: (subject, harness) => subject.ensureBranch('release/1', head(harness)),
        effects: ({ world }) => Object.keys(world.branches()).filter((name) => name === 'release/1').length,
      },
      {
        name: 'ensureTag',
        match: ({ world }) => world.endpoints.createTag,
        call: (subject, harness) => subject.ensureTag('v1', head(harness), { message: 'one' }),
        effects: ({ world }) => Object.keys(world.tags()).length,
      },
      {
        name: 'ensurePullRequest',
        prepare: async ({ world }) => void world.seedChange('fix', FIX, 'Fix'),
        match: ({ world }) => world.endpoints.createPullRequest,
        call: openFix,
        effects: ({ world }) => world.pullRequests().length,
      },
      {
        name: 'mergePullRequest',
        prepare: async (harness) => {
          harness.world.seedChange('fix', FIX, 'Fix');
          await openFix(harness.connect(), harness);
        },
        match: ({ world }) => world.endpoints.mergePullRequest,
        call: (subject, { world }) =>
          subject.mergePullRequest(world.pullRequests()[0]?.number ?? 0, { expectedHead: world.branches().fix ?? '' }),
        effects: ({ world }) => world.pullRequests().filter((pull) => pull.state === 'merged').length,
      },
      {
        name: 'cherryPick',
        prepare: async ({ world }) => {
          world.seedCommits('release/1', 1);
          world.seedChange('fix', FIX, 'Fix');
        },
        match: ({ world }) => world.endpoints.cherryPick,
        call: (subject, { world }) => subject.cherryPick(world.branches().fix ?? '', { onto: 'release/1' }),
        effects: async (harness) => (await picksOf(harness, harness.world.branches().fix ?? '', 'release/1')).length,
      },
    ],
  });
}
