import { ulid } from 'ulid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { githubWrites } from '../fakes/github/index.ts';
import { byPerson } from '../fakes/jenkins/index.ts';
import { actionPaths, type BuildsWorld, openBuilds, TOKEN } from './builds-world.ts';
import { failTask, historyOf } from './repository-world.ts';

/** What a person does about the run of a build, through the API. */

let builds: BuildsWorld;
beforeAll(async () => {
  builds = await openBuilds();
});
afterEach(() => builds.mend());
afterAll(() => builds?.close());

describe('cancelling a build', () => {
  it('asks the CI to stop, says who and why in the history, and has the task look at once', async () => {
    const { api, world, github, ids, runAtGithub, withBuild } = builds;
    const run = runAtGithub();
    const { releaseId, taskId, buildId, path } = await withBuild({ status: 'RUNNING', handle: String(run.id) });
    await api.db.run('INSERT INTO task_signals (task_id, integration_id, signal_key) VALUES (?)', [
      [taskId, ids.github, `ci-run:${run.id}`],
    ]);
    api.rung.length = 0;

    const answer = await world.call('POST', `${path}/cancel`, { body: { reason: 'Wrong commit' } });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: buildId, status: 'RUNNING', stage: 'REGRESSION' });
    expect(github.world.run(run.id)).toMatchObject({ status: 'completed', conclusion: 'cancelled' });
    expect(api.rung.map(({ id }) => id)).toContain(taskId);
    expect(await historyOf(world, releaseId, 'buildCancellation')).toMatchObject([
      { entityId: taskId, why: 'Wrong commit', by: { accountId: expect.any(String) }, items: [{ entityId: buildId, after: 'REQUESTED' }] },
    ]);
  });

  it.each(['SUCCEEDED', 'FAILED', 'CANCELLED'])('leaves a %s build as it is and asks nobody', async (status) => {
    const { world, github, withBuild } = builds;
    const { path } = await withBuild({ status, handle: '1' });
    const before = github.calls.length;

    const answer = await world.call('POST', `${path}/cancel`);

    expect([answer.status, answer.body.status]).toEqual([200, status]);
    expect(github.calls.length).toBe(before);
  });

  it('is 409 for a build made by hand', async () => {
    const { world, withBuild } = builds;
    const manual = await withBuild({ status: 'SUCCEEDED', mode: 'MANUAL', integrationId: null });

    const answer = await world.call('POST', `${manual.path}/cancel`);

    expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining('by hand')]);
  });

  it('cancels what waits in the queue of Jenkins', async () => {
    const { world, jenkins, job, ids, withBuild } = builds;
    const item = jenkins.world.enqueue(job, [{ name: 'BRANCH', kind: 'String', value: 'main' }], byPerson('bot'));
    const { path } = await withBuild({ status: 'QUEUED', integrationId: ids.jenkins, handle: `queue:${item.id}:mobile/app` });

    const answer = await world.call('POST', `${path}/cancel`);

    expect(answer.status).toBe(200);
    expect(item.state).toBe('cancelled');
  });
});

