import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { type ReleaseWorld, releaseWorld } from './release-world.ts';
import { addBuild, buildTask, historyOf, startedRelease } from './repository-world.ts';

const COMMIT = 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3';
const OTHER_COMMIT = 'b94a8fe5ccb19ba61c4c0873d391e987982fbbd3';

describe('what CI reports of a build', () => {
  let api: ApiHarness;
  let world: ReleaseWorld;
  let ci: string;
  let releaseId: string;
  let taskId: string;
  /** Of the test's builds, their correlation id, too. */
  let buildId: string;

  beforeAll(async () => {
    api = await startApi();
    world = await releaseWorld(api);
    ci = await api.token(world.tenantId, 'ci');
  });
  afterAll(() => api.close());
  beforeEach(async () => {
    releaseId = (await startedRelease(world, world.ids.scm)).id;
    taskId = await buildTask(api, world, releaseId);
    buildId = await addBuild(api, world, releaseId, taskId, { integrationId: ulid(), handle: '7', status: 'RUNNING' });
    api.rung.length = 0;
  });

  const report = (body: object, id = buildId, token = ci, headers: Record<string, string> = {}) =>
    api.request('POST', `/api/v1/tenants/${world.tenantId}/builds/${id}/report`, { token, body, headers });
  const upload = async (over: Record<string, string> = {}) => {
    const query = new URLSearchParams({ platform: 'WEB', type: 'REGRESSION_BUILD', fileName: 'site.zip', ...over });
    const answer = await world.call('POST', `/${releaseId}/uploads?${query}`, {
      ...{ token: ci, body: Buffer.from(`PK\u0003\u0004${ulid()}`), headers: { 'content-type': 'application/octet-stream' } },
    });
    return answer.body;
  };
  const end = (status: string) => api.db.run('UPDATE builds SET status = ? WHERE id = ?', [status, buildId]);

  it('has it looked at now, and shows commit and log', async () => {
    const answer = await report({ status: 'SUCCEEDED', commit: COMMIT, version: '1.0.0', url: 'https://ci.example/7' });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      build: { id: buildId, status: 'RUNNING', commit: COMMIT, url: 'https://ci.example/7' },
      ignored: null,
    });
    expect(api.rung.map(({ id }) => id)).toContain(taskId);
  });

  it('makes an upload its artifact, once, and the upload is used', async () => {
    const { id: uploadId, digest } = await upload();

    const first = await report({ uploadId });
    const again = await report({ uploadId });
    const other = await report({ uploadId: (await upload()).id });

    expect([first.status, again.status, other.status]).toEqual([200, 200, 409]);
    expect(first.body.build.artifact).toMatchObject({ name: 'site.zip', digest, kept: true });
    expect(again.body).toEqual(first.body);
    const { body } = await world.call('GET', `/${releaseId}/uploads`);
    expect(body.items.find(({ id }: { id: string }) => id === uploadId)).toMatchObject({ state: 'USED', buildId });
    expect((await world.call('GET', `/${releaseId}/builds/${buildId}/artifact`)).status).toBe(200);
  });

  it('names a file that lies elsewhere: sealed, shown without what is secret, one trace, and another try', async () => {
    const artifact = { url: 'https://files.example/a/site.zip?signature=very-secret', sha256: 'AB'.repeat(32), sizeBytes: 3 };

    const first = await report({ artifact });
    await api.db.run(`UPDATE builds SET artifact_source_failure = '{"kind":"invalid","message":"wrong"}' WHERE id = ?`, [buildId]);
    const failed = (await world.call('GET', `/${releaseId}/builds`)).body.items[0];
    const again = await report({ artifact });

    const source = { url: 'https://files.example/a/site.zip', digest: `sha256:${'ab'.repeat(32)}`, failure: null };
    expect([first.status, first.body.build.artifactSource, first.body.build.artifact]).toEqual([200, source, null]);
    expect(failed.artifactSource.failure).toMatchObject({ message: 'wrong', remedy: expect.stringContaining('Report the artifact again') });
    expect(again.body.build.artifactSource).toEqual(source);
    expect(api.rung.map(({ id }) => id)).toContain(taskId);
    expect(await historyOf(world, releaseId, 'buildArtifactSource')).toHaveLength(1);
    const [row] = await api.db.rows('SELECT * FROM builds WHERE id = ?', [buildId]);
    expect(JSON.stringify(row) + api.logged()).not.toContain('very-secret');
    const wrong = [{ url: 'ftp://x/y' }, { sha256: 'abc' }, { sizeBytes: 0 }].map((over) => report({ artifact: { ...artifact, ...over } }));
    expect((await Promise.all(wrong)).map(({ status }) => status)).toEqual([422, 422, 422]);
    expect((await report({ artifact, uploadId: ulid() })).status).toBe(422);
  });

  it('leaves one trace in the history, however often it comes', async () => {
    await report({ status: 'RUNNING' });
    await report({ status: 'RUNNING' });
    await report({ status: 'FAILED' });

    const events = await historyOf(world, releaseId, 'buildReport');
    expect(events.map(({ items }) => [items[0]?.before, items[0]?.after])).toEqual([
      ['RUNNING', 'FAILED'],
      [null, 'RUNNING'],
    ]);
  });

  it.each(['SUCCEEDED', 'FAILED', 'CANCELLED'])('is written down and ignored once the build has ended: %s', async (status) => {
    const { id: uploadId } = await upload();
    await end(status);
    api.rung.length = 0;

    const answer = await report({ status: 'RUNNING', uploadId, commit: COMMIT });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ignored: `The build had ended: ${status}.`, build: { status, artifact: null, commit: null } });
    expect(api.rung).toEqual([]);
    expect((await historyOf(world, releaseId, 'buildReport'))[0]?.why).toBe(`The build had ended: ${status}.`);
  });

  it('is ignored when another build has taken the place of this one', async () => {
    await addBuild(api, world, releaseId, taskId, { integrationId: ulid(), handle: '8', status: 'RUNNING' });

    expect((await report({ status: 'FAILED' })).body.ignored).toBe('Another build has taken the place of this one.');
  });

  it('is refused when it is about another commit, version or kind of file', async () => {
    await report({ commit: COMMIT });
    const bundle = await upload({ type: 'PRE_REGRESSION_BUILD' });

    const answers = [
      await report({ commit: OTHER_COMMIT }),
      await report({ version: '2.0.0' }),
      await report({ uploadId: bundle.id }),
      await report({ uploadId: ulid() }),
      await report({}),
      await report({ commit: 'abc' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([409, 409, 422, 422, 422, 422]);
    expect((await report({ commit: COMMIT.toUpperCase(), version: '1.0.0' })).status).toBe(200);
  });

  it('is for the token of a CI, and for builds of its tenant that exist', async () => {
    const viewer = await world.person('viewer');
    const stranger = await api.tenant('Globex');
    const theirs = { token: await api.token(stranger.tenantId, 'ci'), body: { status: 'RUNNING' } };

    const statuses = [
      (await report({ status: 'RUNNING' }, 'sbx-unknown')).status,
      (await report({ status: 'RUNNING' }, buildId, viewer.token)).status,
      (await report({ status: 'RUNNING' }, buildId, theirs.token)).status,
      (await api.request('POST', `/api/v1/tenants/${stranger.tenantId}/builds/${buildId}/report`, theirs)).status,
    ];

    expect(statuses).toEqual([404, 403, 404, 404]);
  });
});
