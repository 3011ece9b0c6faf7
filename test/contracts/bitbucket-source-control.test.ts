import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import { bitbucketSourceControl } from '../../src/integrations/providers/bitbucket/source-control.ts';
import { account } from '../fakes/bitbucket/bodies.ts';
import { all } from './adapter-harness.ts';
import { type BitbucketSetup, bitbucketSetup, protect } from './bitbucket-harness.ts';

describe('source control on Bitbucket', () => {
  let setup: BitbucketSetup;
  let scm: SourceControl;

  beforeEach(async () => {
    setup = await bitbucketSetup();
    scm = bitbucketSourceControl(setup.connection, setup.deps());
  });

  afterEach(() => setup.fake.close());

  /** An open pull request of one change. */
  function openPull() {
    const head = setup.repository.pushCommit({ branch: 'fix', message: 'Fix', files: { 'fix.txt': 'fixed\n' } });
    return { head, pull: setup.repository.addPull({ title: 'Fix', source: 'fix' }) };
  }

  it('a commit tells name and account of its author, and its message without the line break at its end', async () => {
    const base = setup.repository.git.branches.get('main') ?? '';
    setup.repository.pushCommit({ message: 'Known', author: { name: 'Zoë <de> Vries', email: 'zoe@example.com', login: 'zoe' } });
    setup.repository.pushCommit({ message: 'Unknown\n\nBody', author: { name: 'Nobody', login: null } });

    const commits = await all(scm.commitsBetween(base, 'main'));

    expect(commits).toMatchObject([
      { message: 'Known', authorName: 'Zoë <de> Vries', authorLogin: 'zoe' },
      { message: 'Unknown\n\nBody', authorName: 'Nobody', authorLogin: null },
    ]);
  });

  it('commits come parents before children, also where branches were merged', async () => {
    const base = setup.repository.git.branches.get('main') ?? '';
    const { pull } = openPull();
    setup.repository.pushCommit({ message: 'Meanwhile' });
    setup.repository.mergePull(pull);

    const commits = await all(scm.commitsBetween(base, 'main'));

    const place = new Map(commits.map((commit, index) => [commit.sha, index]));
    expect(commits).toHaveLength(3);
    for (const { sha, parents } of commits) {
      for (const parent of parents) expect(place.get(parent) ?? -1).toBeLessThan(place.get(sha) ?? 0);
    }
  });

  it('branches without common history are diverged and have no merge base', async () => {
    const alone = setup.repository.git.commit({
      message: 'Alone',
      author: { name: 'Emma', email: 'emma@example.com', login: null },
      date: '2026-01-01T00:00:00Z',
      parents: [],
    });

    const comparison = await scm.compare('main', alone.sha);

    expect(comparison).toEqual({ relation: 'diverged', aheadBy: 1, behindBy: 1, mergeBase: null });
  });

  it('a next page at another origin is not asked for', async () => {
    const calls = setup.fake.calls.length;
    setup.fake.failNext({
      match: { path: /\/refs\/branches$/ },
      status: 200,
      body: { values: [], next: 'https://evil.example.com/2.0/x?page=2' },
    });

    await expect(all(scm.branches())).rejects.toMatchObject({ kind: 'malformed' });
    expect(setup.fake.calls.length).toBe(calls + 1);
  });

  it('a merged pull request names its full merge commit and the time of it; others name none, and none has labels', async () => {
    const { pull } = openPull();
    setup.repository.mergePull(pull);
    setup.repository.pushCommit({ branch: 'fix', message: 'More' });
    setup.repository.end(setup.repository.addPull({ title: 'Given up', source: 'fix' }), 'DECLINED');
    setup.repository.end(setup.repository.addPull({ title: 'Replaced', source: 'fix' }), 'SUPERSEDED');
    setup.repository.addPull({ title: 'Open', source: 'fix' });

    const pulls = await all(scm.pullRequests({ state: 'all' }));

    const ended = { state: 'closed', mergeCommit: null, mergedAt: null, labels: [] };
    expect(pulls).toMatchObject([
      { title: 'Open', state: 'open', mergeCommit: null, mergedAt: null },
      { title: 'Replaced', ...ended },
      { title: 'Given up', ...ended },
      {
        title: 'Fix',
        state: 'merged',
        mergeCommit: setup.repository.git.branches.get('main'),
        mergedAt: expect.stringMatching(/Z$/),
        labels: [],
      },
    ]);
  });

  it('merge commits of many pull requests take few calls, also where branches are gone or far longer', async () => {
    const merge = (title: string, source: string, destination: string) => {
      setup.repository.pushCommit({ branch: source, message: title });
      setup.repository.mergePull(setup.repository.addPull({ title, source, destination }));
      return setup.repository.git.branches.get(destination);
    };
    setup.repository.pushCommit({ branch: 'old', message: 'Cut' });
    const merges = [merge('Old', 'fix', 'old')];
    setup.repository.git.branches.delete('old');
    merges.push(merge('Before long', 'fix', 'main'));
    for (let index = 0; index < 500; index += 1) setup.repository.pushCommit({ message: `${index}` });
    for (let index = 0; index < 120; index += 1) merges.push(merge(`Change ${index}`, 'fix', 'main'));
    const calls = setup.fake.calls.length;

    const pulls = await all(scm.pullRequests({ state: 'closed' }));

    expect(pulls.map((pull) => pull.mergeCommit)).toEqual(merges.reverse());
    expect(setup.fake.calls.length - calls).toBeLessThan(20);
  });

  it('a merged pull request whose merge commit was rewritten away is still listed', async () => {
    const { pull } = openPull();
    setup.repository.mergePull(pull);
    pull.mergeCommit = 'f'.repeat(40);

    expect(await all(scm.pullRequests({ state: 'closed' }))).toMatchObject([
      { state: 'merged', mergeCommit: null, mergedAt: expect.any(String) },
    ]);
  });

  it("a fork's pull request from a branch of the same name is not taken for ours", async () => {
    setup.repository.pushCommit({ branch: 'fix', message: 'Fix' });
    setup.repository.addPull({ title: 'From a fork', source: 'fix', fork: 'someone/app' });

    const pull = await scm.ensurePullRequest({ headBranch: 'fix', baseBranch: 'main', title: 'Ours', body: '' });

    expect(pull.title).toBe('Ours');
  });

  it('a push that the pull request has not heard of yet is a conflict', async () => {
    const { head, pull } = openPull();
    const heads = setup.repository.heads(pull);
    setup.repository.pushCommit({ branch: 'fix', message: 'Late' });
    pull.endedAt = heads;

    await expect(scm.mergePullRequest(pull.id, { expectedHead: head })).rejects.toMatchObject({ kind: 'conflict' });
    expect(pull.state).toBe('OPEN');
  });

  it("a fork's pull request, and one whose branch is gone, are judged by the head they name", async () => {
    const { head, pull } = openPull();
    pull.endedAt = setup.repository.heads(pull);
    setup.repository.git.branches.delete('fix');
    const forked = setup.repository.pushCommit({ branch: 'theirs', message: 'Theirs', files: { 'theirs.txt': 'x' } });
    const fork = setup.repository.addPull({ title: 'Fork', source: 'theirs', fork: 'someone/app' });
    fork.endedAt = setup.repository.heads(fork);
    setup.repository.pushCommit({ branch: 'theirs', message: 'A branch of ours with that name' });

    expect(await scm.mergePullRequest(pull.id, { expectedHead: head })).toMatchObject({ state: 'merged' });
    expect(await scm.mergePullRequest(fork.id, { expectedHead: forked })).toMatchObject({ state: 'merged' });
  });

  it('a merge that takes longer is followed to its end', async () => {
    const { head, pull } = openPull();
    setup.repository.slowMergePolls = 2;

    const merged = await scm.mergePullRequest(pull.id, { expectedHead: head });

    expect(merged).toMatchObject({ state: 'merged', mergeCommit: setup.repository.git.branches.get('main') });
  });

  it('a merge that does not end is unavailable, and the next attempt finds it merged', async () => {
    const { head, pull } = openPull();
    setup.repository.slowMergePolls = 1_000;

    await expect(scm.mergePullRequest(pull.id, { expectedHead: head })).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: 5_000 });
    setup.repository.mergePull(pull);
    expect(await scm.mergePullRequest(pull.id, { expectedHead: head })).toMatchObject({ state: 'merged' });
  });

  it('a conflict that a slow merge runs into is a conflict', async () => {
    const { head, pull } = openPull();
    setup.repository.pushCommit({ message: 'Collide', files: { 'fix.txt': 'other\n' } });
    setup.repository.slowMergePolls = 1;

    await expect(scm.mergePullRequest(pull.id, { expectedHead: head })).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('a refused merge that somebody else made meanwhile is success', async () => {
    const { head, pull } = openPull();
    setup.fake.failNext({
      match: { path: /\/merge$/ },
      status: 400,
      delayMs: 100,
      body: { type: 'error', error: { message: 'This pull request is already closed.' } },
    });

    const merging = scm.mergePullRequest(pull.id, { expectedHead: head });
    await expect.poll(() => setup.fake.calls.some((call) => call.path.endsWith(`/pullrequests/${pull.id}`))).toBe(true);
    setup.repository.mergePull(pull);

    expect(await merging).toMatchObject({ state: 'merged' });
  });

  it('a merge strategy that is not allowed is a setting to change, not a conflict', async () => {
    const { head, pull } = openPull();
    setup.fake.failNext({
      match: { path: /\/merge$/ },
      status: 400,
      body: { type: 'error', error: { message: 'Invalid merge strategy' } },
    });

    await expect(scm.mergePullRequest(pull.id, { expectedHead: head })).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('without links of commits a merge commit is still traced, and other commits say what to install', async () => {
    const { head, pull } = openPull();
    setup.repository.mergePull(pull);
    setup.repository.links = 'absent';

    expect(await scm.pullRequestsOf(setup.repository.git.branches.get('main') ?? '')).toMatchObject([{ number: pull.id }]);
    await expect(scm.pullRequestsOf(head)).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('Pull Request Commit Links'),
    });
  });

  it('links that are being indexed are asked for again later', async () => {
    const { head } = openPull();
    setup.repository.links = 'indexing';

    await expect(scm.pullRequestsOf(head)).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: 30_000 });
  });

  it('a message that only claims to be a merge brings no pull request', async () => {
    openPull();
    const sha = setup.repository.pushCommit({ message: 'Merged in fix (pull request #1)' });

    expect(await scm.pullRequestsOf(sha)).toEqual([]);
  });

  it('a protected branch tells its rules, with the number of builds in place of their names', async () => {
    setup.repository.pushCommit({ branch: 'release/1', message: 'Cut' });
    protect(setup.repository, 'rel*/1');

    expect(await scm.branchProtection('release/1')).toEqual({
      mayPush: false,
      allowsForcePush: false,
      requiredApprovals: 2,
      requiredChecks: ['1 passing build'],
    });
    expect(await scm.branchProtection('main')).toBeNull();
  });

  it('a rule for a type of the branching model holds for branches with its prefix', async () => {
    setup.repository.pushCommit({ branch: 'release/1', message: 'Cut' });
    setup.repository.addRestriction({ kind: 'force', branch_match_kind: 'branching_model', branch_type: 'release' });

    expect(await scm.branchProtection('release/1')).toMatchObject({ allowsForcePush: false, mayPush: true, requiredChecks: [] });
    expect(await scm.branchProtection('main')).toBeNull();
  });

  it.each([
    ['our account is named', { own: true, group: false }, true],
    ['somebody else is named', { own: false, group: false }, false],
    ['a group is named, whose members are not told', { own: false, group: true }, null],
  ])('who may push: %s', async (_case, { own, group }, mayPush) => {
    const uuid = own ? account('signalbox-bot').uuid : '{00000000-0000-4000-8000-999999999999}';
    setup.repository.addRestriction({
      kind: 'push',
      pattern: '*',
      users: [{ type: 'user', uuid, display_name: 'Someone' }],
      groups: group ? [{ type: 'group', slug: 'team', name: 'Team' }] : [],
    });

    expect(await scm.branchProtection('main')).toMatchObject({ mayPush });
  });

  it('a link, a module and a file in large storage are not read as text', async () => {
    const odd = (attributes: string[]) => ({ bytes: Buffer.from('elsewhere'), attributes });
    setup.repository.pushCommit({ message: 'Odd', files: { link: odd(['link']), module: odd(['subrepository']), large: odd(['lfs']) } });

    for (const path of ['link', 'module', 'large']) await expect(scm.readFile(path, 'main')).rejects.toMatchObject({ kind: 'invalid' });
  });

  it('a path that would lead out of the repository is invalid and not asked for', async () => {
    const sources = () => setup.fake.calls.filter((call) => call.path.includes('/src/')).length;

    await expect(scm.readFile('a/../../secrets', 'main')).rejects.toMatchObject({ kind: 'invalid' });
    expect(sources()).toBe(0);
  });

  it('a refusal quotes what Bitbucket says, with the fields and the scopes it names', async () => {
    const error = { message: 'lacking', detail: { required: ['repository:write'], granted: ['repository'] }, fields: { name: ['bad'] } };
    setup.fake.failNext({ match: { path: /\/refs\/branches\// }, status: 403, body: { type: 'error', error } });

    await expect(scm.findBranch('main')).rejects.toMatchObject({
      kind: 'forbidden',
      message: 'bitbucket: read branch main answered 403: lacking; needs repository:write, has repository; name: bad',
    });
  });
});
