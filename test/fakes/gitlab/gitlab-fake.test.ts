import { Gitlab } from '@gitbeaker/rest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../support/wait-for.ts';
import { startFakeServer } from '../fake-server.ts';
import { createGitlabFake, type GitlabFake, MAINTAINER } from './index.ts';

const TOKEN = 'glpat-fake';
const PATH = 'acme/app';

/** GitLab's own refusals, as gitbeaker reports them. */
async function refusal(call: Promise<unknown>): Promise<{ status: number; words: string }> {
  const error = await call.then(
    () => new Error('the call succeeded, a refusal was due'),
    (reason: unknown) => reason,
  );
  const cause = error instanceof Error ? (error.cause as { response?: Response; description?: string } | undefined) : undefined;
  if (!cause?.response) throw error;
  return { status: cause.response.status, words: cause.description ?? '' };
}

describe('the fake GitLab, asked by gitbeaker itself', () => {
  let fake: GitlabFake;
  let client: InstanceType<typeof Gitlab>;

  beforeEach(async () => {
    fake = await createGitlabFake({ root: '/gitlab' });
    fake.world.addToken({ value: TOKEN, username: 'bot' });
    fake.world.addProject({ path: PATH, members: { bot: MAINTAINER } });
    client = new Gitlab({ host: fake.baseUrl, token: TOKEN });
  });

  afterEach(() => fake.close());

  const project = () => fake.world.project(PATH);

  it('takes branches, tags and releases, and refuses them a second time in the words of GitLab', async () => {
    const head = project().git.branches.get('main') ?? '';

    const branch = await client.Branches.create(PATH, 'release/1', 'main');
    const tag = await client.Tags.create(PATH, 'v1', head, { message: 'One' });
    const release = await client.ProjectReleases.create(PATH, { tagName: 'v1', name: 'One', description: 'notes' });

    expect(branch).toMatchObject({ name: 'release/1', commit: { id: head } });
    expect(tag).toMatchObject({ name: 'v1', message: 'One', commit: { id: head } });
    expect(release).toMatchObject({ tag_name: 'v1', description: 'notes' });
    expect(await refusal(client.Branches.create(PATH, 'release/1', 'main'))).toEqual({ status: 400, words: 'Branch already exists' });
    expect(await refusal(client.Tags.create(PATH, 'v1', head))).toEqual({ status: 409, words: 'Tag v1 already exists' });
    expect(await refusal(client.ProjectReleases.create(PATH, { tagName: 'v1' }))).toEqual({ status: 409, words: 'Release already exists' });
    expect(await refusal(client.ProjectReleases.create(PATH, { tagName: 'v2' }))).toEqual({ status: 422, words: 'Ref is not specified' });
  });

  it('pages a list so that gitbeaker reads it to its end', async () => {
    for (let index = 0; index < 230; index += 1) project().git.branches.set(`feature/${index}`, project().git.branches.get('main') ?? '');

    expect(await client.Branches.all(PATH, { perPage: 100 })).toHaveLength(231);
  });

  it('opens a merge request once and merges it at its head only', async () => {
    const head = project().pushCommit({ branch: 'fix', message: 'Fix', files: { 'fix.txt': 'fixed' } });

    const opened = await client.MergeRequests.create(PATH, 'fix', 'main', 'Fix');

    expect((await refusal(client.MergeRequests.create(PATH, 'fix', 'main', 'Again'))).status).toBe(409);
    expect(await refusal(client.MergeRequests.merge(PATH, opened.iid, { sha: 'f'.repeat(40) }))).toMatchObject({ status: 409 });
    expect(await client.MergeRequests.merge(PATH, opened.iid, { sha: head })).toMatchObject({ state: 'merged' });
    expect(await refusal(client.MergeRequests.merge(PATH, opened.iid))).toEqual({ status: 405, words: '405 Method Not Allowed' });
    expect(project().git.resolve('main')?.files.get('fix.txt')).toBe('fixed');
  });

  it('refuses a token that it does not know, and one without the scope', async () => {
    fake.world.addToken({ value: 'glpat-narrow', username: 'bot', scopes: ['read_api'] });
    const as = (token: string) => new Gitlab({ host: fake.baseUrl, token });

    expect(await refusal(as('glpat-wrong').Projects.show(PATH))).toEqual({ status: 401, words: '401 Unauthorized' });
    expect(await as('glpat-narrow').Projects.show(PATH)).toMatchObject({ path_with_namespace: PATH });
    expect(await refusal(as('glpat-narrow').Branches.create(PATH, 'x', 'main'))).toEqual({ status: 403, words: 'insufficient_scope' });
    expect(await refusal(client.Projects.show('acme/other'))).toEqual({ status: 404, words: '404 Project Not Found' });
  });

  it('starts pipelines only where there is a configuration, and fails and retries them as told', async () => {
    expect((await refusal(client.Pipelines.create(PATH, 'main'))).words).toContain('Missing CI config file');
    project().pushCommit({ message: 'CI', files: { '.gitlab-ci.yml': 'build: { script: [make] }' } });
    expect((await refusal(client.Pipelines.create(PATH, 'nowhere'))).words).toContain('Reference not found');
    fake.world.autoComplete(true);
    fake.world.failPipelines();

    const { id } = await client.Pipelines.create(PATH, 'main', { variables: [{ key: 'VERSION', value: '1' }] });
    await waitFor(async () => (await client.Pipelines.show(PATH, id)).status === 'failed', { what: 'a failed pipeline' });
    await client.Pipelines.retry(PATH, id);
    await waitFor(async () => (await client.Pipelines.show(PATH, id)).status === 'success', { what: 'a pipeline that passed' });

    const jobs = await client.Jobs.all(PATH, { pipelineId: id, includeRetried: true });
    expect(jobs.map(({ name, status }) => [name, status])).toEqual([
      ['build', 'success'],
      ['build', 'failed'],
    ]);
    expect(await client.Pipelines.allVariables(PATH, id)).toMatchObject([{ key: 'VERSION', value: '1' }]);
  });

  it('calls the hooks of a project that want to hear of pipelines', async () => {
    const receiver = await startFakeServer();
    receiver.route('POST', '/hook', () => ({ status: 204 }));
    project().pushCommit({ message: 'CI', files: { '.gitlab-ci.yml': 'build: { script: [make] }' } });
    await client.ProjectHooks.add(PATH, `${receiver.origin}/hook`, { token: 'secret', pipelineEvents: true, pushEvents: false });

    const { id } = await client.Pipelines.create(PATH, 'main');

    await waitFor(() => receiver.calls.length === 1, { what: 'the webhook' });
    expect(receiver.calls[0]?.headers).toMatchObject({ 'x-gitlab-event': 'Pipeline Hook', 'x-gitlab-token': 'secret' });
    expect(receiver.calls[0]?.body).toMatchObject({ object_kind: 'pipeline', object_attributes: { id, status: 'created' } });
    await receiver.close();
  });
});
