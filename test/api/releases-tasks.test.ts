import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../../src/db/schema/columns.ts';
import { taskStatuses } from '../../src/domain/run.ts';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let major = 0;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
});
afterAll(() => api.close());

const next = () => {
  major += 1;
  return { type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: `${major}.0.0` }] };
};

/** A release whose branch task is as the test says. */
async function withFork(set: string, values: string[] = []) {
  const release = await world.create({ ...next(), kickOffDate: minutes(-1) });
  const { body } = await world.call('GET', `/${release.id}/tasks`);
  const fork = body.items.find((task: { type: string }) => task.type === 'FORK_BRANCH');
  await api.db.run(`UPDATE tasks SET ${set} WHERE id = ?`, [...values, fork.id]);
  return { release, id: fork.id as string, path: `/${release.id}/tasks/${fork.id}` };
}

const failed = `status = 'FAILED', run_at = NULL, attempt = 2, failures = 12,
  failure = '{"kind":"unauthorized","message":"Bad credentials","provider":"github"}'`;
const historyOf = async (releaseId: string, entityId: string) =>
  (await world.call('GET', `/${releaseId}/history?limit=100`)).body.items.filter(
    (event: { entityId: string }) => event.entityId === entityId,
  );

describe('reading tasks', () => {
  it('lists them with dependencies, times and what may be done, filtered by stage and status', async () => {
    const release = await world.create(next());

    const all = await world.call('GET', `/${release.id}/tasks`);
    const pending = await world.call('GET', `/${release.id}/tasks?status=PENDING&stage=KICKOFF`);
    const none = await world.call('GET', `/${release.id}/tasks?stage=REGRESSION`);

    const fork = all.body.items.find((task: { type: string }) => task.type === 'FORK_BRANCH');
    const ticket = all.body.items.find((task: { type: string }) => task.type === 'CREATE_PROJECT_MANAGEMENT_TICKET');
    expect(fork).toMatchObject({
      status: 'READY',
      runAt: release.kickOffDate,
      title: 'Fork the release branch',
      dependsOn: [],
      stage: 'KICKOFF',
    });
    expect(ticket.dependsOn).toEqual([{ id: fork.id, key: 'FORK_BRANCH', status: 'READY' }]);
    expect(ticket.possible).toEqual(['skip', 'complete']);
    expect(pending.body.items.map((task: { type: string }) => task.type).sort()).toEqual([
      'CREATE_PROJECT_MANAGEMENT_TICKET',
      'CREATE_TEST_SUITE',
    ]);
    expect(none.body.items).toEqual([]);
    expect((await world.call('GET', `/${release.id}/tasks?status=LOST`)).status).toBe(422);
  });

  it('shows every attempt, the one under way included, and what to do about a failure', async () => {
    const { id, path } = await withFork(`status = 'WAITING', wait_reason = 'RETRY', attempt = 2, attempt_started_at = UTC_TIMESTAMP(3),
      failure = '{"kind":"unauthorized","message":"Bad credentials","provider":"github"}', output = '{"a":1}'`);
    await api.db.run(`INSERT INTO attempts (task_id, number, outcome, worker, failure) VALUES (?)`, [
      [id, 1, 'failed', 'worker-1', '{"kind":"timeout","message":"Slow"}'],
    ]);

    const { body } = await world.call('GET', path);

    expect(body).toMatchObject({
      output: { a: 1 },
      failure: { kind: 'unauthorized', remedy: expect.stringContaining('Renew the credentials of the github connection') },
      possible: ['retry', 'skip', 'complete'],
    });
    expect(body.attempts).toMatchObject([
      { number: 1, outcome: 'failed', worker: 'worker-1', failure: { message: 'Slow' } },
      { number: 2, outcome: 'under-way', endedAt: null },
    ]);
  });

  it('does not show a task of another release of the same tenant', async () => {
    const { release } = await withFork(failed);
    const { id } = await withFork(failed);

    expect((await world.call('GET', `/${release.id}/tasks/${id}`)).status).toBe(404);
    expect((await world.call('POST', `/${release.id}/tasks/${id}/retry`)).status).toBe(404);
    expect((await world.call('PUT', `/${release.id}/tasks/${id}`, { body: { note: 'x' } })).status).toBe(404);
  });
});

