import { monotonicFactory } from 'ulid';
import type { Database } from '../../src/db/client.ts';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { FrozenConfig, FrozenStore } from '../../src/domain/release/config.ts';
import type { StoreEvent } from '../../src/domain/release/notification-data.ts';
import { planDistribution } from '../../src/domain/release/plan-tasks.ts';
import type { StoreTarget } from '../../src/domain/release/vocabulary.ts';
import type { Engine } from '../../src/engine/create-engine.ts';
import { placeHold } from '../../src/engine/holds.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import { type Intervention, intervene } from '../../src/engine/intervene.ts';
import type { ClaimedTask } from '../../src/engine/vocabulary.ts';
import { ProviderError } from '../../src/integrations/kit/provider-error.ts';
import { createLocks } from '../../src/platform/lock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createRedis } from '../../src/platform/redis.ts';
import { parseRedisUrl } from '../../src/platform/redis-target.ts';
import type { Ring } from '../../src/platform/ring.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import type { Caller } from '../../src/services/context.ts';
import { createReleaseRecords } from '../../src/services/execution/release-records.ts';
import { createReleaseSource } from '../../src/services/execution/release-source.ts';
import { createRolloutService, type RolloutPlace } from '../../src/services/execution/stores/rollout-service.ts';
import { createStoreBuildService } from '../../src/services/execution/stores/store-build-service.ts';
import { createStoreEvidenceService } from '../../src/services/execution/stores/store-evidence-service.ts';
import { releaseSubmission, type SubmissionPlace } from '../../src/services/execution/stores/submission-place.ts';
import { createSubmissionService, type SubmissionService } from '../../src/services/execution/stores/submission-service.ts';
import { createTurnService } from '../../src/services/execution/stores/turn-service.ts';
import { createWindowService } from '../../src/services/execution/window-service.ts';
import type { RolloutCommand } from '../../src/services/rollouts/rollout-command.ts';
import { steerRollout } from '../../src/services/rollouts/steer-rollout.ts';
import { bindHandlers } from '../../src/workers/bind-handlers.ts';
import type { TaskServices } from '../../src/workers/task-context.ts';
import { TaskExecutor } from '../../src/workers/task-executor.ts';
import { taskHandlers } from '../../src/workers/tasks/index.ts';
import { MemoryMetrics } from '../fakes/deployment/memory-metrics.ts';
import type { DatabaseServer } from '../support/databases.ts';
import { testRedis } from '../support/redis.ts';
import { openEngineWorld, type TaskRow, taskPlan, type WorldRun } from './engine-world.ts';
import { MemoryStore } from './memory-store.ts';
import { frozenConfig, frozenStore } from './release-facts.ts';

/* The stage DISTRIBUTION of real releases on a real database: the engine, the handlers and their services, and stores in memory. */

const newId = monotonicFactory();

/** The tasks of these rollouts go on looking, so that no command asks a store itself: it is never called. */
const unasked = { open: () => Promise.reject(new Error('nobody asks a store here')) } as unknown as Connector;

export interface DistributedRelease extends WorldRun {
  releaseId: string;
  /** Makes the task due, as time or a webhook would, and lets a worker look at it once. */
  look(key: string): Promise<TaskRow>;
  /** A worker takes the task and dies before it settles: whatever was done stays, and the task goes to somebody else. */
  crash(key: string): Promise<void>;
  retry(key: string): Promise<void>;
  skip(key: string): Promise<void>;
  /** A person pauses the release. */
  pause(): Promise<void>;
  /** As if its rollouts had been on their steps for so much longer. */
  passSteps(ms: number): Promise<void>;
  steer(target: string, command: RolloutCommand, reason?: string | null): Promise<void>;
  submissions(): Promise<{ ordinal: number; status: string; buildNumber: string; reason: string | null }[]>;
  rollout(target: string): Promise<{ status: string; pauseReason: string | null; step: number; fraction: number; wanted: string }>;
  /** Types of the messages so far, in order. */
  messages(): Promise<string[]>;
  /** Data of the messages of a type. */
  told(type: string): Promise<StoreEvent[]>;
  submittedAt(): Promise<Date | null>;
  writeNotes(locale: string, text: string): Promise<void>;
}

