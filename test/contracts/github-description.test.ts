import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdapterDeps } from '../../src/integrations/kit/define-provider.ts';
import { githubCi } from '../../src/integrations/providers/github/ci.ts';
import type { GithubConnection } from '../../src/integrations/providers/github/identity.ts';
import { githubReleaseObjects } from '../../src/integrations/providers/github/release-objects.ts';
import { githubSourceControl } from '../../src/integrations/providers/github/source-control.ts';
import { verifyGithub } from '../../src/integrations/providers/github/verify.ts';
import { githubWebhookRegistrar } from '../../src/integrations/providers/github/webhook-registrar.ts';
import { all, guardedDeps } from './adapter-harness.ts';
import { type AppSetup, type GithubSetup, githubAppSetup, githubConnection, githubSetup } from './github-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const hook = { url: 'https://signalbox.example.com/hook', secret: 'whsec' };
const pull = { headBranch: 'fix', baseBranch: 'main', title: 'Fix', body: '' };
const release = { tag: 'app/v1', name: 'One', body: 'notes', prerelease: true };

/** Parts of GitHub's published API that the description at hand leaves out. */
const undescribed = [/\/commits\/[^/]+\/pulls/, /\/branches\/[^/]+\/protection$/, /\/rules\/branches\//, /\/rulesets\//];
const isDescribed = (path: string) => !undescribed.some((pattern) => pattern.test(path));

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

    await askSourceControl(peer, connection, deps);
    await askChanges(peer, connection, deps);
    await askCi(peer, connection, deps);
    await askHooks(peer, connection, deps);
    await askAsApp(peer);

    expect(peer.violations.filter((violation) => isDescribed(violation.path))).toEqual([]);
    const asked = peer.coverage().map((operation) => operation.id);
    expect(asked.sort()).toEqual(usedOperations);
  });

  it('every answer of the fake fits the description', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const [setup, app] = [await githubSetup(), await githubAppSetup()];

    await useRepository(setup);
    await useChanges(setup);
    await useCi(setup);
    await useApp(app);
    for (const { fake } of [setup, app]) await fake.close();

    const calls = [...setup.fake.calls, ...app.fake.calls].filter((call) => isDescribed(call.path));
    const misfits = calls.flatMap((call) => {
      const wrong = peer?.checkResponse(call.method, call.path, call.status, call.answer ?? null);
      return wrong ? [{ call: `${call.method} ${call.path} ${call.status}`, wrong }] : [];
    });
    expect(misfits).toEqual([]);
    expect(calls.length).toBeGreaterThan(80);
  });
});

/** The description's examples are not consistent with each other, so outcomes do not matter here: requests do. */
const ask = (call: Promise<unknown>) => call.catch(() => undefined);

async function askSourceControl(peer: SpecPeer, connection: GithubConnection, deps: AdapterDeps): Promise<void> {
  const scm = githubSourceControl(connection, deps);
  const releases = githubReleaseObjects(connection, deps);
  const absent = (operationId: string) => peer.respond({ operationId, status: 404 });
  const ref = (type: string) => peer.respond({ operationId: 'git/get-ref', patch: { object: { type } } });

  for (const category of ['scm', 'ci-cd'] as const) await ask(verifyGithub(connection, deps, category));
  absent('git/get-ref');
  await ask(scm.ensureBranch('release/1.2', A));
  absent('git/get-ref');
  await ask(scm.ensureTag('app/v1', A, { message: 'one' }));
  ref('tag');
  await ask(scm.findTag('app/v1'));
  await ask(scm.compare('app/v1', 'release/1.2'));
  await ask(all(scm.commitsBetween('app/v1', 'release/1.2')));
  await ask(releases.ensureReleaseObject(release));
  absent('repos/get-release-by-tag');
  ref('commit');
  await ask(releases.ensureReleaseObject(release));
  await ask(scm.branchProtection('release/1.2'));
  peer.respond({ operationId: 'repos/get-content', body: file('none') });
  await ask(scm.readFile('docs/a b.md', 'release/1.2'));
  await ask(all(scm.branches()));
  await ask(all(scm.repositories()));
}

const file = (encoding: string) => ({
  ...{ type: 'file', encoding, content: '', size: 3, name: 'a', path: 'a', sha: A, git_url: null, html_url: null, download_url: null },
  ...{ url: 'https://api.github.com/a', _links: { git: null, html: null, self: 'https://api.github.com/a' } },
});

