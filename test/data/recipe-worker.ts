import { createEngine } from '../../src/engine/create-engine.ts';
import { recordIntent, renewIntent } from '../../src/engine/intent.ts';
import type { RunDefinitions } from '../../src/engine/run-definition.ts';
import { createRunTask } from '../../src/engine/run-task.ts';
import { sweepLapsedLeases } from '../../src/engine/sweep.ts';
import type { Ci as CiCapability } from '../../src/integrations/capabilities/ci.ts';
import type { JobRunner } from '../../src/integrations/capabilities/job-runner.ts';
import type { SourceArchive } from '../../src/integrations/capabilities/source-archive.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createMetrics } from '../../src/platform/metrics.ts';
import { createCleanUp } from '../../src/services/clean-ups/clean-up.ts';
import type { Connector } from '../../src/services/connections/connect.ts';
import { deploymentRunDefinition } from '../../src/services/deployments/deployment-run.ts';
import { createBuiltArtifactService } from '../../src/services/execution/deployments/built-artifact-service.ts';
import { createDeploymentSource } from '../../src/services/execution/deployments/deployment-source.ts';
import { createRecipeService } from '../../src/services/execution/deployments/recipe-service.ts';
import { bindHandlers } from '../../src/workers/bind-handlers.ts';
import { deploymentTaskHandlers } from '../../src/workers/deployment-tasks/index.ts';
import { TaskExecutor } from '../../src/workers/task-executor.ts';
import { archiveOf, opening } from '../contracts/deploy-program.ts';
import type { Fault } from '../property/faulty-database.ts';
import type { Ci } from './ci.ts';
import type { DeploymentWorld } from './deployment-world.ts';
import { Died, type Fate, fateOf } from './fate.ts';

/* A worker that builds and cleans up after what was called off, and that may die after anything of it that lasts: a commit, or an act at CI or a job runner. */

export const LEASE_MS = 60_000;
const definitions: RunDefinitions = new Map([[deploymentRunDefinition.kind, deploymentRunDefinition]]);

export interface RecipeWorker {
  fate: Fate;
  /** Plans, and does nothing else. */
  plan(deploymentId: string): Promise<void>;
  /** Plans, works at what is due, and cleans up, once. */
  round(deploymentId: string): Promise<void>;
}

export function recipeWorker(world: DeploymentWorld, outside: { ci: Ci; jobs?: JobRunner }, fault: Fault | null = null): RecipeWorker {
  const fate = fateOf(world.db, fault);
  const { db } = fate;
  const logger = createLogger({ level: 'silent', name: 'test' });
  const connector = connectorOf(world, outside, fate);
  const store = world.builds.store;
  const services = {
    ...world.services,
    deployments: createDeploymentSource(db),
    recipes: createRecipeService({
      ...{ connector, artifacts: store, cicd: cicdOf(outside.ci, fate) },
      sourceControl: { createTag: async (_tenant, _id, name, commit, message) => ({ name, commit, annotated: true, message }) },
    }),
    built: createBuiltArtifactService({ db, artifacts: store }),
  };
  const locks = {
    withLocks: (_keys: unknown, _options: unknown, work: (held: never) => unknown) =>
      work({ signal: new AbortController().signal } as never),
  };
  const executor = new TaskExecutor({
    ...{ calls: { keep: () => undefined }, locks: locks as never, logger, metrics: createMetrics(), pollMs: 60_000, lockTtlMs: 30_000 },
    recordIntent: (task, effect, value) => recordIntent(db, task, effect, value),
    renewIntent: (task, effect) => renewIntent(db, task, effect),
    bind: new Map([
      [
        'deployment',
        bindHandlers({ name: 'deployment', load: (id) => services.deployments.load(id), services, handlers: deploymentTaskHandlers }),
      ],
    ]),
  });
  const ring = () => undefined;
  const engine = createEngine({
    ...{ db, ring, definitions, owner: 'worker', leaseMs: LEASE_MS, random: () => 0, backoff: { baseMs: 1, maxMs: 2 } },
  });
  const runTask = createRunTask({
    ...engine,
    ...{ execute: executor.execute, maxHandOvers: 8, stopping: () => false, observe: () => undefined, pause: async () => undefined },
  });
  const cleanUp = createCleanUp({
    ...{ db, connector, artifacts: store, locks: locks as never, ring, leaseMs: LEASE_MS, pollMs: 60_000 },
    ...{ backoff: { baseMs: 1, maxMs: 2 }, signal: new AbortController().signal },
  });

  const runOf = async (deploymentId: string) => {
    const [run] = await world.db.rows<{ id: string }>('SELECT run_id AS id FROM deployments WHERE id = ?', [deploymentId]);
    return run?.id ?? '';
  };

  return {
    fate,
    plan: async (deploymentId) => void (await engine.advance(await runOf(deploymentId))),
    async round(deploymentId) {
      const runId = await runOf(deploymentId);
      await engine.advance(runId).catch(ifAlive(fate));
      const due = await world.db.rows<{ id: string; fence: number }>(
        `SELECT id, fence FROM tasks WHERE run_id = ? AND held = 0 AND status IN ('READY', 'WAITING') AND run_at <= UTC_TIMESTAMP(3) ORDER BY id`,
        [runId],
      );
      for (const wake of due) if (!fate.dead()) await runTask(wake).catch(ifAlive(fate));
      if (!fate.dead()) await engine.advance(runId).catch(ifAlive(fate));
      await world.db.run(`UPDATE tasks SET run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE run_id = ? AND status = 'IN_PROGRESS'`, [
        runId,
      ]);
      await sweepLapsedLeases(world.db, ['deployment'], ring, definitions);
      const left = await world.db.rows<{ id: string; fence: number }>(
        'SELECT id, fence FROM clean_ups WHERE scope_id = ? AND run_at <= UTC_TIMESTAMP(3)',
        [deploymentId],
      );
      for (const wake of left) if (!fate.dead()) await cleanUp(wake).catch(ifAlive(fate));
    },
  };
}