export interface DistributionWorld {
  db: Database;
  ring: Ring;
  store: MemoryStore;
  /** What every metrics connection measures; null = none can be opened. */
  metrics: MemoryMetrics | null;
  /** Runs once, after a task has read its rollout and before it writes it. */
  beforeWrite: (() => Promise<void>) | null;
  submissions: SubmissionService;
  /** What handlers would say a submission is of. */
  placeOf(release: DistributedRelease, target: StoreTarget): Promise<SubmissionPlace>;
  /** Pull requests opened. */
  pulls: string[];
  /** @param beside makes it another release of a tenant */
  release(
    stores?: readonly FrozenStore[],
    changes?: Partial<FrozenConfig>,
    beside?: { tenantId: string; number: number } | null,
  ): Promise<DistributedRelease>;
  /** Runs while somebody else holds this lock. */
  underLock<T>(name: string, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function openDistributionWorld(server: DatabaseServer): Promise<DistributionWorld> {
  const world = await openEngineWorld(server);
  const { db, ring } = world;
  const logger = createLogger({ level: 'silent', name: 'test' });
  const keys = testRedis();
  const redis = createRedis({ redis: parseRedisUrl(keys.url), logger }, 'commands');
  const locks = createLocks({ redis, prefix: keys.prefix, logger });
  const engine: Engine = world.engine();
  const result: DistributionWorld = {
    ...{ db, ring },
    store: new MemoryStore(),
    metrics: new MemoryMetrics(),
    beforeWrite: null,
    submissions: createSubmissionService(db, ring),
    async placeOf({ releaseId, task }, target) {
      const release = await createReleaseSource(db).load(releaseId);
      const platform = release.platforms.find((candidate) => candidate.target === target);
      if (platform === undefined) throw new Error(`the release does not go to ${target}`);
      return releaseSubmission(release, platform, target, (await task(`ROLL_OUT/${target}`)).id);
    },
    pulls: [],
    release: createRelease,
    underLock: (name, work) => locks.withLock(name, { ttlMs: 30_000, waitMs: 0 }, work),
    async close() {
      redis.disconnect();
      await keys.cleanup();
      await world.close();
    },
  };

  const measuring = {
    open: async () => {
      const { metrics } = result;
      if (metrics === null) throw new ProviderError('unauthorized', 'The connection was refused.', { provider: 'memory' });
      return { provider: { displayName: 'Memory', metricsSource: () => metrics }, connection: {}, deps: {} };
    },
  } as unknown as Pick<Connector, 'open'>;

  function executor(): TaskExecutor {
    const stores = result.store.service();
    const files = {
      describe: async () => null,
      fileOf: () => ({ name: 'app.aab', sizeBytes: 1, sha256: 'aa', open: async function* () {} }),
    };
    const rollouts = createRolloutService(db, ring);
    const openThenWait = async (place: RolloutPlace) => {
      const rollout = await rollouts.open(place);
      const then = result.beforeWrite;
      result.beforeWrite = null;
      await then?.();
      return rollout;
    };
    // Distribution uses no other service.
    const services = {
      ...{ stores, records: createReleaseRecords(db), releases: createReleaseSource(db) },
      evidence: createStoreEvidenceService(db, measuring),
      storeBuilds: createStoreBuildService(db, stores, files),
      submissions: result.submissions,
      rollouts: { ...rollouts, open: openThenWait },
      turns: createTurnService(db, ring),
      windows: createWindowService(db),
      scm: {
        openPullRequest: async (_tenant: string, _id: string, { headBranch, baseBranch }: { headBranch: string; baseBranch: string }) => {
          const name = `${headBranch} → ${baseBranch}`;
          if (!result.pulls.includes(name)) result.pulls.push(name);
          return { url: 'https://git.example/pull/1' };
        },
      },
    } as unknown as TaskServices;
    return new TaskExecutor({
      calls: { keep: () => undefined },
      recordIntent: (task, effect, value) => recordIntent(db, task, effect, value),
      renewIntent: (task, effect) => renewIntent(db, task, effect),
      bind: new Map([['test', bindHandlers({ name: 'release', load: services.releases.load, services, handlers: taskHandlers })]]),
      ...{ locks, logger, metrics: createMetrics(), pollMs: 60_000, lockTtlMs: 30_000 },
    });
  }

  async function createRelease(
    stores = [frozenStore('PLAY_STORE')],
    changes: Partial<FrozenConfig> = {},
    beside: { tenantId: string; number: number } | null = null,
  ): Promise<DistributedRelease> {
    const config = frozenConfig({ stores: [...stores], ...changes });
    const notes = taskPlan('NOTES', { type: 'CREATE_FINAL_RELEASE_NOTES' });
    const run = await world.createRun([...planDistribution({ config }, 1), notes], {
      stages: [{ key: 'DISTRIBUTION', queue: 'distribution' }],
      ...(beside === null ? {} : { tenantId: beside.tenantId }),
    });
    const { tenantId, runId, subjectId: releaseId } = run;
    const accountId = newId();
    const text = `New\n${Array.from({ length: 100 }, (_, index) => `• Change ${index}`).join('\n')}`;
    await db.run(`UPDATE tasks SET status = 'COMPLETED', run_at = NULL, output = ? WHERE run_id = ? AND task_key = 'NOTES'`, [
      JSON.stringify({ text }),
      runId,
    ]);
    await db.run('INSERT INTO accounts (id, email, display_name) VALUES (?)', [[accountId, `${accountId}@example.com`, 'Ada']]);
    await db.run(
      `INSERT INTO releases (id, tenant_id, run_id, display_number, config_id, config, type, branch, base_branch, release_tag, build_mode,
         kick_off_date, target_release_date, created_by_account_id) VALUES (?)`,
      [
        [
          ...[
            releaseId,
            tenantId,
            runId,
            beside?.number ?? 1,
            newId(),
            JSON.stringify(config),
            'MINOR',
            'release/1.4.0',
            'main',
            'v1.4.0',
            'CI',
          ],
          ...[new Date(), new Date(), accountId],
        ],
      ],
    );
    for (const { target } of stores) {
      const platform = target === 'APP_STORE' ? 'IOS' : 'ANDROID';
      await db.run('INSERT INTO platform_releases (id, tenant_id, release_id, platform, target, version) VALUES (?)', [
        [newId(), tenantId, releaseId, platform, target, '1.4.0'],
      ]);
    }
    const caller: Caller = { tenantId, accountId, permissions: new Set(['release:pause', 'release:update']) };

    async function claim(key: string): Promise<ClaimedTask> {
      await db.run(
        `UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ? AND task_key = ? AND run_at IS NOT NULL`,
        [runId, key],
      );
      return run.claim(engine, key);
    }
    async function intervention(key: string, what: Intervention): Promise<void> {
      const { id } = await run.task(key);
      await db.transact((tx) => intervene(tx, id, what, { kind: 'account', accountId }, ring));
    }
    const execute = (task: ClaimedTask) => executor().execute(task, new AbortController().signal, () => undefined);

    return {
      ...run,
      releaseId,
      async look(key) {
        const task = await claim(key);
        await engine.settle({ task, outcome: await execute(task), handOver: false });
        return run.task(key);
      },
      async crash(key) {
        await execute(await claim(key));
        await db.run(
          `UPDATE tasks SET status = 'READY', fence = fence + 1, lease_owner = NULL, wait_reason = NULL WHERE run_id = ? AND task_key = ?`,
          [runId, key],
        );
      },
      retry: (key) => intervention(key, { do: 'retry', why: null }),
      skip: (key) => intervention(key, { do: 'skip', why: 'because' }),
      async pause() {
        await db.transact((tx) => placeHold(tx, { runId, reason: 'USER_REQUESTED', subject: '' }, { kind: 'account', accountId }, null));
      },
      async passSteps(ms) {
        await db.run('UPDATE rollouts SET step_reached_at = step_reached_at - INTERVAL ? MICROSECOND WHERE release_id = ?', [
          ms * 1000,
          releaseId,
        ]);
      },
      async told(type) {
        const rows = await db.rows<{ data: unknown }>('SELECT data FROM deliveries WHERE subject_id = ? AND type = ? ORDER BY id', [
          releaseId,
          type,
        ]);
        return rows.map(({ data }) => parseJson(data) as StoreEvent);
      },
      async steer(target, command, reason = 'because') {
        const [row] = await db.rows<{ id: string }>('SELECT id FROM rollouts WHERE release_id = ? AND target = ?', [releaseId, target]);
        await steerRollout({ db, ring, locks, connector: unasked }, caller, { releaseId, rolloutId: row?.id ?? '' }, command, {
          reason,
        });
      },
      submissions: () =>
        db.rows(
          'SELECT ordinal, status, build_number AS buildNumber, reason FROM store_submissions WHERE release_id = ? ORDER BY ordinal',
          [releaseId],
        ),
      async rollout(target) {
        const [row] = await db.rows<Awaited<ReturnType<DistributedRelease['rollout']>>>(
          'SELECT status, pause_reason AS pauseReason, step, fraction, wanted FROM rollouts WHERE release_id = ? AND target = ?',
          [releaseId, target],
        );
        if (row === undefined) throw new Error('there is no rollout');
        return row;
      },
      async messages() {
        return (await run.deliveries()).map(({ type }) => type);
      },
      async writeNotes(locale, written) {
        await db.run('INSERT INTO store_notes (id, tenant_id, release_id, target, locale, text, updated_by_account_id) VALUES (?)', [
          [newId(), tenantId, releaseId, 'PLAY_STORE', locale, written, accountId],
        ]);
      },
      async submittedAt() {
        const [row] = await db.rows<{ at: Date | null }>('SELECT submitted_at AS at FROM releases WHERE id = ?', [releaseId]);
        return row?.at ?? null;
      },
    };
  }

  return result;
}
