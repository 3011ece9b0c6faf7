import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { actionPaths, type BuildsWorld, openBuilds } from './builds-world.ts';
import { historyOf } from './repository-world.ts';

/** What people say about the run of a build is not put off because a worker looks at its task, or because the CI has not named the run. */

let builds: BuildsWorld;
beforeAll(async () => {
  builds = await openBuilds();
});
afterEach(() => builds.mend());
afterAll(() => builds?.close());

const failure = { kind: 'conflict' as const, message: 'The build did not succeed' };

/** A worker has seen the run fail and has not settled yet. */
async function seenFailing() {
  const run = builds.runAtGithub('failure');
  const made = await builds.withBuild({ status: 'FAILED', handle: String(run.id) });
  return { ...made, run, looking: await builds.looking(made.taskId) };
}

/** The task gave up for its build, and a person has retried it: it is about to start another run. */
async function retried() {
  const made = await builds.withFailedBuild();
  await builds.api.db.run(
    `INSERT INTO attempts (task_id, number, outcome, worker, started_at, failure)
     SELECT id, attempt, 'failed', 'w', UTC_TIMESTAMP(3), ? FROM tasks WHERE id = ?`,
    [JSON.stringify(failure), made.taskId],
  );
  await builds.world.call('POST', `/${made.releaseId}/tasks/${made.taskId}/retry`);
  return made;
}

describe('cancelling a build whose run the CI has not named', () => {
  const cleanUps = (releaseId: string) =>
    builds.api.db.rows<{ kind: string; subject: string; state: string }>('SELECT kind, subject, state FROM clean_ups WHERE scope_id = ?', [
      releaseId,
    ]);

  it('that was not asked for yet closes it: nobody asks for it any more', async () => {
    const { world, api, github } = builds;
    const { path, releaseId, taskId, buildId, task } = await builds.withBuild({ status: 'PENDING' });
    const before = github.calls.length;
    api.rung.length = 0;

    const answer = await world.call('POST', `${path}/cancel`, { body: { reason: 'Wrong commit' } });
    const again = await world.call('POST', `${path}/cancel`);

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ id: buildId, status: 'CANCELLED', endedAt: expect.any(String) });
    expect(again.body).toEqual(answer.body);
    expect(github.calls.length).toBe(before);
    expect(await cleanUps(releaseId)).toEqual([]);
    expect(api.rung.map(({ id }) => id)).toContain(taskId);
    expect((await task()).builds).toMatchObject([{ status: 'CANCELLED' }]);
    expect(await historyOf(world, releaseId, 'buildCancellation')).toMatchObject([
      { entityId: taskId, why: 'Wrong commit', items: [{ entityId: buildId, before: 'PENDING', after: 'CANCELLED' }] },
    ]);
  });

  it('that was asked for closes it, and its run is cancelled as soon as it shows', async () => {
    const { world, api } = builds;
    const { path, releaseId, buildId } = await builds.withBuild({ status: 'QUEUED' });
    await api.db.run('UPDATE builds SET dispatched_at = UTC_TIMESTAMP(3) WHERE id = ?', [buildId]);

    const answer = await world.call('POST', `${path}/cancel`);

    expect(answer.body).toMatchObject({ id: buildId, status: 'CANCELLED' });
    expect(await cleanUps(releaseId)).toEqual([{ kind: 'CI_RUN', subject: buildId, state: 'PENDING' }]);
  });

  it('takes the task from a worker that looks at it, and is run again only by a retry', async () => {
    const { world } = builds;
    const { path, taskId, task } = await builds.withBuild({ status: 'PENDING' });
    const looking = await builds.looking(taskId);

    const answer = await world.call('POST', `${path}/cancel`);
    const settled = await looking.settle({
      task: looking.task,
      outcome: { kind: 'waiting', reason: 'CALLBACK', forMs: 60_000 },
      handOver: false,
    });
    const rerun = await world.call('POST', `${path}/rerun`);

    expect(answer.body.status).toBe('CANCELLED');
    expect(settled).toEqual({ settled: false });
    expect((await task()).status).toBe('READY');
    expect([rerun.status, rerun.body.detail]).toEqual([409, expect.stringContaining('retry the task')]);
  });
});

describe('running a build again', () => {
  it('succeeds while a worker looks at the task: what that has seen decides nothing any more, and the task looks anew', async () => {
    const { world, github, api } = builds;
    const { path, releaseId, taskId, buildId, run, looking } = await seenFailing();
    api.rung.length = 0;

    const answer = await world.call('POST', `${path}/rerun`, { body: { reason: 'Runner lost' } });
    const settled = await looking.settle({ task: looking.task, outcome: { kind: 'failed', failure }, handOver: false });

    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ build: { id: buildId, status: 'QUEUED' }, task: { id: taskId, status: 'READY' }, alsoFailed: [] });
    expect(github.world.run(run.id).attempt).toBe(2);
    expect(settled).toEqual({ settled: false });
    expect(api.rung.map(({ id }) => id)).toContain(taskId);
    expect((await world.call('GET', `/${releaseId}`)).body.pauseReasons).toEqual([]);
    expect((await builds.looking(taskId)).task.attempt).toBe(looking.task.attempt + 1);
    expect(await historyOf(world, releaseId, 'status')).toContainEqual(
      expect.objectContaining({ entityId: taskId, why: 'Runner lost', items: [expect.objectContaining({ after: 'READY' })] }),
    );
  });

  it('succeeds for a task that is about to be looked at, and leaves it due', async () => {
    const { world, github } = builds;
    const { path, taskId, run, looking } = await seenFailing();
    await looking.settle({ task: looking.task, outcome: { kind: 'handed-back' }, handOver: false });

    const answer = await world.call('POST', `${path}/rerun`);

    expect(answer.body).toMatchObject({ build: { status: 'QUEUED' }, task: { id: taskId, status: 'READY' } });
    expect(github.world.run(run.id).attempt).toBe(2);
    expect((await builds.looking(taskId)).task.id).toBe(taskId);
  });

  it.each(['about to be looked at', 'looked at'])(
    'is 409 once the task was retried, %s: that starts another run in its place',
    async (how) => {
      const { world, github } = builds;
      const { path, taskId } = await retried();
      if (how === 'looked at') await builds.looking(taskId);
      const asked = () => github.calls.filter((call) => actionPaths.rerun.test(call.path)).length;
      const before = asked();

      const answer = await world.call('POST', `${path}/rerun`);

      expect(answer.status, answer.text).toBe(409);
      expect(answer.body.detail).toContain('was retried');
      expect(asked()).toBe(before);
    },
  );
});
