import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LeaseLostError } from '../../src/engine/lease.ts';
import { createUploadService, type UploadRequest, type UploadService } from '../../src/services/execution/builds/upload-service.ts';
import type { ReleaseContext } from '../../src/services/execution/release-source.ts';
import { testDatabases } from '../support/databases.ts';
import { type EngineWorld, openEngineWorld, taskPlan } from './engine-world.ts';

const newId = monotonicFactory();
const DAY_MS = 86_400_000;

describe.each(testDatabases())('builds by hand on $name', (server) => {
  let world: EngineWorld;
  let uploads: UploadService;
  let request: UploadRequest;
  let accountId: string;
  beforeAll(async () => {
    world = await openEngineWorld(server);
    uploads = createUploadService(world.db, () => undefined);
    accountId = newId();
    await world.db.run('INSERT INTO accounts (id, display_name) VALUES (?)', [[accountId, 'Ada']]);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    request = {
      ...{ tenantId: newId(), releaseId: newId(), taskId: newId(), stageKey: 'REGRESSION', cycleId: null },
      ...{ platform: 'ANDROID', workflowType: 'REGRESSION_BUILD', ref: 'v1-rc.1', version: '1.0.0' },
    };
  });

  /** @param at seconds; null = still arriving */
  async function upload(at: number | null, over: { releaseId?: string; platform?: string; type?: string } = {}): Promise<string> {
    const id = newId();
    const { releaseId = request.releaseId, platform = 'ANDROID', type = 'REGRESSION_BUILD' } = over;
    await world.db.run(
      `INSERT INTO uploads (id, tenant_id, release_id, platform, type, file_name, size_bytes, digest, artifact_key, uploaded_by_account_id, stored_at)
       VALUES (?)`,
      [
        [
          ...[id, request.tenantId, releaseId, platform, type, `${id}.apk`, 7, `sha256:${id}`, `t/uploads/${id}`, accountId],
          at === null ? null : new Date(Date.UTC(2026, 0, 1, 0, 0, at)),
        ],
      ],
    );
    return id;
  }
  const adopt = () => uploads.adopt(request);
  const builds = () =>
    world.db.rows<Record<string, unknown>>(
      `SELECT ordinal, mode, status, ref, artifact_name AS name, artifact_key AS \`key\`, artifact_digest AS digest FROM builds
       WHERE task_id = ? ORDER BY ordinal`,
      [request.taskId],
    );

  it.each(['CANCELLED', 'SKIPPED', 'COMPLETED'] as const)('leave what is staged to the next task once theirs is %s', async (status) => {
    const run = await world.createRun([taskPlan('BUILD')]);
    const { id: taskId } = await run.task('BUILD');
    request = { ...request, taskId };
    const id = await upload(1);
    await world.db.run('UPDATE tasks SET status = ? WHERE id = ?', [status, taskId]);

    await expect(adopt()).rejects.toThrow(LeaseLostError);

    expect(await builds()).toEqual([]);
    expect(await world.db.rows('SELECT build_id AS buildId FROM uploads WHERE id = ?', [id])).toEqual([{ buildId: null }]);
  });

  it('are made of the newest upload, with its file and digest, and once only', async () => {
    await upload(1);
    const newest = await upload(3);
    await upload(2);

    const first = await adopt();
    const again = await adopt();

    expect(first).toMatchObject({ platform: 'ANDROID', status: 'SUCCEEDED', artifactName: `${newest}.apk` });
    expect(again?.id).toBe(first?.id);
    expect(await builds()).toEqual([
      {
        ...{ ordinal: 1, mode: 'MANUAL', status: 'SUCCEEDED', ref: 'v1-rc.1' },
        ...{ name: `${newest}.apk`, key: `t/uploads/${newest}`, digest: `sha256:${newest}` },
      },
    ]);
    expect(await world.db.rows('SELECT stage_key AS stage FROM release_builds WHERE build_id = ?', [first?.id ?? ''])).toEqual([
      { stage: 'REGRESSION' },
    ]);
  });

  it('are none while nothing fits: of another release, platform or type, arriving, or taken back', async () => {
    await upload(1, { releaseId: newId() });
    await upload(1, { platform: 'IOS' });
    await upload(1, { type: 'AAB_BUILD' });
    await upload(null);
    const back = await upload(1);
    await world.db.run('UPDATE uploads SET removed_at = UTC_TIMESTAMP(3) WHERE id = ?', [back]);

    expect(await adopt()).toBeNull();
    expect(await builds()).toEqual([]);
  });

  it('never take a file again that was superseded or used: the next task waits for a newer one', async () => {
    await upload(1);
    await upload(2);
    await adopt();
    request = { ...request, taskId: newId() };

    const early = await adopt();
    const third = await upload(3);
    const late = await adopt();

    expect(early).toBeNull();
    expect(late?.artifactName).toBe(`${third}.apk`);
  });

  it('after one that failed are made of a newer upload alone', async () => {
    await upload(1);
    await adopt();
    await world.db.run(`UPDATE builds SET status = 'FAILED' WHERE task_id = ?`, [request.taskId]);

    const early = await adopt();
    await upload(2);
    await adopt();

    expect(early).toBeNull();
    expect((await builds()).map(({ ordinal, status }) => [ordinal, status])).toEqual([
      [1, 'FAILED'],
      [2, 'SUCCEEDED'],
    ]);
  });

  it('are one, when ten look at the same instant', async () => {
    await upload(1);

    const looks = await Promise.allSettled(Array.from({ length: 10 }, adopt));

    expect(await builds()).toHaveLength(1);
    expect(looks.some((look) => look.status === 'fulfilled' && look.value !== null)).toBe(true);
  });

  it('are reminded of once a period, which begins with the task', async () => {
    const run = await world.createRun([taskPlan('BUILD')]);
    const { id: taskId } = await run.task('BUILD');
    const began = (days: number) =>
      world.db.run('UPDATE tasks SET started_at = UTC_TIMESTAMP(3) - INTERVAL ? HOUR WHERE id = ?', [days * 24 + 1, taskId]);
    // Nothing else of the release is read.
    const release = { id: run.subjectId, tenantId: run.tenantId, config: { commsConfigId: 'chat' } } as unknown as ReleaseContext;
    const remind = () => uploads.remind(release, taskId, ['IOS'], DAY_MS);

    await began(0);
    const first = await remind();
    await remind();
    const early = await run.deliveries();
    await began(1);
    const second = await remind();

    expect(early.map(({ type }) => type)).toEqual(['MANUAL_BUILD_UPLOAD_REMINDER']);
    expect(await run.deliveries()).toHaveLength(2);
    for (const inMs of [first, second]) {
      expect(inMs).toBeLessThanOrEqual(23 * 3_600_000);
      expect(inMs).toBeGreaterThan(22 * 3_600_000);
    }
  });
});
