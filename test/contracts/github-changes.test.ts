import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceControl } from '../../src/integrations/capabilities/source-control.ts';
import { githubSourceControl } from '../../src/integrations/providers/github/source-control.ts';
import { failure } from './fault-cases.ts';
import { type GithubSetup, githubSetup } from './github-harness.ts';

describe('changes at GitHub', () => {
  let setup: GithubSetup;
  let scm: SourceControl;

  beforeEach(async () => {
    setup = await githubSetup();
    scm = githubSourceControl(setup.connection, setup.deps());
  });

  afterEach(() => setup.fake.close());

  const push = (branch: string, files: Record<string, string>, message = `Change ${branch}`) =>
    setup.repository.pushCommit({ branch, files, message });
  const head = (branch: string) => setup.repository.git.branches.get(branch);
  const branches = () => [...setup.repository.git.branches.keys()].sort();
  const bodyOf = async (path: string) => {
    const headers = { authorization: 'Bearer ghp_0123456789abcdefghijABCDEFGHIJ0123456', 'user-agent': 'test' };
    const answer = await fetch(`${setup.fake.origin}/repos/acme/app${path}`, { headers });
    return (await answer.json()) as Record<string, unknown>;
  };

  describe('a cherry-pick', () => {
    let fix: string;

    beforeEach(() => {
      push('release/1', { 'cut.txt': 'x' });
      fix = push('fix', { 'fix.txt': 'fixed' }, 'Fix\n\nReviewed-by: Mona');
    });

    it.each([
      ['the merge', /\/merges$/],
      ['the removal of its temporary branch', /\/git\/refs\/heads%2Fsignalbox-pick/],
    ])('that failed at %s leaves no temporary branch once it has been repeated', async (_step, path) => {
      setup.fake.failNext({ match: { path }, status: 503, times: 2 });
      await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({ kind: 'unavailable' });
      setup.fake.clearFaults();

      await scm.cherryPick(fix, { onto: 'release/1' });

      expect(branches()).toEqual(['fix', 'main', 'release/1']);
      expect(setup.repository.git.resolve('release/1')?.files.get('fix.txt')).toBe('fixed');
    });

    it('aborted half-way calls nobody any more; the next one removes the temporary branch', async () => {
      const attempt = new AbortController();
      const aborted = githubSourceControl(setup.connection, setup.deps({ signal: attempt.signal }));
      setup.fake.failNext({ match: { path: /\/merges$/ }, mode: 'hang' });
      const picking = failure(aborted.cherryPick(fix, { onto: 'release/1' }));
      await expect.poll(() => setup.fake.calls.some((call) => call.injected), { timeout: 10_000 }).toBe(true);
      const lost = new Error('lease lost');

      attempt.abort(lost);

      expect(await picking).toBe(lost);
      expect(branches()).toHaveLength(4);
      await scm.cherryPick(fix, { onto: 'release/1' });
      expect(branches()).toEqual(['fix', 'main', 'release/1']);
    });

    it('keeps the author, and its trailer joins the trailers of the message', async () => {
      const { head: picked } = await scm.cherryPick(fix, { onto: 'release/1' });

      expect(setup.repository.git.commits.get(picked)).toMatchObject({
        message: `Fix\n\nReviewed-by: Mona\n(cherry picked from commit ${fix})`,
        author: { name: 'Mona Lisa', email: 'mona@example.com' },
      });
    });

    it('of a change that the branch has under another commit leaves the branch as it is', async () => {
      const before = push('release/1', { 'fix.txt': 'fixed' }, 'The same by hand');

      expect(await scm.cherryPick(fix, { onto: 'release/1' })).toEqual({ name: 'release/1', head: before });
      expect(branches()).toEqual(['fix', 'main', 'release/1']);
    });

    it('overtaken by a push is tried again later, and moves nothing by force', async () => {
      setup.fake.failNext({ match: { method: 'PATCH' }, status: 422, body: { message: 'Update is not a fast forward' } });

      await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({ kind: 'unavailable' });
      await scm.cherryPick(fix, { onto: 'release/1' });

      expect(setup.fake.calls.filter((call) => call.method === 'PATCH').map((call) => call.body)).toEqual([
        { sha: expect.any(String), force: false },
        { sha: head('release/1'), force: false },
      ]);
    });

    it('onto a protected branch is forbidden', async () => {
      setup.repository.protect('release/1', { enforcesAdmins: true });

      await expect(scm.cherryPick(fix, { onto: 'release/1' })).rejects.toMatchObject({ kind: 'forbidden' });
    });

    it('of the first commit of a history is a conflict', async () => {
      const first = [...setup.repository.git.commits.values()].find((commit) => commit.parents.length === 0);

      await expect(scm.cherryPick(first?.sha ?? '', { onto: 'release/1' })).rejects.toMatchObject({ kind: 'conflict' });
    });
  });

  describe('a pull request', () => {
    const wanted = { headBranch: 'fix', baseBranch: 'main', title: 'Fix', body: '' };
    let fix: string;

    beforeEach(() => {
      fix = push('fix', { 'fix.txt': 'fixed' });
    });

    it('that somebody opened between our look and our write is taken', async () => {
      setup.fake.failNext({ match: { method: 'GET', path: /\/pulls$/ }, status: 200, body: [] });
      const theirs = setup.repository.addPull({ title: 'Theirs', head: 'fix' });

      expect(await scm.ensurePullRequest(wanted)).toMatchObject({ number: theirs.number, title: 'Theirs' });
      expect(setup.repository.pulls).toHaveLength(1);
    });

    it.each([
      ['the base branch was modified meanwhile', 'Base branch was modified. Review and try the merge again.', 'unavailable'],
      ['it is not mergeable', 'Pull Request is not mergeable', 'conflict'],
      ['merge commits are switched off', 'Merge commits are not allowed on this repository.', 'conflict'],
    ])('is not merged because %s: %s', async (_why, message, kind) => {
      const { number } = await scm.ensurePullRequest(wanted);
      setup.fake.failNext({ match: { method: 'PUT' }, status: 405, body: { message } });

      await expect(scm.mergePullRequest(number, { expectedHead: fix })).rejects.toMatchObject({ kind });
    });

    it('whose mergeability GitHub still computes is merged later', async () => {
      const { number } = await scm.ensurePullRequest(wanted);
      const body = { ...(await bodyOf(`/pulls/${number}`)), mergeable: null };
      setup.fake.failNext({ match: { method: 'PUT' }, status: 405, body: { message: 'Pull Request is not mergeable' } });
      setup.fake.failNext({ match: { method: 'GET', path: /\/pulls\/1$/ }, status: 200, body, times: 2 });

      await expect(scm.mergePullRequest(number, { expectedHead: fix })).rejects.toMatchObject({ kind: 'unavailable' });
    });

    it('is reported merged by the answer of the merge, though a replica does not know yet', async () => {
      const { number } = await scm.ensurePullRequest(wanted);
      const stale = await bodyOf(`/pulls/${number}`);
      const isAfterwards = () => head('main') !== fix && setup.repository.pulls[0]?.mergedAt !== null;
      setup.fake.failNext({ match: (request) => request.path.endsWith('/pulls/1') && isAfterwards(), status: 200, body: stale });

      const merged = await scm.mergePullRequest(number, { expectedHead: fix });

      expect(merged).toMatchObject({ state: 'merged', mergeCommit: head('main'), mergedAt: null });
    });

    it('is looked for among our own branches, not those of forks that bear the same name', async () => {
      await scm.ensurePullRequest(wanted);

      const [listing] = setup.fake.calls.filter((call) => call.method === 'GET' && call.path.endsWith('/pulls'));
      expect(listing?.query.get('head')).toBe('acme:fix');
    });
  });

  it('a submodule is no file', async () => {
    const body = { type: 'submodule', sha: 'a'.repeat(40), size: 0, name: 'lib', path: 'lib' };
    setup.fake.failNext({ match: { path: /\/contents\// }, status: 200, body });

    expect(await scm.readFile('lib', 'main')).toBeNull();
  });

  describe('the protection of a branch', () => {
    const rule = (type: string, parameters?: Record<string, unknown>) =>
      setup.repository.rules.push({ branch: 'main', type, rulesetId: 7, ...(parameters ? { parameters } : {}) });

    it('by rulesets is told, though no classic rule protects it', async () => {
      rule('pull_request', { required_approving_review_count: 1 });
      rule('required_status_checks', { required_status_checks: [{ context: 'build' }, { context: 'lint' }] });
      rule('non_fast_forward');
      setup.repository.bypasses.set(7, 'never');

      expect(await scm.branchProtection('main')).toEqual({
        mayPush: false,
        allowsForcePush: false,
        requiredApprovals: 1,
        requiredChecks: ['build', 'lint'],
      });
    });

    it.each([
      ['always', true],
      ['pull_requests_only', false],
      ['never', false],
      [undefined, null],
    ])('with a bypass "%s" says %s to a push', async (bypass, mayPush) => {
      rule('pull_request', { required_approving_review_count: 1 });
      if (bypass) setup.repository.bypasses.set(7, bypass);

      expect(await scm.branchProtection('main')).toMatchObject({ mayPush, allowsForcePush: true });
    });

    it('is the stricter of classic rules and rulesets', async () => {
      setup.repository.protect('main', { approvals: 1, checks: ['build'], allowsForcePush: true });
      rule('pull_request', { required_approving_review_count: 3 });
      rule('non_fast_forward');
      setup.repository.bypasses.set(7, 'always');

      expect(await scm.branchProtection('main')).toEqual({
        mayPush: true,
        allowsForcePush: false,
        requiredApprovals: 3,
        requiredChecks: ['build'],
      });
    });

    it.each([
      ['alone', false],
      ['beside rulesets', true],
    ])('by classic rules %s that the token may not read is forbidden rather than told as none', async (_where, hasRules) => {
      setup.repository.protect('main');
      setup.repository.admin = false;
      if (hasRules) rule('non_fast_forward');

      await expect(scm.branchProtection('main')).rejects.toMatchObject({
        kind: 'forbidden',
        message: expect.stringMatching(/Administration/),
      });
    });

    it('by rulesets takes no administrator to read', async () => {
      setup.repository.admin = false;
      rule('non_fast_forward');

      expect(await scm.branchProtection('main')).toEqual({
        mayPush: true,
        allowsForcePush: false,
        requiredApprovals: 0,
        requiredChecks: [],
      });
    });

    it('is read from servers that know no rulesets', async () => {
      setup.fake.failNext({ match: { path: /\/rules\/branches\// }, status: 404 });

      expect(await scm.branchProtection('main')).toBeNull();
    });
  });
});