describe('retrying, skipping and completing', () => {
  it('retries a failed task: it is due, rung, and its hold is lifted', async () => {
    const { release, id, path } = await withFork(failed);
    await api.db.run(
      `INSERT INTO run_holds (run_id, reason, subject, tenant_id) SELECT id, 'TASK_FAILURE', ?, tenant_id FROM runs WHERE subject_id = ?`,
      [id, release.id],
    );
    await api.db.run('UPDATE runs SET held = 1, held_since = UTC_TIMESTAMP(3) WHERE subject_id = ?', [release.id]);
    api.rung.length = 0;

    const { status, body } = await world.call('POST', `${path}/retry`, { body: { reason: 'New token' } });

    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'READY', failures: 0, held: false });
    expect(api.rung.map((wake) => wake.id)).toContain(id);
    expect((await world.call('GET', `/${release.id}`)).body.pauseReasons).toEqual([]);
    expect(await historyOf(release.id, id)).toContainEqual(
      expect.objectContaining({ why: 'New token', items: [expect.objectContaining({ before: 'FAILED', after: 'READY' })] }),
    );
  });

  it('lets a contributor retry, and neither skip nor complete', async () => {
    const { path } = await withFork(failed);
    const token = await api.token(world.tenantId, 'contributor');
    const body = { reason: 'x' };

    const skip = await world.call('POST', `${path}/skip`, { token, body });
    const complete = await world.call('POST', `${path}/complete`, { token, body });
    const change = await world.call('PUT', path, { token, body: { note: 'x' } });
    const retry = await world.call('POST', `${path}/retry`, { token });

    expect([skip.status, complete.status, change.status, retry.status]).toEqual([403, 403, 403, 200]);
  });

  it('skips with a reason: dependants become ready', async () => {
    const { release, path } = await withFork(failed);

    const { body } = await world.call('POST', `${path}/skip`, { body: { reason: 'Exists already' } });

    expect(body).toMatchObject({ status: 'SKIPPED', note: 'Exists already', settledBy: { accountId: release.createdBy.accountId } });
    const { body: tasks } = await world.call('GET', `/${release.id}/tasks?status=READY`);
    expect(tasks.items).toHaveLength(2);
  });

  it('completes what was done outside, with what the task would have found out', async () => {
    const { path } = await withFork(failed);

    const { body } = await world.call('POST', `${path}/complete`, { body: { reason: 'By hand', output: { commit: 'abc' }, force: true } });

    const note = expect.stringMatching(/^By hand \(not found done: it could not be checked: /);
    expect(body).toMatchObject({ status: 'COMPLETED', output: { commit: 'abc' }, note });
  });

  it.each(taskStatuses)('answers 409 naming the status and what is possible, or does it, from %s', async (status) => {
    const reason = status === 'WAITING' ? `, wait_reason = 'CALLBACK'` : '';
    const { path } = await withFork(`status = '${status}'${reason}`);
    const possible: string[] = (await world.call('GET', path)).body.possible;

    for (const action of ['retry', 'skip', 'complete']) {
      if (possible.includes(action)) continue;
      const answer = await world.call('POST', `${path}/${action}`, { body: { reason: 'x' } });

      expect([action, answer.status]).toEqual([action, 409]);
      expect(answer.body.detail).toContain(status);
      for (const other of possible) expect(answer.body.detail).toContain(other);
      expect((await world.call('GET', path)).body.status).toBe(status);
    }
    expect(possible.length).toBe({ FAILED: 3, WAITING: 3, PENDING: 2, READY: 2, IN_PROGRESS: 2 }[status as string] ?? 0);
  });

  it.each([
    ['skip', {}],
    ['skip', { reason: '  ' }],
    ['skip', { reason: 5 }],
    ['skip', { reason: 'x', force: true }],
    ['complete', {}],
    ['complete', { reason: 'x', output: [] }],
    ['retry', { reason: '' }],
  ])('refuses %s with %j', async (action, body) => {
    const { path } = await withFork(failed);

    const answer = await world.call('POST', `${path}/${action}`, { body });

    expect(answer.status).toBe(422);
    expect((await world.call('GET', path)).body.status).toBe('FAILED');
  });

  it('lets one of two skips at once win', async () => {
    const { release, id, path } = await withFork(failed);

    const answers = await Promise.all([1, 2].map((n) => world.call('POST', `${path}/skip`, { body: { reason: `Number ${n}` } })));

    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const skips = (await historyOf(release.id, id)).filter((event: { why: string | null }) => event.why?.startsWith('Number'));
    expect(skips).toHaveLength(1);
  });
});

