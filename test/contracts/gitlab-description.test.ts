import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitlabCi } from '../../src/integrations/providers/gitlab/ci.ts';
import { gitlabReleaseObjects } from '../../src/integrations/providers/gitlab/release-objects.ts';
import { gitlabSourceArchive } from '../../src/integrations/providers/gitlab/source-archive.ts';
import { gitlabSourceControl } from '../../src/integrations/providers/gitlab/source-control.ts';
import { verifyGitlab } from '../../src/integrations/providers/gitlab/verify.ts';
import { gitlabWebhookRegistrar } from '../../src/integrations/providers/gitlab/webhook-registrar.ts';
import { all, guardedDeps } from './adapter-harness.ts';
import { GITLAB_PROJECT, gitlabConnection, gitlabSetup } from './gitlab-harness.ts';
import { openSpecPeer, type SpecPeer } from './spec-peer.ts';

/** Operations of GitLab that its description at hand leaves out. */
const NOT_DESCRIBED = /\/(user|personal_access_tokens\/self|members\/all\/\d+|approval_rules|external_status_checks)$/;
const HOOK = { url: 'https://signalbox.example.com/hook', secret: 'whsec-1' };

describe('gitlab and the description of its API', () => {
  let peer: SpecPeer | null;

  beforeAll(async () => {
    peer = await openSpecPeer('gitlab');
  }, 300_000);

  afterAll(() => peer?.close());

  it('every request of the adapter fits the description', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const setup = await gitlabSetup();
    await useEverything(setup);
    const requests = setup.fake.calls.filter((call) => !NOT_DESCRIBED.test(call.path));
    for (const { method, path, query, body } of requests) {
      const text = query.size === 0 ? '' : `?${query}`;
      await fetch(`${peer.origin}${path.replace('/gitlab', '')}${text}`, {
        method,
        headers: { 'private-token': 'glpat-x', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }).then((response) => response.body?.cancel());
    }
    await setup.fake.close();

    expect(peer.violations).toEqual([]);
    expect(
      peer
        .coverage()
        .map(({ method, path }) => `${method} ${path.replace('/api/v4', '')}`)
        .sort(),
    ).toEqual(usedOperations);
  });

  it('the adapter speaks with the description itself, not only with the fake', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const connection = gitlabConnection(peer.origin, undefined, '42');
    const before = peer.violations.length;

    for (const category of ['scm', 'ci-cd'] as const)
      await verifyGitlab(connection, guardedDeps('gitlab', []), category).catch(() => undefined);
    const branch = await gitlabSourceControl(connection, guardedDeps('gitlab', [])).findBranch('release/1.2');

    expect(branch).toEqual({ name: expect.any(String), head: expect.any(String) });
    expect(peer.violations.slice(before).filter(({ path }) => !NOT_DESCRIBED.test(path))).toEqual([]);
  });

  it('every answer of the fake fits the description', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const setup = await gitlabSetup();
    await useEverything(setup);
    await setup.fake.close();

    const misfits = setup.fake.calls.flatMap((call) => {
      if (NOT_DESCRIBED.test(call.path) || call.answer instanceof Buffer) return [];
      const path = call.path.replace('/gitlab', '');
      // The one list that is described as an object.
      const isList = Array.isArray(call.answer) && /\/[^/]+\/merge_requests$/.test(path) && !path.includes('/commits/');
      const answers: unknown[] = isList ? (call.answer as unknown[]) : [call.answer ?? null];
      const status = call.status < 300 ? (OTHER_STATUS[path.split('/').at(-1) ?? ''] ?? call.status) : call.status;
      const wrong = answers.flatMap((answer) => peer?.checkResponse(call.method, path, status, asDescribed(answer)) ?? []);
      return wrong.length > 0 ? [{ call: `${call.method} ${path} ${call.status}`, wrong: [...new Set(wrong)] }] : [];
    });
    expect(misfits).toEqual([]);
    expect(setup.fake.calls.length).toBeGreaterThan(60);
  });
});