async function askChanges(peer: SpecPeer, connection: GithubConnection, deps: AdapterDeps): Promise<void> {
  const scm = githubSourceControl(connection, deps);
  await ask(all(scm.pullRequests({ state: 'closed', baseBranch: 'release/1.2' })));
  await ask(scm.pullRequestsOf(A));
  peer.respond({ operationId: 'pulls/list', body: [] });
  await ask(scm.ensurePullRequest(pull));
  for (const operationId of ['pulls/get', 'pulls/get']) {
    peer.respond({ operationId, patch: { state: 'open', merged_at: null, head: { sha: A } } });
  }
  await ask(scm.mergePullRequest(7, { expectedHead: A }));

  const commit = (sha: string, parents: string[], tree: string) =>
    peer.respond({
      operationId: 'git/get-commit',
      patch: { sha, tree: { sha: tree }, parents: parents.map((parent) => ({ sha: parent, url: 'https://x/a', html_url: 'https://x/a' })) },
    });
  peer.respond({ operationId: 'git/get-ref', patch: { object: { type: 'commit', sha: B } } });
  commit(A, [B], A);
  peer.respond({ operationId: 'repos/compare-commits', patch: { commits: [], total_commits: 0 } });
  commit(B, [A], B);
  await ask(scm.cherryPick(A, { onto: 'release/1.2' }));
}

async function askCi(peer: SpecPeer, connection: GithubConnection, deps: AdapterDeps): Promise<void> {
  const ci = githubCi(connection, deps);
  await ask(all(ci.workflows()));
  await ask(ci.workflowInputs('build.yml', 'release/1.2'));
  await ask(ci.dispatch({ workflowId: 'build.yml', ref: 'release/1.2', inputs: { version: '1' }, correlationId: 'sb-1' }));
  await ask(ci.findRun({ workflowId: 'build.yml', ref: 'release/1.2', correlationId: 'sb-1', since: new Date().toISOString() }));
  await ask(ci.run('42'));
  await ask(all(ci.artifacts('42')));
  peer.respond({ operationId: 'actions/get-artifact', patch: { expired: false, workflow_run: { id: 42 } } });
  await ask(ci.openArtifact('42', '7'));
  await ask(ci.cancel('42'));
  peer.respond({ operationId: 'actions/get-workflow-run', patch: { status: 'completed', conclusion: 'failure' } });
  await ask(ci.rerunFailed('42'));
}

