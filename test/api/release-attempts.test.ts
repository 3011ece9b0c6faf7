import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from './harness.ts';
import { minutes, type ReleaseWorld, releaseWorld } from './release-world.ts';

let api: ApiHarness;
let world: ReleaseWorld;
let releaseId: string;
let taskId: string;
let path: string;
beforeAll(async () => {
  api = await startApi();
  world = await releaseWorld(api);
  releaseId = (await world.create({ kickOffDate: minutes(-1) })).id;
  const { body } = await world.call('GET', `/${releaseId}/tasks`);
  taskId = body.items.find(({ type }: { type: string }) => type === 'FORK_BRANCH').id;
  path = `/${releaseId}/tasks/${taskId}/attempts`;
  const failure = JSON.stringify({ kind: 'forbidden', message: 'No write access.', provider: 'github' });
  await api.db.run('INSERT INTO attempts (task_id, number, outcome, worker, started_at, failure) VALUES ?', [
    [1, 2, 3].map((number) => [taskId, number, 'failed', 'worker-1', new Date('2026-11-21T12:00:00Z'), failure]),
  ]);
  const call = ['github', null, 'POST', 'https://api.example/git/refs', 403, 'answered', 31, 'R1', '{"ref":"x"}', '{"message":"no"}'];
  await api.db.run(
    `INSERT INTO attempt_calls (tenant_id, task_id, attempt, ordinal, provider, integration_id, method, url, status, outcome, milliseconds,
       request_id, request_body, response_body, called_at) VALUES ?`,
    [
      [
        [world.tenantId, taskId, 3, 0, ...call, new Date('2026-11-21T12:00:01Z')],
        [world.tenantId, taskId, 3, 1, ...call, new Date('2026-11-21T12:00:02Z')],
        [world.tenantId, taskId, 1, 0, ...call, new Date('2026-11-21T12:00:01Z')],
      ],
    ],
  );
});
afterAll(() => api?.close());

describe('the attempts of a task', () => {
  it('tell, newest first, how each ended, what to do about it and what was said to the provider', async () => {
    const { body } = await world.call('GET', path);

    expect(body.items.map(({ number, calls }: { number: number; calls: unknown[] }) => [number, calls.length])).toEqual([
      [3, 2],
      [2, 0],
      [1, 1],
    ]);
    expect(body.items[0]).toMatchObject({
      ...{ outcome: 'failed', worker: 'worker-1', startedAt: '2026-11-21T12:00:00.000Z' },
      failure: { message: 'No write access.', remedy: expect.stringContaining('github') },
      calls: [
        {
          ...{ ordinal: 0, provider: 'github', method: 'POST', url: 'https://api.example/git/refs', status: 403, outcome: 'answered' },
          ...{ milliseconds: 31, requestId: 'R1', requestBody: '{"ref":"x"}', responseBody: '{"message":"no"}' },
          at: '2026-11-21T12:00:01.000Z',
        },
        { ordinal: 1 },
      ],
    });
  });

  it('come page by page, each once', async () => {
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await world.call('GET', `${path}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...body.items.map(({ number }: { number: number }) => number));
      cursor = body.nextCursor;
    }

    expect(seen).toEqual([3, 2, 1]);
    expect((await world.call('GET', `${path}?cursor=eHg`)).status).toBe(422);
  });

  it('begin with the one under way, and say when it is looked at next and what a person may do', async () => {
    const at = new Date(Date.now() + 3_600_000);
    await api.db.run(
      `UPDATE tasks SET status = 'WAITING', wait_reason = 'CALLBACK', attempt = 4, run_at = ?, attempt_started_at = UTC_TIMESTAMP(3) WHERE id = ?`,
      [at, taskId],
    );

    const { body } = await world.call('GET', `${path}?limit=1`);

    expect(body.items).toMatchObject([{ number: 4, outcome: 'under-way', endedAt: null, calls: [] }]);
    expect(body.task).toEqual({
      ...{ status: 'WAITING', waitReason: 'CALLBACK', nextAt: at.toISOString() },
      possible: ['retry', 'skip', 'complete'],
    });
    expect(body.nextCursor).not.toBeNull();
  });

  it('are read by whoever may read connections, of this tenant and this release', async () => {
    const other = await releaseWorld(api, 'Other');
    const ci = await api.token(world.tenantId, 'ci');
    const viewer = await api.token(world.tenantId, 'viewer');
    const elsewhere = await world.create({ type: 'MAJOR', platformTargets: [{ platform: 'WEB', target: 'WEB', version: '9.0.0' }] });

    const answers = await Promise.all([
      world.call('GET', path, { token: viewer }),
      world.call('GET', path, { token: ci }),
      other.call('GET', path),
      world.call('GET', `/${elsewhere.id}/tasks/${taskId}/attempts`),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 403, 404, 404]);
  });
});