/** One call of everything, in an order in which it works. */
async function useEverything({ fake, project, connection, deps }: Awaited<ReturnType<typeof gitlabSetup>>): Promise<void> {
  const scm = gitlabSourceControl(connection, deps());
  const releases = gitlabReleaseObjects(connection, deps());
  const ci = gitlabCi(connection, deps());
  const registrar = gitlabWebhookRegistrar(connection, deps());
  const first = project.pushCommit({
    message: 'Build',
    files: { '.gitlab-ci.yml': 'variables: { version: "1" }\nbuild: { script: [make] }' },
  });
  const second = project.pushCommit({ message: 'two' });
  const fix = project.pushCommit({ branch: 'fix', message: 'Fix', files: { 'fix.txt': 'fixed' } });
  project.openMergeRequest({ title: 'Open', source: 'main', target: 'fix', labels: ['ui'] });

  for (const category of ['scm', 'ci-cd'] as const) expect(await verifyGitlab(connection, deps(), category)).toMatchObject({ ok: true });
  for (const branch of ['release/1', 'release/2']) await scm.ensureBranch(branch, first);
  await scm.ensureTag('app/v1', second, { message: 'one' });
  await scm.compare('release/1', 'main');
  await all(scm.commitsBetween('release/1', 'main'));
  await all(scm.changedFiles('release/1', 'main'));
  const { number } = await scm.ensurePullRequest({ headBranch: 'fix', baseBranch: 'release/1', title: 'Fix', body: 'why' });
  await scm.mergePullRequest(number, { expectedHead: fix });
  await scm.pullRequestsOf(fix);
  await all(scm.pullRequests({ state: 'closed', baseBranch: 'release/1' }));
  await scm.cherryPick(fix, { onto: 'release/2' });
  project.protect('release/*');
  project.addStatusCheck('build', ['release/*']);
  await scm.branchProtection('release/1');
  await scm.readFile('fix.txt', 'release/2');
  await all(scm.branches());
  await all(scm.repositories());
  await releases.ensureReleaseObject({ tag: 'app/v1', name: 'One', body: 'notes', prerelease: false });
  await releases.ensureReleaseObject({ tag: 'app/v1', name: 'One', body: 'more', prerelease: false });
  await registrar.ensureHook(HOOK);
  await registrar.ensureHook(HOOK);
  await registrar.removeHook(HOOK.url);
  await all(ci.workflows());
  await ci.workflowInputs('pipeline', 'main');
  const order = { workflowId: 'pipeline', ref: 'main', correlationId: 'sb-1' };
  const { handle } = await ci.dispatch({ ...order, inputs: { version: '2' } });
  await ci.findRun({ ...order, since: new Date().toISOString() });
  await ci.cancel(handle ?? '');
  await ci.rerunFailed(handle ?? '');
  fake.world.addArchive(Number(handle), 'build');
  const [artifact] = await all(ci.artifacts(handle ?? ''));
  await all((await ci.openArtifact(handle ?? '', artifact?.id ?? '')).body);
  await all((await gitlabSourceArchive(connection, deps()).openArchive(first)).body);
  await expect(scm.findBranch('nowhere')).resolves.toBeNull();
  expect(connection.settings.project).toBe(GITLAB_PROJECT);
}

/**
 * The description is made from GitLab's code and knows less than that: it calls nothing nullable, calls text whatever the code states no
 * type of, and lists of objects objects. What is known to differ is put into its words here.
 */
function asDescribed(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) {
    if (name === 'labels') return value.join(',');
    return MISTAKEN_LISTS.has(name) ? asDescribed(value[0] ?? {}) : value.map((each) => asDescribed(each, name));
  }
  if (typeof value !== 'object' || value === null) return value;
  const isHook = 'alert_status' in value;
  const isText = (key: string) =>
    UNTYPED.has(key) || (isHook && HOOK_IDS.has(key)) || (name === 'project_access' && key.endsWith('_level'));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, isText(key) ? String(member) : asDescribed(member, key)]),
  );
}

const MISTAKEN_LISTS = new Set(['assignees', 'reviewers', 'milestones', 'evidences', 'sources', 'links']);
const HOOK_IDS = new Set(['id', 'project_id']);
/** Members that are numbers or truth values and of which the code states no type. */
const UNTYPED = new Set([
  ...['user_notes_count', 'upvotes', 'downvotes', 'source_project_id', 'target_project_id', 'draft', 'work_in_progress'],
  ...['merge_when_pipeline_succeeds', 'should_remove_source_branch', 'force_remove_source_branch', 'squash', 'has_conflicts'],
  ...['blocking_discussions_resolved', 'discussion_locked', 'only_allow_merge_if_all_status_checks_passed', 'ci_job_token_scope_enabled'],
]);

/** Answered 201 and 200, whatever the description says: the first is the default of a POST, the second is set by hand. */
const OTHER_STATUS: Readonly<Record<string, number>> = { cherry_pick: 200, cancel: 201 };

const usedOperations = [
  'DELETE /projects/{id}/hooks/{hook_id}',
  'GET /projects',
  'GET /projects/{id}',
  'GET /projects/{id}/hooks',
  'GET /projects/{id}/jobs/{job_id}',
  'GET /projects/{id}/jobs/{job_id}/artifacts',
  'GET /projects/{id}/merge_requests',
  'GET /projects/{id}/merge_requests/{merge_request_iid}',
  'GET /projects/{id}/pipelines',
  'GET /projects/{id}/pipelines/{pipeline_id}',
  'GET /projects/{id}/pipelines/{pipeline_id}/jobs',
  'GET /projects/{id}/pipelines/{pipeline_id}/variables',
  'GET /projects/{id}/protected_branches',
  'GET /projects/{id}/releases/{tag_name}',
  'GET /projects/{id}/repository/archive',
  'GET /projects/{id}/repository/branches',
  'GET /projects/{id}/repository/branches/{branch}',
  'GET /projects/{id}/repository/commits',
  'GET /projects/{id}/repository/commits/{sha}',
  'GET /projects/{id}/repository/commits/{sha}/merge_requests',
  'GET /projects/{id}/repository/compare',
  'GET /projects/{id}/repository/files/{file_path}',
  'GET /projects/{id}/repository/merge_base',
  'GET /projects/{id}/repository/tags/{tag_name}',
  'POST /projects/{id}/hooks',
  'POST /projects/{id}/merge_requests',
  'POST /projects/{id}/pipeline',
  'POST /projects/{id}/pipelines/{pipeline_id}/cancel',
  'POST /projects/{id}/pipelines/{pipeline_id}/retry',
  'POST /projects/{id}/releases',
  'POST /projects/{id}/repository/branches',
  'POST /projects/{id}/repository/commits/{sha}/cherry_pick',
  'POST /projects/{id}/repository/tags',
  'PUT /projects/{id}/hooks/{hook_id}',
  'PUT /projects/{id}/merge_requests/{merge_request_iid}/merge',
  'PUT /projects/{id}/releases/{tag_name}',
];