const existingHook = {
  ...{ type: 'Repository', id: 7, name: 'web', active: true, events: ['push'], config: { url: hook.url, content_type: 'json' } },
  ...{ created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z', url: 'https://x/7', test_url: 'https://x/7/test' },
  ...{ ping_url: 'https://x/7/pings', last_response: { code: null, status: null, message: null } },
};

async function askHooks(peer: SpecPeer, connection: GithubConnection, deps: AdapterDeps): Promise<void> {
  const registrar = githubWebhookRegistrar(connection, deps);
  peer.respond({ operationId: 'repos/list-webhooks', body: [] });
  await ask(registrar.ensureHook(hook));
  for (const act of [() => registrar.ensureHook(hook), () => registrar.removeHook(hook.url)]) {
    peer.respond({ operationId: 'repos/list-webhooks', body: [existingHook] });
    await ask(act());
  }
}

async function askAsApp(peer: SpecPeer): Promise<void> {
  for (const withId of [true, false]) {
    const { connection, fake } = await githubAppSetup({ withId });
    await fake.close();
    const deps = guardedDeps('github', []);
    await ask(verifyGithub({ ...connection, baseUrl: peer.origin }, deps, 'scm'));
    await ask(all(githubSourceControl({ ...connection, baseUrl: peer.origin }, deps).repositories()));
  }
}

async function useRepository({ connection, deps, repository }: GithubSetup): Promise<void> {
  const scm = githubSourceControl(connection, deps());
  const releases = githubReleaseObjects(connection, deps());
  const registrar = githubWebhookRegistrar(connection, deps());
  const [first, second] = [repository.pushCommit({ message: 'one' }), repository.pushCommit({ message: 'two', files: { 'docs/a': 'x' } })];
  repository.pushCommit({ message: 'large', files: { large: 'x'.repeat(1_000_001) } });

  for (const category of ['scm', 'ci-cd'] as const) expect(await verifyGithub(connection, deps(), category)).toMatchObject({ ok: true });
  for (let times = 0; times < 2; times += 1) await scm.ensureBranch('release/1', first);
  await scm.ensureTag('app/v1', second, { message: 'one' });
  await scm.findTag('app/v1');
  await all(scm.commitsBetween('release/1', 'main'));
  await all(scm.changedFiles('release/1', 'main'));
  await releases.ensureReleaseObject(release);
  await releases.ensureReleaseObject({ ...release, body: 'more' });
  for (const path of ['docs/a', 'docs', 'large', 'nowhere']) await scm.readFile(path, 'main');
  repository.protect('release/1');
  await scm.branchProtection('release/1');
  await all(scm.branches());
  await all(scm.repositories());
  for (let times = 0; times < 2; times += 1) await registrar.ensureHook(hook);
  await registrar.removeHook(hook.url);
}

async function useChanges({ connection, deps, repository }: GithubSetup): Promise<void> {
  const scm = githubSourceControl(connection, deps());
  const fix = repository.pushCommit({ branch: 'fix', message: 'fix', files: { 'fix.txt': 'x' } });
  const clash = repository.pushCommit({ branch: 'clash', message: 'clash', files: { 'fix.txt': 'y' } });
  repository.pushCommit({ branch: 'release/2', message: 'cut', files: { 'cut.txt': 'x' } });
  const { number } = await scm.ensurePullRequest(pull);
  await ask(scm.ensurePullRequest({ ...pull, headBranch: 'nowhere' }));
  await ask(scm.mergePullRequest(number, { expectedHead: clash }));
  await scm.mergePullRequest(number, { expectedHead: fix });
  await scm.pullRequestsOf(fix);
  await all(scm.pullRequests({ state: 'all' }));
  await scm.cherryPick(fix, { onto: 'release/2' });
  await expect(scm.cherryPick(clash, { onto: 'release/2' })).rejects.toMatchObject({ kind: 'conflict' });
}

async function useCi({ connection, deps, repository, fake }: GithubSetup): Promise<void> {
  const ci = githubCi(connection, deps());
  const { id } = repository.addWorkflow({ name: 'Build', path: '.github/workflows/b.yml', content: 'on: workflow_dispatch' });
  await all(ci.workflows());
  await ci.workflowInputs(String(id), 'main');
  const { handle } = await ci.dispatch({ workflowId: String(id), ref: 'main', inputs: {}, correlationId: 'sb-1' });
  await ci.findRun({ workflowId: String(id), ref: 'main', correlationId: 'sb-1', since: new Date().toISOString() });
  await ci.run(handle ?? '');
  await ci.cancel(handle ?? '');
  await ci.rerunFailed(handle ?? '');
  fake.world.addArtifact(Number(handle), 'app.aab');
  const [artifact] = await all(ci.artifacts(handle ?? ''));
  await all((await ci.openArtifact(handle ?? '', artifact?.id ?? '')).body);
}

async function useApp(setup: AppSetup): Promise<void> {
  const { connection, deps, installation, fake } = setup;
  expect(await verifyGithub(connection, deps(), 'scm')).toMatchObject({ ok: true });
  await all(githubSourceControl(connection, deps()).repositories());
  installation.suspendedAt = '2026-01-01T00:00:00Z';
  expect(await verifyGithub(connection, deps(), 'scm')).toMatchObject({ ok: false });
  expect(fake.calls.some((call) => call.path.endsWith('/access_tokens'))).toBe(true);
}

const usedOperations = [
  'actions/cancel-workflow-run',
  'actions/create-workflow-dispatch',
  'actions/download-artifact',
  'actions/get-artifact',
  'actions/get-workflow',
  'actions/get-workflow-run',
  'actions/list-repo-workflows',
  'actions/list-workflow-run-artifacts',
  'actions/list-workflow-runs',
  'actions/re-run-workflow-failed-jobs',
  'apps/create-installation-access-token',
  'apps/get-installation',
  'apps/get-repo-installation',
  'apps/list-repos-accessible-to-installation',
  'git/create-commit',
  'git/create-ref',
  'git/create-tag',
  'git/delete-ref',
  'git/get-blob',
  'git/get-commit',
  'git/get-ref',
  'git/get-tag',
  'git/update-ref',
  'pulls/create',
  'pulls/get',
  'pulls/list',
  'pulls/merge',
  'repos/compare-commits',
  'repos/create-release',
  'repos/create-webhook',
  'repos/delete-webhook',
  'repos/get',
  'repos/get-branch',
  'repos/get-commit',
  'repos/get-content',
  'repos/get-release-by-tag',
  'repos/list-branches',
  'repos/list-for-authenticated-user',
  'repos/list-webhooks',
  'repos/merge',
  'repos/update-release',
  'repos/update-webhook',
  'users/get-authenticated',
];