const ifAlive = (fate: Fate) => (error: unknown) => {
  if (!fate.dead() && !(error instanceof Died)) throw error;
};

/** Whatever was waited for is due, and the clean-ups are by so much older. */
export async function passTime({ db }: DeploymentWorld, deploymentId: string, minutes: number): Promise<void> {
  await db.run(
    `UPDATE tasks t JOIN deployments d ON d.run_id = t.run_id SET t.run_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND
     WHERE d.id = ? AND t.status IN ('READY', 'WAITING')`,
    [deploymentId],
  );
  await db.run(
    `UPDATE clean_ups SET run_at = UTC_TIMESTAMP(3), created_at = created_at - INTERVAL ? MINUTE, deadline_at = deadline_at - INTERVAL ? MINUTE
     WHERE scope_id = ? AND run_at IS NOT NULL`,
    [minutes, minutes, deploymentId],
  );
}

/** What CI was asked for lasts. */
function cicdOf(ci: Ci, fate: Fate) {
  const real = ci.service();
  return {
    ...real,
    prepare: async (...args: Parameters<typeof real.prepare>) => {
      const ask = await real.prepare(...args);
      return () => act(fate, ask);
    },
  };
}

async function act<T>(fate: Fate, work: () => Promise<T>): Promise<T> {
  fate.guard();
  const value = await work();
  fate.lasting(() => new Died('the answer was lost'));
  return value;
}

function connectorOf(world: DeploymentWorld, { ci, jobs }: { ci: Ci; jobs?: JobRunner }, fate: Fate): Connector {
  const service = ci.service();
  const capability: Pick<CiCapability, 'run' | 'findRun' | 'cancel' | 'dispatchVisibleWithinMs'> = {
    dispatchVisibleWithinMs: ci.visibleWithinMs,
    run: (handle) => service.run('', '', handle),
    findRun: ({ ref, correlationId, since }) =>
      service.find(
        '',
        { integrationId: 'CI', workflowId: '7', displayName: '', inputs: {} },
        { ref, correlationId, since: new Date(since) },
      ),
    cancel: (handle) => act(fate, () => service.cancel('', '', handle)),
  };
  const runner =
    jobs === undefined
      ? undefined
      : {
          ...bound(jobs),
          stop: (key: string) => act(fate, () => jobs.stop(key)),
          remove: (key: string) => act(fate, () => jobs.remove(key)),
        };
  return {
    comesToLightWithinMs: (ms: number) => ms,
    open: async (...args: Parameters<Connector['open']>) => {
      fate.guard();
      const opened = await world.drivers.connector.open(...args);
      return {
        ...opened,
        provider: {
          ...opened.provider,
          ci: () => capability,
          sourceArchive: () => sources,
          ...(runner === undefined ? {} : { jobRunner: () => runner }),
        },
      };
    },
  } as unknown as Connector;
}

const sources: SourceArchive = {
  openArchive: async (commit) => opening(archiveOf({ 'shop-1/COMMIT': commit }))(),
};

const bound = (jobs: JobRunner): JobRunner => ({
  ensure: (job) => jobs.ensure(job),
  state: (key) => jobs.state(key),
  log: (key, maxBytes) => jobs.log(key, maxBytes),
  openFile: (key, path) => jobs.openFile(key, path),
  stop: (key) => jobs.stop(key),
  remove: (key) => jobs.remove(key),
});
