import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { githubCi } from '../../src/integrations/providers/github/ci.ts';
import { githubSourceControl } from '../../src/integrations/providers/github/source-control.ts';
import { verifyGithub } from '../../src/integrations/providers/github/verify.ts';
import { all, guardedDeps } from './adapter-harness.ts';
import { ciContract } from './ci.contract.ts';
import { githubCiHarness, githubConnection, githubSetup, githubSourceControlHarness, githubWebhookHarness } from './github-harness.ts';
import { sourceControlContract } from './source-control.contract.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';
import { webhookSourceContract } from './webhook-source.contract.ts';

sourceControlContract('github', githubSourceControlHarness);
ciContract('github', githubCiHarness);
webhookSourceContract('github', githubWebhookHarness);

describe('github and the description of its API', () => {
  let peer: SpecPeer | null;

  beforeAll(async () => {
    peer = await openSpecPeer('github');
  }, 300_000);

  afterAll(() => peer?.close());

  it('every request of the adapter fits the description', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const connection = githubConnection(peer.origin);
    const deps = guardedDeps('github', []);
    const scm = githubSourceControl(connection, deps);
    const ci = githubCi(connection, deps);
    // The description's examples are not consistent with each other, so outcomes do not matter here: requests do.
    const ask = (call: Promise<unknown>) => call.catch(() => undefined);
    const absent = (operationId: string) => peer?.respond({ operationId, status: 404 });
    const run = (patch: Record<string, unknown>) => peer?.respond({ operationId: 'actions/get-workflow-run', patch });

    for (const category of ['scm', 'ci-cd'] as const) await ask(verifyGithub(connection, deps, category));
    absent('git/get-ref');
    await ask(scm.ensureBranch('release/1.2', 'a'.repeat(40)));
    absent('git/get-ref');
    await ask(scm.ensureTag('app/v1', 'a'.repeat(40), { message: 'one' }));
    peer.respond({ operationId: 'git/get-ref', patch: { object: { type: 'tag' } } });
    await ask(scm.findTag('app/v1'));
    await ask(scm.compare('app/v1', 'release/1.2'));
    await ask(all(scm.commitsBetween('app/v1', 'release/1.2')));
    await ask(scm.ensureReleaseObject({ tag: 'app/v1', name: 'One', body: 'notes', prerelease: true }));
    absent('repos/get-release-by-tag');
    peer.respond({ operationId: 'git/get-ref', patch: { object: { type: 'commit' } } });
    await ask(scm.ensureReleaseObject({ tag: 'app/v1', name: 'One', body: 'notes', prerelease: true }));
    await ask(all(scm.pullRequests({ state: 'closed', baseBranch: 'release/1.2' })));
    await ask(all(ci.workflows()));
    await ask(ci.workflowInputs('build.yml', 'release/1.2'));
    await ask(ci.dispatch({ workflowId: 'build.yml', ref: 'release/1.2', inputs: { version: '1' }, correlationId: 'sb-1' }));
    await ask(ci.findRun({ workflowId: 'build.yml', ref: 'release/1.2', correlationId: 'sb-1', since: new Date().toISOString() }));
    await ask(ci.run('42'));
    await ask(all(ci.artifacts('42')));
    await ask(ci.cancel('42'));
    run({ status: 'completed', conclusion: 'failure' });
    await ask(ci.rerunFailed('42'));

    expect(peer.violations).toEqual([]);
    expect(
      peer
        .coverage()
        .map((operation) => operation.id)
        .sort(),
    ).toEqual(usedOperations);
  });

  it('every answer of the fake fits the description', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const setup = await githubSetup();
    const { fake, repository, connection } = setup;
    const scm = githubSourceControl(connection, setup.deps());
    const ci = githubCi(connection, setup.deps());
    const { id } = repository.addWorkflow({ name: 'Build', path: '.github/workflows/b.yml', content: 'on: workflow_dispatch' });
    const [first, second] = [repository.pushCommit({ message: 'one' }), repository.pushCommit({ message: 'two' })];
    repository.mergePull(repository.addPull({ title: 'Change', head: 'main', labels: ['ui'] }).number);
    repository.addPull({ title: 'Open', head: 'main' });

    for (const category of ['scm', 'ci-cd'] as const)
      expect(await verifyGithub(connection, setup.deps(), category)).toMatchObject({ ok: true });
    await scm.ensureBranch('release/1', first);
    await scm.ensureBranch('release/1', first);
    await scm.ensureTag('v1', second, { message: 'one' });
    await scm.findTag('v1');
    await all(scm.commitsBetween('release/1', 'main'));
    await scm.ensureReleaseObject({ tag: 'v1', name: 'One', body: 'notes', prerelease: true });
    await scm.ensureReleaseObject({ tag: 'v1', name: 'One', body: 'more', prerelease: false });
    await all(scm.pullRequests({ state: 'all' }));
    await all(ci.workflows());
    await ci.workflowInputs(String(id), 'main');
    const { handle } = await ci.dispatch({ workflowId: String(id), ref: 'main', inputs: {}, correlationId: 'sb-1' });
    await ci.findRun({ workflowId: String(id), ref: 'main', correlationId: 'sb-1', since: new Date().toISOString() });
    await ci.run(handle ?? '');
    await ci.cancel(handle ?? '');
    await ci.rerunFailed(handle ?? '');
    fake.world.addArtifact(Number(handle), 'app.aab');
    await all(ci.artifacts(handle ?? ''));
    await fake.close();

    const misfits = fake.calls.flatMap((call) => {
      const wrong = peer?.checkResponse(call.method, call.path, call.status, call.answer ?? null);
      return wrong ? [{ call: `${call.method} ${call.path} ${call.status}`, wrong }] : [];
    });
    expect(misfits).toEqual([]);
    expect(fake.calls.length).toBeGreaterThan(30);
  });
});

const usedOperations = [
  'actions/cancel-workflow-run',
  'actions/create-workflow-dispatch',
  'actions/get-workflow',
  'actions/get-workflow-run',
  'actions/list-repo-workflows',
  'actions/list-workflow-run-artifacts',
  'actions/list-workflow-runs',
  'actions/re-run-workflow-failed-jobs',
  'git/create-ref',
  'git/create-tag',
  'git/get-ref',
  'git/get-tag',
  'pulls/list',
  'repos/compare-commits',
  'repos/create-release',
  'repos/get',
  'repos/get-commit',
  'repos/get-content',
  'repos/get-release-by-tag',
  'repos/update-release',
  'users/get-authenticated',
];
