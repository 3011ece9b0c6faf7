import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import { type ArtifactStore, createDirectoryStore } from '../../src/platform/artifact-store.ts';
import { createArtifactKeeper } from '../../src/services/execution/builds/artifact-keeper.ts';
import { type BuildRequest, type BuildService, createBuildService } from '../../src/services/execution/builds/build-service.ts';
import { forgetArtifacts } from '../../src/services/forget-artifacts.ts';
import { testDatabases } from '../support/databases.ts';
import { Ci } from './ci.ts';
import { type EngineWorld, openEngineWorld, taskPlan } from './engine-world.ts';

const newId = monotonicFactory();

describe.each(testDatabases())('builds on $name', (server) => {
  let world: EngineWorld;
  let ci: Ci;
  let builds: BuildService;
  let request: BuildRequest;
  let directory: string;
  let store: ArtifactStore;
  beforeAll(async () => {
    world = await openEngineWorld(server);
    directory = await mkdtemp(join(tmpdir(), 'signalbox-builds-'));
    store = createDirectoryStore(directory);
  });
  afterAll(async () => {
    await world?.close();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    ci = new Ci();
    builds = createBuildService(world.db, ci.service(), createArtifactKeeper(store, ci.service(), { maxBytes: 10 }));
    request = {
      ...{ tenantId: newId(), releaseId: newId(), taskId: newId(), stageKey: 'REGRESSION', cycleId: null, ciConfigId: newId() },
      ...{ platform: 'ANDROID', workflowType: 'REGRESSION_BUILD', ref: 'v1', version: '1.0.0', jobParameters: {}, needsArtifact: true },
    };
  });

  const follow = () => builds.follow(request);
  const error = (kind: ProviderErrorKind) => new ProviderError(kind, `it is ${kind}`, { provider: 'ci' });
  const attempt = (number: number, outcome: string, failure: object | null, taskId = request.taskId) =>
    world.db.run('INSERT INTO attempts (task_id, number, outcome, failure, ended_at) VALUES (?, ?, ?, ?, UTC_TIMESTAMP(3))', [
      ...[taskId, number, outcome, failure === null ? null : JSON.stringify(failure)],
    ]);
  const ordinals = async () =>
    (await world.db.rows<{ ordinal: number }>('SELECT ordinal FROM builds WHERE task_id = ? ORDER BY ordinal', [request.taskId])).map(
      (row) => row.ordinal,
    );

  const report = (status: string | null, artifactKey: string | null = null) =>
    world.db.run(
      `UPDATE builds SET reported_status = COALESCE(?, reported_status), artifact_key = COALESCE(?, artifact_key),
         artifact_name = COALESCE(?, artifact_name) WHERE task_id = ?`,
      [status, artifactKey, artifactKey, request.taskId],
    );

  it.each([
    ['before', ['artifact', 'success']],
    ['after', ['success', 'artifact']],
  ])('succeed with the artifact that CI sends %s the success, which is not fetched again', async (_when, order) => {
    ci.artifact = () => {
      throw new Error('nobody needs it');
    };
    ci.hasArtifact = false;
    await follow();
    const early: (string | undefined)[] = [];
    for (const step of order) {
      if (step === 'artifact') await report(null, 't/uploads/sent');
      else ci.runs.set('1', { kind: 'succeeded' });
      early.push((await follow()).status);
    }

    ci.hasArtifact = true;
    const build = await follow();

    expect(early).toEqual(['RUNNING', 'SUCCEEDED']);
    expect([build.status, build.artifactName]).toEqual(['SUCCEEDED', 't/uploads/sent']);
  });

  it('go by what CI reported where the provider does not show the run, and never past a missing artifact', async () => {
    await follow();
    ci.gone = true;
    const unknown = await follow();
    await report('SUCCEEDED');
    const lacking = await follow();
    await report(null, 't/uploads/sent');
    const done = await follow();

    expect([unknown, lacking, done].map(({ status, providerState }) => [status, providerState])).toEqual([
      ['UNKNOWN', 'not found'],
      ['RUNNING', 'waiting for the artifact'],
      ['SUCCEEDED', 'as CI reported'],
    ]);
  });

  it('go by their provider while it shows the run, whatever was reported', async () => {
    await follow();
    await report('SUCCEEDED', 't/uploads/sent');
    ci.runs.set('1', { kind: 'failed', raw: 'failure' });

    expect((await follow()).status).toBe('FAILED');
  });

  it('that somebody reports have been started: they are not dispatched again, however late they are found', async () => {
    ci.trouble = error('timeout');
    await expect(follow()).rejects.toThrow('it is timeout');
    ci.trouble = null;
    ci.visibleWithinMs = -1;
    await report('RUNNING');

    const build = await follow();

    expect([ci.dispatches, build.status]).toEqual([0, 'RUNNING']);
  });

  it('are told where to report to, when the public address is known', async () => {
    builds = createBuildService(world.db, ci.service(), createArtifactKeeper(store, ci.service(), { maxBytes: 10 }), 'https://sbx.example');

    await follow();

    const [row] = await world.db.rows<{ id: string }>('SELECT correlation_id AS id FROM builds WHERE task_id = ?', [request.taskId]);
    expect(ci.parameters).toEqual({
      signalbox_callback_url: `https://sbx.example/api/v1/tenants/${request.tenantId}/builds/${row?.id}/report`,
    });
  });

  it('are not begun for a task that was cancelled while its worker was still at it', async () => {
    const run = await world.createRun([taskPlan('A')]);
    const { id } = await run.task('A');
    await world.db.run(`UPDATE tasks SET status = 'CANCELLED' WHERE id = ?`, [id]);
    request = { ...request, taskId: id };

    await expect(follow()).rejects.toThrow('the task was cancelled');

    expect([ci.dispatches, await ordinals()]).toEqual([0, []]);
  });

  it('are dispatched once, however often they are looked at', async () => {
    for (let n = 0; n < 4; n += 1) await follow();

    expect(ci.dispatches).toBe(1);
  });

  it('are dispatched by one of ten that come at the same instant', async () => {
    await Promise.all(Array.from({ length: 10 }, follow));

    expect(ci.dispatches).toBe(1);
  });

  it('count as dispatched no sooner than everything before the dispatch has gone well', async () => {
    ci.unreadable = error('unavailable');
    await expect(follow()).rejects.toThrow('it is unavailable');

    ci.unreadable = null;
    await follow();

    expect(ci.dispatches).toBe(1);
  });

  it.each(['rate-limited', 'invalid', 'not-found', 'forbidden', 'unauthorized'] as const)(
    'are dispatched again at once after a refusal for certain: %s',
    async (kind) => {
      ci.trouble = error(kind);
      await expect(follow()).rejects.toThrow(`it is ${kind}`);

      ci.trouble = null;
      await follow();

      expect(ci.dispatches).toBe(1);
    },
  );

  it.each(['unavailable', 'timeout', 'malformed'] as const)(
    'are looked for, and not dispatched again before the provider must have shown them, after an answer that was lost: %s',
    async (kind) => {
      ci.trouble = error(kind);
      await expect(follow()).rejects.toThrow(`it is ${kind}`);
      ci.trouble = null;

      await follow();
      const early = ci.dispatches;
      ci.visibleWithinMs = -1;
      await follow();

      expect(early).toBe(0);
      expect(ci.dispatches).toBe(1);
    },
  );

  it('are found again when the dispatch was carried out and its answer lost', async () => {
    ci.trouble = error('unavailable');
    ci.dispatchesAllTheSame = true;
    await expect(follow()).rejects.toThrow('it is unavailable');

    expect(await follow()).toMatchObject({ handle: '1' });
    expect(ci.dispatches).toBe(1);
  });

  it("show the provider's word for their state, however long it is", async () => {
    await follow();
    ci.runs.set('1', { kind: 'unknown', raw: 'x'.repeat(500) });

    expect(await follow()).toMatchObject({ status: 'UNKNOWN', providerState: 'x'.repeat(64) });
  });

  describe('with an artifact', () => {
    const digest = `sha256:${createHash('sha256').update('app').digest('hex')}`;
    const kept = async (id: string) => {
      const found = await store.open(`${request.tenantId}/${id}`);
      return found && new Response(found.body).text();
    };
    const succeed = async () => {
      await follow();
      ci.runs.set('1', { kind: 'succeeded' });
    };
    const row = async () => {
      const [found] = await world.db.rows<{ key: string | null; size: number | null; digest: string | null }>(
        'SELECT artifact_key AS `key`, artifact_size AS size, artifact_digest AS digest FROM builds WHERE task_id = ?',
        [request.taskId],
      );
      return found;
    };

    it('have succeeded when it is kept, with its size and digest', async () => {
      await succeed();

      const build = await follow();

      expect(build).toMatchObject({ status: 'SUCCEEDED', artifactName: 'app.apk' });
      expect(await kept(build.id)).toBe('app');
      expect(await row()).toEqual({ key: `${request.tenantId}/${build.id}`, size: 3, digest });
    });

    it('are looked at again when the copy broke off, and nothing half is kept', async () => {
      await succeed();
      ci.artifact = () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(Buffer.from('ap'));
            controller.error(error('unavailable'));
          },
        });
      await expect(follow()).rejects.toThrow('it is unavailable');
      const before = await row();

      ci.artifact = () => new Blob(['app']).stream();
      const build = await follow();

      expect(before?.key).toBeNull();
      expect(build.status).toBe('SUCCEEDED');
      expect(await kept(build.id)).toBe('app');
    });

    it.each([
      ['is not what its digest says', 'app', `sha256:${'0'.repeat(64)}`, 'is not what its digest says'],
      ['is larger than may be kept', '12345678901', null, 'is larger than 10 bytes'],
    ])('do not succeed when it %s', async (_what, bytes, says, words) => {
      await succeed();
      ci.digest = says;
      ci.artifact = () => new Blob([bytes]).stream();

      await expect(follow()).rejects.toThrow(words);

      expect((await row())?.key).toBeNull();
    });

    it('lose it when it has been kept for so long, and none that is younger', async () => {
      await succeed();
      const build = await follow();
      await forgetArtifacts(world.db, store, 10);
      const young = await kept(build.id);
      await world.db.run('UPDATE builds SET artifact_kept_at = UTC_TIMESTAMP(3) - INTERVAL 11 DAY WHERE id = ?', [build.id]);

      await forgetArtifacts(world.db, store, 10);

      expect(young).toBe('app');
      expect(await kept(build.id)).toBeNull();
      expect((await row())?.key).toBeNull();
    });
  });

  describe('that failed', () => {
    const conflict = { kind: 'conflict', message: 'the build did not succeed' };

    /** As far as a person's retry: the first build failed, and the first attempt with it. */
    async function failedOnce(): Promise<void> {
      await follow();
      ci.runs.set('1', { kind: 'failed', raw: 'failure' });
      await follow();
      await attempt(1, 'failed', conflict);
    }

    it('are built anew when a person retried the task', async () => {
      await failedOnce();

      await builds.renewRetried({ id: request.taskId, attempt: 2 });

      expect(await ordinals()).toEqual([1, 2]);
    });

    it.each([
      ['was lost to a crash', 'lost', null],
      ['was handed back', 'handed-back', null],
      ['met trouble of its own', 'failed', { kind: 'unavailable', message: 'down' }],
    ])('are built anew although the attempt that was to do so %s', async (_what, outcome, failure) => {
      await failedOnce();
      await attempt(2, outcome, failure);

      await builds.renewRetried({ id: request.taskId, attempt: 3 });

      expect(await ordinals()).toEqual([1, 2]);
    });

    it('are built anew once for a retry, also when the new build failed and its attempt was lost', async () => {
      await failedOnce();
      await builds.renewRetried({ id: request.taskId, attempt: 2 });
      await follow();
      ci.runs.set('2', { kind: 'failed', raw: 'failure' });
      await follow();
      await attempt(2, 'lost', null);

      await builds.renewRetried({ id: request.taskId, attempt: 3 });

      expect(await ordinals()).toEqual([1, 2]);
      expect(await follow()).toMatchObject({ status: 'FAILED' });
    });

    it('are not built anew by an attempt that nobody retried', async () => {
      await follow();
      await attempt(1, 'lost', null);

      await builds.renewRetried({ id: request.taskId, attempt: 2 });

      expect(await ordinals()).toEqual([1]);
    });

    it('are built anew when the store did not take what was built', async () => {
      await follow();
      ci.runs.set('1', { kind: 'succeeded' });
      const built = await follow();
      await builds.refused(request.taskId);
      await attempt(1, 'failed', conflict);

      await builds.renewRetried({ id: request.taskId, attempt: 2 });

      expect(built.status).toBe('SUCCEEDED');
      expect(await ordinals()).toEqual([1, 2]);
      expect(await follow()).toMatchObject({ status: 'QUEUED' });
    });

    it('are renewed for another task that judges them', async () => {
      await follow();
      ci.runs.set('1', { kind: 'failed', raw: 'failure' });
      await follow();
      const judge = newId();
      await attempt(1, 'failed', conflict, judge);

      await builds.renewRetried({ id: judge, attempt: 2 }, request.taskId);

      expect(await ordinals()).toEqual([1, 2]);
    });
  });
});