describe('the gate task', () => {
  it.each(['skip', 'complete'])(
    'lets %s override the gate only with gate:override, and records and announces it as such',
    async (action) => {
      const { id, gateId } = await world.atGate(next());
      const manager = await api.token(world.tenantId, 'release-manager');
      const path = `/${id}/tasks/${gateId}/${action}`;

      const refused = await world.call('POST', path, { token: manager, body: { reason: 'Hurry' } });
      const before = (await world.call('GET', `/${id}`)).body.gate.status;
      const done = await world.call('POST', path, { body: { reason: 'Board decision' } });

      expect([refused.status, before, done.status]).toEqual([403, 'WAITING', 200]);
      expect(await historyOf(id, gateId)).toContainEqual(
        expect.objectContaining({
          entityType: 'approval',
          why: 'Board decision',
          items: [expect.objectContaining({ field: 'gateOverride' })],
        }),
      );
      const told = await api.db.rows<{ data: unknown }>(`SELECT data FROM deliveries WHERE subject_id = ? AND type = 'GATE_OVERRIDDEN'`, [
        id,
      ]);
      expect(told.map(({ data }) => parseJson(data))).toEqual([
        { how: action === 'skip' ? 'skipped' : 'completed', by: expect.any(String), reason: 'Board decision', unmet: [] },
      ]);
      await world.advance(id);
      expect((await world.call('GET', `/${id}`)).body.stages[2]).toMatchObject({ key: 'POST_REGRESSION', status: 'IN_PROGRESS' });
    },
  );
});

describe('changing a task', () => {
  it('changes note, attempts and deadline, and wakes a waiting task no later than its deadline', async () => {
    const { release, id, path } = await withFork(`status = 'WAITING', wait_reason = 'CALLBACK', run_at = NULL`);
    const deadlineAt = minutes(30);

    const { status, body } = await world.call('PUT', path, { body: { note: 'Watch it', maxAttempts: 3, deadlineAt } });

    expect(status).toBe(200);
    expect(body).toMatchObject({ note: 'Watch it', maxAttempts: 3, deadlineAt, runAt: deadlineAt });
    const [event] = await historyOf(release.id, id);
    expect(event.items.map((item: { field: string }) => item.field)).toEqual(['note', 'maxAttempts', 'deadlineAt']);
  });

  it('leaves the fence of a task that is being executed alone', async () => {
    const { id, path } = await withFork(`status = 'IN_PROGRESS', fence = 7, run_at = UTC_TIMESTAMP(3) + INTERVAL 1 MINUTE`);
    const [before] = await api.db.rows('SELECT fence, run_at FROM tasks WHERE id = ?', [id]);

    await world.call('PUT', path, { body: { deadlineAt: minutes(30) } });

    expect(await api.db.rows('SELECT fence, run_at FROM tasks WHERE id = ?', [id])).toEqual([before]);
  });

  it.each([
    {},
    { status: 'COMPLETED' },
    { note: 'x', fence: 1 },
    { maxAttempts: 0 },
    { maxAttempts: 1.5 },
    { deadlineAt: '2001-01-01T00:00:00Z' },
    { deadlineAt: 'soon' },
    { note: 'x'.repeat(1001) },
  ])('refuses %j', async (body) => {
    const { path } = await withFork(`status = 'READY'`);

    expect((await world.call('PUT', path, { body })).status).toBe(422);
  });

  it('refuses fewer attempts than have failed, and any change of a task that has ended', async () => {
    const waiting = await withFork(`status = 'WAITING', wait_reason = 'RETRY', failures = 4`);
    const ended = await withFork(`status = 'COMPLETED'`);

    expect((await world.call('PUT', waiting.path, { body: { maxAttempts: 4 } })).status).toBe(422);
    expect((await world.call('PUT', ended.path, { body: { note: 'x' } })).status).toBe(409);
  });
});
