import { monotonicFactory } from 'ulid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CiRunState } from '../../src/integrations/capabilities/ci.ts';
import { ProviderError, type ProviderErrorKind } from '../../src/integrations/kit/provider-error.ts';
import { type BuildRequest, type BuildService, createBuildService } from '../../src/services/execution/build-service.ts';
import type { CiCdService } from '../../src/services/execution/ci-cd-service.ts';
import { testDatabases } from '../support/databases.ts';
import { type EngineWorld, openEngineWorld } from './engine-world.ts';

const newId = monotonicFactory();

/** A CI that does what the test says and counts what it was asked for. */
class Ci {
  dispatches = 0;
  runs = new Map<string, CiRunState>();
  /** Thrown by the reads before a dispatch. */
  unreadable: Error | null = null;
  /** Thrown by the dispatch itself; the run may exist all the same. */
  trouble: Error | null = null;
  dispatchesAllTheSame = false;
  visibleWithinMs = 60_000;

  service(): CiCdService {
    return {
      workflow: async () => ({ integrationId: 'CI', workflowId: '7', displayName: 'Build', inputs: {} }),
      prepare: async () => {
        if (this.unreadable) throw this.unreadable;
        return async () => {
          if (this.trouble === null || this.dispatchesAllTheSame) this.#start();
          if (this.trouble) throw this.trouble;
          return { queueLocation: String(this.dispatches) };
        };
      },
      find: async () => {
        const [handle] = [...this.runs.keys()];
        return handle === undefined ? null : this.#run(handle);
      },
      run: async (_tenant, _integration, handle) => this.#run(handle),
      artifacts: async () => [{ id: '1', name: 'app.apk', sizeBytes: 1, digest: null, expired: false, url: 'https://ci.example/1' }],
      visibleWithinMs: async () => this.visibleWithinMs,
    };
  }

  #start(): void {
    this.dispatches += 1;
    this.runs.set(String(this.dispatches), { kind: 'running' });
  }

  #run(handle: string) {
    const state = this.runs.get(handle) ?? { kind: 'queued' as const };
    return { handle, state, number: 1, attempt: 1, url: null, commit: null };
  }
}

describe.each(testDatabases())('builds on $name', (server) => {
  let world: EngineWorld;
  let ci: Ci;
  let builds: BuildService;
  let request: BuildRequest;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());
  beforeEach(() => {
    ci = new Ci();
    builds = createBuildService(world.db, ci.service());
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
