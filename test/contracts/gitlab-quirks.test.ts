import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gitlabSourceControl } from '../../src/integrations/providers/gitlab/source-control.ts';
import { gitlabWebhookRegistrar } from '../../src/integrations/providers/gitlab/webhook-registrar.ts';
import { DEVELOPER, GUEST } from '../fakes/gitlab/index.ts';
import { waitFor } from '../support/wait-for.ts';
import { all } from './adapter-harness.ts';
import { GITLAB_BOT, type GitlabSetup, gitlabConnection, gitlabSetup } from './gitlab-harness.ts';

describe('GitLab and its ways', () => {
  let setup: GitlabSetup;

  beforeEach(async () => {
    setup = await gitlabSetup();
  });

  afterEach(() => setup.fake.close());

  const scm = (connection = setup.connection) => gitlabSourceControl(connection, setup.deps());
  const opened = () => {
    const head = setup.project.pushCommit({ branch: 'fix', message: 'Fix', files: { 'fix.txt': 'fixed' } });
    return { head, request: setup.project.openMergeRequest({ title: 'Fix', source: 'fix' }) };
  };

  it('a project that is not there, or not visible, is an error and not an absent branch', async () => {
    const elsewhere = gitlabConnection(setup.fake.baseUrl, undefined, 'acme/other');

    await expect(scm(elsewhere).findBranch('main')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('a redirect, as a renamed project answers with, is an invalid connection and is not followed', async () => {
    setup.fake.failNext({ status: 301, headers: { location: `${setup.fake.baseUrl}/api/v4/projects/1` } });

    await expect(scm().findBranch('main')).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/moved or been renamed/),
    });
    expect(setup.fake.calls).toHaveLength(1);
  });

  it('a call that is refused for its rate or by a gateway is asked once', async () => {
    for (const status of [429, 502]) {
      setup.fake.failNext({ status, times: 5 });
      await expect(scm().findBranch('main')).rejects.toMatchObject({ status });
      setup.fake.clearFaults();
    }

    expect(setup.fake.calls).toHaveLength(2);
  });

  it('names that would walk up the path are refused before anybody is called', async () => {
    for (const name of ['.', '..']) await expect(scm().findBranch(name)).rejects.toMatchObject({ kind: 'invalid' });

    expect(setup.fake.calls).toEqual([]);
  });

  it('a merge that GitLab is still checking is asked for again later', async () => {
    const { head, request } = opened();
    request.checksLeft = 2;

    const early = scm().mergePullRequest(request.iid, { expectedHead: head });

    await expect(early).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: 5_000, message: expect.stringContaining('checking') });
    request.checksLeft = 0;
    expect(await scm().mergePullRequest(request.iid, { expectedHead: head })).toMatchObject({ state: 'merged' });
  });

  it('what is pushed between the decision and the merge is not merged', async () => {
    const { head, request } = opened();
    setup.fake.failNext({ match: { method: 'PUT' }, mode: 'pass', delayMs: 300 });

    const merging = scm().mergePullRequest(request.iid, { expectedHead: head });
    const refused = expect(merging).rejects.toMatchObject({ kind: 'conflict' });
    await waitFor(() => setup.fake.calls.length === 1, { what: 'the read of the merge request', everyMs: 2 });
    setup.project.pushCommit({ branch: 'fix', message: 'Late', files: { 'late.txt': 'late' } });

    await refused;
    expect(request.state).toBe('opened');
  });

  it('a merge the role does not allow is forbidden, though GitLab says 401', async () => {
    const { head, request } = opened();
    setup.project.members.set(GITLAB_BOT, GUEST);

    await expect(scm().mergePullRequest(request.iid, { expectedHead: head })).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('a branch that a protection rule keeps to others is forbidden to create', async () => {
    setup.project.protect('release/*', { push: 60 });
    const [head = ''] = setup.project.git.branches.values();

    await expect(scm().ensureBranch('release/1', head)).rejects.toMatchObject({ kind: 'forbidden' });
  });

  it('a wildcard rule protects every branch it matches, and the most permissive rule decides', async () => {
    setup.project.pushCommit({ branch: 'release/1.2', message: 'Cut' });
    setup.project.protect('release/*', { push: 60 });

    expect(await scm().branchProtection('release/1.2')).toEqual({
      mayPush: false,
      allowsForcePush: false,
      requiredApprovals: 0,
      requiredChecks: [],
    });
    setup.project.protect('*1.2', { push: DEVELOPER, allowForcePush: true });
    setup.project.mergeNeedsPipeline = true;
    expect(await scm().branchProtection('release/1.2')).toMatchObject({
      mayPush: true,
      allowsForcePush: true,
      requiredChecks: ['pipeline'],
    });
    expect(await scm().branchProtection('main')).toBeNull();
  });

  it('where approval rules are not part of the plan nothing is required by them', async () => {
    setup.project.protect('main');

    for (const status of [403, 404]) {
      setup.fake.failNext({ match: { path: /approval_rules$/ }, status });
      expect(await scm().branchProtection('main')).toMatchObject({ requiredApprovals: 0 });
    }
  });

  it('closed and merged merge requests come as one list, newest first', async () => {
    const { project } = setup;
    for (let index = 0; index < 6; index += 1) {
      const branch = `fix-${index}`;
      project.pushCommit({ branch, message: branch, files: { [branch]: 'x' } });
      const { iid } = project.openMergeRequest({ title: branch, source: branch });
      if (index % 3 === 0) project.merge(iid);
      if (index % 3 === 1) project.close(iid);
    }

    const closed = await all(scm().pullRequests({ state: 'closed' }));

    expect(closed.map((pull) => [pull.number, pull.state])).toEqual([
      [5, 'closed'],
      [4, 'merged'],
      [2, 'closed'],
      [1, 'merged'],
    ]);
  });

  it('a hook that GitLab has switched off is replaced, and copies of a hook are removed', async () => {
    const url = 'https://signalbox.example.com/hook';
    const { project } = setup;
    const registrar = gitlabWebhookRegistrar(setup.connection, setup.deps());
    project.addHook({ url, token: 'old', events: [], alertStatus: 'disabled' });
    project.addHook({ url, token: 'older', events: [] });
    project.addHook({ url, token: 'oldest', events: [] });

    const hook = await registrar.ensureHook({ url, secret: 'new' });

    expect(project.hooks).toMatchObject([{ id: Number(hook.id), token: 'new', alertStatus: 'executable' }]);
    expect(hook.url).toBe(`${setup.fake.baseUrl}/acme/mobile/app/-/hooks/${hook.id}/edit`);
  });

  it('a Developer may not set up hooks: forbidden', async () => {
    setup.project.members.set(GITLAB_BOT, DEVELOPER);

    const ensuring = gitlabWebhookRegistrar(setup.connection, setup.deps()).ensureHook({ url: 'https://x.example', secret: 's' });

    await expect(ensuring).rejects.toMatchObject({ kind: 'forbidden' });
  });
});
