import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bitbucketSourceControl } from '../../src/integrations/providers/bitbucket/source-control.ts';
import { verifyBitbucket } from '../../src/integrations/providers/bitbucket/verify.ts';
import { bitbucketWebhookRegistrar } from '../../src/integrations/providers/bitbucket/webhook-registrar.ts';
import { all } from './adapter-harness.ts';
import { BITBUCKET_EMAIL, BITBUCKET_TOKEN, bitbucketSetup } from './bitbucket-harness.ts';
import { openSpecPeer, type SpecPeer, type SpecViolation } from './spec-peer.ts';

/**
 * What the description lists as parameters is not all it describes: paging, filters and partial answers stand in its text ("Pagination",
 * "Filtering and sorting", "Partial responses", List commits, Create a pull request), and the upload is described as a form.
 */
const inItsText: Readonly<Record<string, readonly string[]>> = {
  'query-unknown': ['pagelen', 'fields', 'include', 'exclude', 'q', 'sort'],
  'body-unknown': ['/description'],
};
const describedInText = ({ method, path, violations }: SpecViolation) =>
  violations.every(
    ({ code, name }) =>
      (inItsText[code] ?? []).includes(name) || (code === 'body-unexpected' && method !== 'GET' && /\/(src|hooks)(\/[^/]+)?$/.test(path)),
  );
/** Left out of the copy at hand. */
const notAtHand = (path: string) => /\/(branch-restrictions|effective-branching-model)$/.test(path);

describe('bitbucket and the description of its API', () => {
  let peer: SpecPeer | null;

  beforeAll(async () => {
    peer = await openSpecPeer('bitbucket');
  }, 300_000);

  afterAll(() => peer?.close());

  it('every request of the adapter fits the description, and every answer of the fake', async ({ skip }) => {
    if (!peer) return skip('the API description is not available');
    const calls = await callsOfARelease();

    for (const call of calls.filter(({ path }) => !notAtHand(path))) {
      const body = call.body === undefined ? {} : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) };
      const headers = { authorization: String(call.headers.authorization), 'content-type': String(call.headers['content-type'] ?? '') };
      await fetch(`${peer.origin}${call.path}?${call.query}`, { method: call.method, headers, ...body });
    }
    const misfits = calls.flatMap((call) => {
      // The description lists what a folder answers; the bytes and properties of a file stand in its text.
      if (notAtHand(call.path) || call.path.includes('/src/')) return [];
      const wrong = peer
        ?.checkResponse(call.method, call.path, call.status, call.answer ?? null)
        ?.filter((each) => !missingSide.test(each));
      return wrong && wrong.length > 0 ? [{ call: `${call.method} ${call.path} ${call.status}`, wrong }] : [];
    });

    expect(peer.violations.filter((violation) => !describedInText(violation))).toEqual([]);
    expect(misfits).toEqual([]);
    expect(
      peer
        .coverage()
        .map(({ method, path }) => `${method} ${path.replace('/2.0', '').replace('/repositories/{workspace}/{repo_slug}', '…')}`)
        .sort(),
    ).toEqual(usedOperations);
  });
});

/** What the adapter asks the fake in the course of a release, with the answers. */
async function callsOfARelease() {
  const { fake, repository, connection, deps } = await bitbucketSetup();
  const scm = bitbucketSourceControl(connection, deps());
  const registrar = bitbucketWebhookRegistrar(connection, deps());
  const first = repository.pushCommit({ message: 'one', files: { 'docs/read me.md': 'one\n' } });
  const fix = repository.pushCommit({ branch: 'fix', message: 'Fix', files: { 'fix.txt': 'fixed\n' } });
  repository.pushCommit({ message: 'two' });

  expect(await verifyBitbucket(connection, deps())).toMatchObject({ ok: true });
  await scm.ensureBranch('release/1', first);
  await scm.ensureTag('app/v1', first, { message: 'one' });
  await scm.compare('main', 'fix');
  await all(scm.commitsBetween('app/v1', 'fix'));
  await all(scm.changedFiles('app/v1', 'fix'));
  await scm.cherryPick(fix, { onto: 'release/1' });
  const { number } = await scm.ensurePullRequest({ headBranch: 'fix', baseBranch: 'main', title: 'Fix', body: 'why' });
  await scm.pullRequestsOf(fix);
  repository.slowMergePolls = 1;
  await scm.mergePullRequest(number, { expectedHead: fix });
  await all(scm.pullRequests({ state: 'all', baseBranch: 'main' }));
  await scm.readFile('docs/read me.md', 'main');
  await scm.findTag('v2');
  await scm.branchProtection('main');
  await all(scm.branches());
  await all(scm.repositories());
  const url = 'https://signalbox.example.com/hook';
  for (const secret of ['first-secret', 'second-secret']) await registrar.ensureHook({ url, secret });
  await registrar.removeHook(url);
  await fake.close();
  return fake.calls;
}

