import { ulid } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStores, type StoresRelease, type StoresTenant, type StoresWorld } from './stores-world.ts';

/** A build that is in a store already becomes the one that a store build task waits for. */

const COMMIT = 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3';
const OTHER = 'b94a8fe5ccb19ba61c4c0873d391e987982fbbd3';

let world: StoresWorld;
let tenant: StoresTenant;
beforeAll(async () => {
  world = await openStores();
  tenant = await world.tenant();
});
afterAll(() => world.close());

describe('a build that is in the store', () => {
  let release: StoresRelease;
  let version: string;
  let taskId: string;
  beforeEach(async () => {
    release = await tenant.toStores();
    version = (await tenant.call('GET', release.path)).body.platforms[0].version;
    taskId = ulid();
    await world.api.db.run(
      `INSERT INTO regression_cycles (id, tenant_id, release_id, slot_id, number, status, rc_tag, rc_commit)
       VALUES (?, ?, ?, ?, 1, 'DONE', 'v1-rc.1', ?)`,
      [ulid(), tenant.tenantId, release.id, ulid(), COMMIT],
    );
    await world.api.db.run(
      `INSERT INTO tasks (id, tenant_id, run_id, stage_id, stage_attempt, task_key, type, queue, status, wait_reason, max_attempts, deadline_ms,
         on_deadline, input, run_at)
       SELECT ?, r.tenant_id, r.id, s.id, s.attempt, 'TRIGGER_TEST_FLIGHT_BUILD', 'TRIGGER_TEST_FLIGHT_BUILD', 'post-regression', 'WAITING',
              'MANUAL_BUILD', 5, 1000, 'fail', '{"cycle":1}', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR
       FROM runs r JOIN stages s ON s.run_id = r.id AND s.stage_key = 'POST_REGRESSION' WHERE r.subject_id = ?`,
      [taskId, release.id],
    );
  });

  const adopt = (body: object) => tenant.call('POST', `${release.path}/builds/adopt`, { body: { platform: 'IOS', taskId, ...body } });

  it('is taken by its number, once, and its task looks for exactly that', async () => {
    world.apple.world.addBuild(world.appleApp, { version, number: '99' });
    world.apple.world.addBuild(world.appleApp, { version, number: '100' });

    const first = await adopt({ storeBuildNumber: '99', commit: COMMIT });
    const again = await adopt({ storeBuildNumber: '99' });

    expect(first.status, first.text).toBe(200);
    expect(first.body).toMatchObject({
      build: {
        status: 'SUCCEEDED',
        mode: 'MANUAL',
        artifact: null,
        commit: COMMIT,
        adoption: { storeBuildNumber: '99', expectedCommit: null },
      },
      task: { id: taskId, status: 'WAITING' },
    });
    expect(again.body).toEqual(first.body);
    const [task] = await world.api.db.rows<{ isDue: number }>('SELECT run_at <= UTC_TIMESTAMP(3) AS isDue FROM tasks WHERE id = ?', [
      taskId,
    ]);
    expect(task?.isDue).toBe(1);
  });

  it('of another version, or one nobody has, is refused, and so is one of another commit', async () => {
    world.apple.world.addBuild(world.appleApp, { version: '0.0.9', number: '7' });
    world.apple.world.addBuild(world.appleApp, { version, number: '8' });

    const answers = [
      await adopt({ storeBuildNumber: '7' }),
      await adopt({ storeBuildNumber: '12345' }),
      await adopt({ storeBuildNumber: '8', platform: 'ANDROID' }),
      await adopt({ storeBuildNumber: '8', commit: OTHER }),
      await adopt({ ciRun: '1' }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([422, 422, 422, 409, 422]);
    expect(answers[0]?.body.errors[0].field).toBe('/storeBuildNumber');
    expect(answers[3]?.body.detail).toContain(OTHER);
    expect((await tenant.call('GET', `${release.path}/builds`)).body.items).toEqual([]);
  });
});