describe('running a build again', () => {
  it('runs the failed run again as the same build, retries the task and lifts its hold', async () => {
    const { world, github, withFailedBuild } = builds;
    const { releaseId, taskId, buildId, path, task, run } = await withFailedBuild();

    const answer = await world.call('POST', `${path}/rerun`, { body: { reason: 'Runner lost' } });

    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      build: { id: buildId, status: 'QUEUED', ordinal: 1, endedAt: null, providerState: null },
      task: { id: taskId, key: 'TRIGGER_REGRESSION_BUILDS', status: 'READY' },
      alsoFailed: [],
    });
    expect(github.world.run(run.id)).toMatchObject({ attempt: 2, status: 'queued' });
    expect((await task()).builds).toHaveLength(1);
    expect((await world.call('GET', `/${releaseId}`)).body.pauseReasons).toEqual([]);
    expect(await historyOf(world, releaseId, 'buildRerun')).toMatchObject([
      { why: 'Runner lost', by: { accountId: expect.any(String) }, items: [{ entityId: buildId, before: 'FAILED', after: 'QUEUED' }] },
    ]);
  });

  it('starts one run for presses at once, one after the other, and for a repeated Idempotency-Key', async () => {
    const { world, github, withFailedBuild } = builds;
    const { path, run } = await withFailedBuild();
    const headers = { 'idempotency-key': ulid() };

    const together = await Promise.all([world.call('POST', `${path}/rerun`), world.call('POST', `${path}/rerun`)]);
    const later = await world.call('POST', `${path}/rerun`, { headers });
    const replayed = await world.call('POST', `${path}/rerun`, { headers });

    expect([...together, later, replayed].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(github.world.run(run.id).attempt).toBe(2);
  });

  it('finds the run of a press whose answer was lost instead of starting another', async () => {
    const { world, github, withFailedBuild } = builds;
    const { path, run, task } = await withFailedBuild();
    github.failNext({ match: githubWrites.rerun, mode: 'drop-after' });

    const lost = await world.call('POST', `${path}/rerun`);
    const between = (await task()).status;
    const again = await world.call('POST', `${path}/rerun`);

    expect([lost.status, between]).toEqual([503, 'FAILED']);
    expect(lost.body.detail).toContain('not done twice');
    expect(again.body).toMatchObject({ build: { status: 'QUEUED' }, task: { status: 'READY' } });
    expect(github.world.run(run.id).attempt).toBe(2);
  });

  it('waits until the CI shows the new attempt, so that the end of the former is not taken for its end', async () => {
    const { world, github, withFailedBuild } = builds;
    const { path, run } = await withFailedBuild();
    const address = `/repos/acme/app/actions/runs/${run.id}`;
    const stale = await (await fetch(github.origin + address, { headers: { authorization: `Bearer ${TOKEN}`, 'user-agent': 't' } })).json();
    const before = github.calls.length;
    let reads = 0;
    const isLagging = (request: { method: string; path: string }) => {
      if (request.method !== 'GET' || request.path !== address) return false;
      reads += 1;
      return reads === 3;
    };
    github.failNext({ match: isLagging, status: 200, body: stale });

    const answer = await world.call('POST', `${path}/rerun`);

    expect(answer.body.build.status).toBe('QUEUED');
    const shown = github.calls.slice(before).filter((call) => call.method === 'GET' && call.path === address);
    expect(shown.map((call) => (call.answer as { run_attempt: number }).run_attempt)).toEqual([1, 1, 1, 2]);
  });

  it('leaves the task FAILED while another of its builds is failed, and retries it once that is run again, too', async () => {
    const { world, runAtGithub, withFailedBuild } = builds;
    const { path, releaseId, add, taskId } = await withFailedBuild();
    const otherRun = runAtGithub('failure');
    const other = await add({ status: 'FAILED', handle: String(otherRun.id), platform: 'ANDROID' });

    const first = await world.call('POST', `${path}/rerun`);
    const second = await world.call('POST', `/${releaseId}/builds/${other}/rerun`);

    expect(first.body).toMatchObject({ build: { status: 'QUEUED' }, task: { id: taskId, status: 'FAILED' }, alsoFailed: [{ id: other }] });
    expect(second.body).toMatchObject({ task: { id: taskId, status: 'READY' }, alsoFailed: [] });
  });

  it('of the automated tests sends on the task that judges them, not the one that started them', async () => {
    const { api, world, withFailedBuild } = builds;
    const { path, taskId, releaseId } = await withFailedBuild();
    const { body } = await world.call('GET', `/${releaseId}/tasks?stage=REGRESSION`);
    const judge = body.items.find(({ type }: { type: string }) => type === 'CREATE_RC_TAG').id;
    await failTask(api, judge);
    await api.db.run(`UPDATE tasks SET type = 'AUTOMATION_RUNS' WHERE id = ?`, [judge]);
    await api.db.run(`UPDATE tasks SET type = 'TRIGGER_AUTOMATION_RUNS', status = 'COMPLETED' WHERE id = ?`, [taskId]);

    const answer = await world.call('POST', `${path}/rerun`);

    expect(answer.body).toMatchObject({ build: { taskId, status: 'QUEUED' }, task: { id: judge, status: 'READY' } });
    expect((await world.call('GET', `/${releaseId}/tasks/${taskId}`)).body.status).toBe('COMPLETED');
  });

  it('says how another run is started where the CI does not run this one again', async () => {
    const { world, github, withFailedBuild } = builds;
    const { path, task } = await withFailedBuild();
    github.failNext({ match: githubWrites.rerun, status: 403, body: { message: 'This workflow run cannot be retried' } });

    const answer = await world.call('POST', `${path}/rerun`);

    expect(answer.status).toBe(409);
    expect(answer.body.detail).toMatch(/cannot be retried.* retry the task/);
    expect((await task()).status).toBe('FAILED');
  });

  it('follows the new run of a CI where each stands alone', async () => {
    const { api, world, jenkins, job, ids, withBuild } = builds;
    const build = jenkins.world.start(
      jenkins.world.enqueue(job, [{ name: 'BRANCH', kind: 'String', value: 'release/2' }], byPerson('bot')),
    );
    jenkins.world.finish(build, 'FAILURE');
    const handle = `build:mobile/app#${build.number}`;
    const made = await withBuild({ status: 'FAILED', integrationId: ids.jenkins, handle });
    await failTask(api, made.taskId);
    const queued = jenkins.world.queue.length;

    const answer = await world.call('POST', `${made.path}/rerun`);

    expect(answer.body).toMatchObject({ build: { status: 'QUEUED' }, task: { status: 'READY' } });
    expect(jenkins.world.queue.length).toBe(queued + 1);
    const [row] = await api.db.rows<{ handle: string }>('SELECT handle FROM builds WHERE id = ?', [made.buildId]);
    expect(row?.handle).toMatch(/^queue:\d+:mobile\/app$/);
  });

  it('is 409 for what succeeded, was made by hand, was replaced, and where nothing waits for it any more', async () => {
    const { world, github, withBuild, withFailedBuild } = builds;
    const succeeded = await withBuild({ status: 'SUCCEEDED', handle: '1' });
    const manual = await withBuild({ status: 'FAILED', mode: 'MANUAL', integrationId: null });
    const replaced = await withFailedBuild();
    await replaced.add({ status: 'QUEUED' });
    const skipped = await withFailedBuild();
    await world.call('POST', `/${skipped.releaseId}/tasks/${skipped.taskId}/skip`, { body: { reason: 'By hand' } });
    const ended = await withFailedBuild();
    await world.call('POST', `/${ended.releaseId}/archive`, { body: { reason: 'Given up' } });
    const asked = () => github.calls.filter((call) => actionPaths.rerun.test(call.path)).length;
    const before = asked();

    const answers = await Promise.all([succeeded, manual, replaced, skipped, ended].map(({ path }) => world.call('POST', `${path}/rerun`)));

    expect(answers.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409]);
    expect(answers.map(({ body }) => body.detail)).toEqual([
      expect.stringContaining('succeeded'),
      expect.stringContaining('by hand'),
      expect.stringContaining('taken the place'),
      expect.stringContaining('SKIPPED'),
      expect.stringContaining('ended'),
    ]);
    expect(asked()).toBe(before);
  });
});