/** The description has no null; a file that one side lacks is null all the same. */
const missingSide = /^\/values\/\d+\/(old|new) must be object$/;

const usedOperations = [
  'DELETE …/hooks/{uid}',
  'GET /repositories/{workspace}',
  'GET /user',
  'GET …',
  'GET …/commit/{commit}',
  'GET …/commit/{commit}/pullrequests',
  'GET …/commits',
  'GET …/diffstat/{spec}',
  'GET …/hooks',
  'GET …/merge-base/{revspec}',
  'GET …/pullrequests',
  'GET …/pullrequests/{pull_request_id}',
  'GET …/pullrequests/{pull_request_id}/merge/task-status/{task_id}',
  'GET …/refs/branches',
  'GET …/refs/branches/{name}',
  'GET …/refs/tags/{name}',
  'GET …/src/{commit}/{path}',
  'POST …/hooks',
  'POST …/pullrequests',
  'POST …/pullrequests/{pull_request_id}/merge',
  'POST …/refs/branches',
  'POST …/refs/tags',
  'POST …/src',
  'PUT …/hooks/{uid}',
];

type Call = (parameters: Record<string, unknown>) => Promise<{ data: Record<string, unknown> }>;

/** The client's own types are sources that do not compile under this project's options, so what the test uses of it is named here. */
interface BitbucketClient {
  repositories: { get: Call };
  refs: Record<'createTag' | 'getTag' | 'getBranch', Call>;
  pullrequests: Record<'create' | 'merge', Call>;
  commits: { list: Call };
}
const require = createRequire(import.meta.url);
const { Bitbucket } = require('bitbucket') as { Bitbucket: new (options: Record<string, unknown>) => BitbucketClient };

describe('the fake Bitbucket and a client that others wrote', () => {
  it('understand each other', async () => {
    const { fake, repository } = await bitbucketSetup();
    const client = new Bitbucket({ baseUrl: fake.baseUrl, auth: { username: BITBUCKET_EMAIL, password: BITBUCKET_TOKEN }, notice: false });
    const where = { workspace: 'acme', repo_slug: 'app' };
    const fix = repository.pushCommit({ branch: 'fix', message: 'Fix', files: { 'fix.txt': 'fixed\n' } });

    const read = await client.repositories.get(where);
    await client.refs.createTag({ ...where, _body: { type: 'tag', name: 'v1', target: { type: 'commit', hash: fix } } });
    const tag = await client.refs.getTag({ ...where, name: 'v1' });
    const opened = await client.pullrequests.create({
      ...where,
      _body: { type: 'pullrequest', title: 'Fix', source: { branch: { name: 'fix' } }, destination: { branch: { name: 'main' } } },
    });
    const { id } = opened.data;
    const merged = await client.pullrequests.merge({
      ...where,
      pull_request_id: id,
      _body: { type: 'merge', merge_strategy: 'merge_commit' },
    });
    const commits = await client.commits.list({ ...where, include: 'main' });
    const missing = await client.refs.getBranch({ ...where, name: 'nowhere' }).catch((error: unknown) => error);
    await fake.close();

    expect(read.data).toMatchObject({ full_name: 'acme/app', mainbranch: { name: 'main' } });
    expect(tag.data).toMatchObject({ name: 'v1', target: { hash: fix } });
    expect(merged.data).toMatchObject({ id, state: 'MERGED' });
    expect(commits.data).toMatchObject({ values: [{ hash: repository.git.branches.get('main') }, {}, {}] });
    expect(missing).toMatchObject({ status: 404 });
  });
});
