import { plainRules } from '../../src/domain/gates/approval-rules.ts';
import type { ReleaseConfigBody } from '../../src/domain/release/config.ts';
import type { ReleaseHandle } from '../e2e/release.ts';
import type { TenantWorld } from '../e2e/tenant.ts';
import { openWorld, type World, type WorldOptions } from '../e2e/world.ts';
import { waitFor } from '../support/wait-for.ts';

/** A fleet on a database and a Redis of its own, small in its times, so that what takes minutes in production takes seconds here. */
export function openChaosWorld(options: WorldOptions = {}): Promise<World> {
  return openWorld({
    tenants: ['Acme', 'Globex'],
    workers: 3,
    ...options,
    privateDatabase: true,
    privateRedis: true,
    env: {
      ...{ LEASE_MS: '2000', RETRY_BASE_MS: '100', RETRY_MAX_MS: '1000', POLL_INTERVAL_MS: '300', SWEEP_INTERVAL_MS: '250' },
      ...{ PROVIDER_TIMEOUT_MS: '3000', SEARCH_LAG_MAX_MS: '1000', PARALLEL_CALLS: '50', LOG_LEVEL: 'info' },
      ...options.env,
    },
    sandbox: { ...options.sandbox, robots: { ci: { startAfterMs: 50, completeAfterMs: 200, artifactAfterMs: 50 }, ...robotsOf(options) } },
  });
}

const robotsOf = ({ sandbox }: WorldOptions) => (typeof sandbox?.robots === 'object' ? sandbox.robots : {});

export interface Batch {
  tenant: TenantWorld;
  release: ReleaseHandle;
}

const FIRST_MINOR = 10;

interface BatchOptions {
  /** Regression slots, milliseconds from now. */
  slots?: readonly number[];
  config?: Partial<ReleaseConfigBody>;
}

/** So many releases, the tenants taking turns. In the first tenant's somebody has to approve. */
export async function createReleases(world: World, count: number, options: BatchOptions = {}): Promise<Batch[]> {
  const made: Batch[] = [];
  for (let n = 0; n < count; n += 1) {
    const tenant = world.tenants[n % world.tenants.length] ?? world.tenant();
    const gates = {
      preReleaseApproval: 'automatic',
      quorum: 1,
      allowSelfApproval: false,
      distributionApproval: 'manual',
      preRelease: plainRules,
      distribution: plainRules,
    } as const;
    const release = await tenant.createRelease({
      version: `1.${FIRST_MINOR + tenant.releases.length}.0`,
      slots: options.slots ?? [0],
      config: { ...(tenant === world.tenant() ? {} : { gates }), ...options.config },
    });
    made.push({ tenant, release });
  }
  return made;
}

interface Progress {
  completed: number;
  /** Tasks that have ended. */
  ended: number;
  total: number;
}

export async function progressOf(world: World): Promise<Progress> {
  const [runs] = await world.db.rows<{ completed: string | null; total: number }>(
    `SELECT SUM(status = 'COMPLETED') AS completed, COUNT(*) AS total FROM runs`,
  );
  const [tasks] = await world.db.rows<{ ended: number }>(`SELECT COUNT(*) AS ended FROM tasks WHERE status = 'COMPLETED'`);
  return { completed: Number(runs?.completed ?? 0), ended: Number(tasks?.ended ?? 0), total: Number(runs?.total ?? 0) };
}

/** Until so many tasks have ended: the releases are in the middle of things. */
export function untilMidway(world: World, ended: number, timeoutMs = 60_000): Promise<Progress> {
  return approving(
    world,
    async () => {
      const progress = await progressOf(world);
      return progress.ended >= ended ? progress : null;
    },
    { what: `${ended} tasks to have ended`, timeoutMs },
  );
}

/** Until every release is COMPLETED and every message is out. A task that failed for good ends the wait at once. */
export async function untilAllCompleted(world: World, timeoutMs = 120_000): Promise<void> {
  await approving(
    world,
    async () => {
      const failed = await failures(world);
      if (failed.length > 0) return failed;
      const { completed, total } = await progressOf(world);
      const [open] = await world.db.rows<{ open: number }>(
        `SELECT COUNT(*) AS open FROM deliveries WHERE status IN ('PENDING', 'IN_PROGRESS')`,
      );
      return completed === total && Number(open?.open) === 0 ? [] : null;
    },
    { what: 'every release to be COMPLETED', timeoutMs },
  )
    .catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await whereItStands(world)}`, { cause: error });
    })
    .then(async (failed) => {
      if (failed.length > 0) throw new Error(`tasks failed:\n${failed.join('\n')}\n${await whereItStands(world)}`);
    });
}

/** Waits as everybody does, and is the release manager meanwhile. */
function approving<T>(world: World, condition: () => Promise<T>, how: { what: string; timeoutMs: number }) {
  return waitFor(
    async () => {
      await approveWhatAsks(world);
      return condition();
    },
    { ...how, everyMs: 150 },
  );
}

async function approveWhatAsks(world: World): Promise<void> {
  const asking = await world.db.rows<{ releaseId: string }>(
    `SELECT r.subject_id AS releaseId FROM tasks t JOIN runs r ON r.id = t.run_id
     WHERE t.type = 'APPROVE_REGRESSION' AND t.status = 'WAITING' AND t.wait_reason = 'APPROVAL'
       AND NOT EXISTS (SELECT 1 FROM approvals a WHERE a.release_id = r.subject_id)`,
  );
  for (const { releaseId } of asking) {
    const release = world.tenants.flatMap(({ releases }) => releases).find(({ id }) => id === releaseId);
    await release?.decide('APPROVED');
  }
}

async function failures(world: World): Promise<string[]> {
  const rows = await world.db.rows<{ id: string; type: string; failure: unknown }>(
    `SELECT id, type, failure FROM tasks WHERE status = 'FAILED'`,
  );
  return rows.map(({ id, type, failure }) => `${type} ${id}: ${JSON.stringify(failure)}`);
}

async function whereItStands(world: World): Promise<string> {
  const rows = await world.db
    .rows<Record<string, unknown>>(
      `SELECT r.subject_id AS releaseId, t.type, t.stage_attempt AS round, t.status, t.wait_reason AS waits, t.held, t.attempt, t.fence,
              TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(3), t.run_at) / 1000 AS dueInMs, t.failure, t.output
       FROM tasks t JOIN runs r ON r.id = t.run_id WHERE t.status NOT IN ('COMPLETED', 'PENDING')`,
    )
    .catch((error: unknown) => [{ error: String(error) }]);
  const exits = world.processes().map(({ name, running }) => `${name} ${running ? 'runs' : 'has ended'}`);
  return [...rows.map((row) => `  ${JSON.stringify(row).slice(0, 600)}`), `  ${exits.join(', ')}`].join('\n');
}

/** The lines of a scenario's processes that an operator should read first; for whoever reads a failed test. */
export function withSeed<T>(seed: number, work: Promise<T>): Promise<T> {
  return work.catch((error: Error) => {
    throw new Error(`CHAOS_SEED=${seed}: ${error.message}`, { cause: error });
  });
}
