import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BuildsWorld, openBuilds } from './builds-world.ts';
import { failTask, historyOf } from './repository-world.ts';

/** A build made elsewhere becomes the one a task waits for. */

const OTHER = 'b94a8fe5ccb19ba61c4c0873d391e987982fbbd3';

let builds: BuildsWorld;
beforeAll(async () => {
  builds = await openBuilds();
});
afterAll(() => builds?.close());

describe('adopting a build', () => {
  let releaseId: string;
  let taskId: string;
  /** What the task had: its own run does not begin. */
  let ownId: string;

  beforeEach(async () => {
    const made = await builds.withBuild({ status: 'QUEUED', handle: '77' });
    ({ releaseId, taskId, buildId: ownId } = made);
    await builds.api.db.run('UPDATE builds SET dispatched_at = UTC_TIMESTAMP(3) WHERE id = ?', [ownId]);
    await builds.api.db.run('UPDATE ci_cd_configs SET integration_id = ? WHERE tenant_id = ?', [builds.ids.github, builds.world.tenantId]);
    const { head } = await candidate(builds.github.world.repository('acme', 'app').git.branches.get('main') ?? '');
    expect(head).not.toBe(OTHER);
    builds.api.rung.length = 0;
  });

  /** The cycle's candidate is this commit. */
  async function candidate(head: string) {
    await builds.api.db.run(`UPDATE regression_cycles SET rc_tag = 'v1.0.0-rc.1', rc_commit = ? WHERE release_id = ?`, [head, releaseId]);
    return { head };
  }
  const adopt = (body: object, token?: string) =>
    builds.world.call('POST', `/${releaseId}/builds/adopt`, { body: { platform: 'WEB', taskId, ...body }, ...(token ? { token } : {}) });
  const cleanUps = () =>
    builds.api.db.rows<{ kind: string; subject: string; state: string }>('SELECT kind, subject, state FROM clean_ups WHERE scope_id = ?', [
      releaseId,
    ]);
  const upload = async () => {
    const query = new URLSearchParams({ platform: 'WEB', type: 'REGRESSION_BUILD', fileName: 'site.zip' });
    const answer = await builds.world.call('POST', `/${releaseId}/uploads?${query}`, {
      ...{ body: Buffer.from(`PK\u0003\u0004${ulid()}`), headers: { 'content-type': 'application/octet-stream' } },
    });
    return answer.body;
  };

  it('takes a run by the address of its page: followed from now on, in place of the own one, which is cancelled', async () => {
    const run = builds.runAtGithub();

    const answer = await adopt({ ciRun: `https://github.com/acme/app/actions/runs/${run.id}/job/5`, reason: 'Built by hand' });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      build: { status: 'RUNNING', ordinal: 2, commit: run.headSha, adoption: { expectedCommit: null, reason: null } },
      task: { id: taskId, status: 'WAITING' },
    });
    expect(builds.api.rung.map(({ id }) => id)).toContain(taskId);
    const own = (await builds.world.call('GET', `/${releaseId}/builds`)).body.items.find(({ id }: { id: string }) => id === ownId);
    expect(own).toMatchObject({ status: 'CANCELLED', providerState: 'another build was adopted' });
    expect(await cleanUps()).toEqual([{ kind: 'CI_RUN', subject: ownId, state: 'PENDING' }]);
    expect(await historyOf(builds.world, releaseId, 'buildAdoption')).toMatchObject([
      {
        entityId: taskId,
        why: 'Built by hand',
        by: { accountId: expect.any(String) },
        items: [{ before: ownId, after: answer.body.build.id }],
      },
    ]);
  });

  it('is one adoption, however often and by whichever name it is asked for', async () => {
    const run = builds.runAtGithub();

    const first = await adopt({ ciRun: String(run.id) });
    const again = await adopt({ ciRun: `https://github.com/ACME/App/actions/runs/${run.id}` });

    expect(again.body).toEqual(first.body);
    expect(await historyOf(builds.world, releaseId, 'buildAdoption')).toHaveLength(1);
  });

  it('refuses a run of another commit, unless that is allowed by whom it may, with a reason that is kept', async () => {
    const run = builds.runAtGithub();
    await candidate(OTHER);
    const contributor = await builds.world.person('contributor');

    const refused = await adopt({ ciRun: String(run.id) });
    const wordless = await adopt({ ciRun: String(run.id), allowOtherCommit: true });
    const forbidden = await adopt({ ciRun: String(run.id), allowOtherCommit: true, reason: 'Same sources' }, contributor.token);
    const allowed = await adopt({ ciRun: String(run.id), allowOtherCommit: true, reason: 'Same sources' });

    expect([refused.status, wordless.status, forbidden.status, allowed.status]).toEqual([409, 422, 403, 200]);
    expect(refused.body.detail).toContain(OTHER);
    expect(allowed.body.build.adoption).toMatchObject({ expectedCommit: OTHER, reason: 'Same sources' });
    expect(await historyOf(builds.world, releaseId, 'buildCommit')).toMatchObject([{ why: 'Same sources' }]);
  });

  it.each(['failure', 'cancelled'])('refuses a run that ended in %s', async (conclusion) => {
    expect((await adopt({ ciRun: String(builds.runAtGithub(conclusion).id) })).status).toBe(409);
  });

  it('takes an upload, and the task that had given up for its build goes on', async () => {
    await builds.api.db.run(`UPDATE builds SET status = 'FAILED' WHERE id = ?`, [ownId]);
    await failTask(builds.api, taskId);
    const { id: uploadId, digest } = await upload();

    const answer = await adopt({ uploadId });

    expect(answer.body).toMatchObject({
      build: { status: 'SUCCEEDED', mode: 'MANUAL', artifact: { digest, kept: true } },
      task: { status: 'READY' },
    });
    expect((await builds.world.call('GET', `/${releaseId}`)).body.pauseReasons).toEqual([]);
    expect((await adopt({ uploadId })).body.build.id).toBe(answer.body.build.id);
    expect(await cleanUps()).toEqual([]);
    expect((await adopt({ uploadId: (await upload()).id })).body.detail).toContain('needs no other');
  });

  it('succeeds while a worker looks at the task: what that has seen decides nothing any more, and the task looks anew', async () => {
    const { task: looking, settle } = await builds.looking(taskId);

    const answer = await adopt({ ciRun: String(builds.runAtGithub().id) });
    const failure = { kind: 'conflict' as const, message: 'The build did not succeed' };
    const settled = await settle({ task: looking, outcome: { kind: 'failed', failure }, handOver: false });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ build: { status: 'RUNNING', ordinal: 2 }, task: { id: taskId, status: 'READY' } });
    expect(settled).toEqual({ settled: false });
    expect(builds.api.rung.map(({ id }) => id)).toContain(taskId);
    expect((await builds.world.call('GET', `/${releaseId}`)).body.pauseReasons).toEqual([]);
    expect((await builds.looking(taskId)).task.attempt).toBe(looking.attempt + 1);
    expect(await historyOf(builds.world, releaseId, 'status')).toContainEqual(
      expect.objectContaining({ entityId: taskId, items: [expect.objectContaining({ before: 'IN_PROGRESS', after: 'READY' })] }),
    );
  });

  it('names the field that is wrong', async () => {
    const run = String(builds.runAtGithub().id);
    const cases: [object, string][] = [
      [{ ciRun: 'https://ci.example/1' }, '/ciRun'],
      [{ ciRun: '987654321' }, '/ciRun'],
      [{ ciRun: run, uploadId: ulid() }, '/ciRun'],
      [{}, '/ciRun'],
      [{ uploadId: ulid() }, '/uploadId'],
      [{ storeBuildNumber: '42' }, '/storeBuildNumber'],
      [{ ciRun: run, platform: 'IOS' }, '/platform'],
      [{ ciRun: run, taskId: ulid() }, '/taskId'],
      [{ ciRun: run, cycle: 1 }, '/taskId'],
      [{ ciRun: run, taskId: undefined, cycle: 9 }, '/cycle'],
    ];

    const answers = await Promise.all(cases.map(([body]) => adopt(body)));

    expect(answers.map(({ status }) => status)).toEqual(cases.map(() => 422));
    expect(answers.map(({ body }) => body.errors[0].field)).toEqual(cases.map(([, field]) => field));
  });

  it('is refused for a run that is another build, and for whom the release is not', async () => {
    const run = builds.runAtGithub();
    const other = await builds.withBuild({ status: 'RUNNING', handle: String(run.id) });
    const viewer = await builds.world.person('viewer');

    const answers = [
      await adopt({ ciRun: String(run.id) }),
      await adopt({ ciRun: String(run.id) }, viewer.token),
      await builds.world.call('POST', `/${ulid()}/builds/adopt`, { body: { platform: 'WEB', taskId, ciRun: '1' } }),
    ];

    expect(other.releaseId).not.toBe(releaseId);
    expect(answers.map(({ status }) => status)).toEqual([409, 403, 404]);
  });
});
