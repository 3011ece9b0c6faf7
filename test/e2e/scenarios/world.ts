import type { Fault } from '../../fakes/fake-server.ts';
import { type FakeRun, type GithubFake, githubWrites } from '../../fakes/github/index.ts';
import { waitFor } from '../../support/wait-for.ts';
import { type DatabaseClock, openDatabaseClock } from '../database-clock.ts';
import type { ReleaseHandle } from '../release.ts';
import type { NewRelease, TenantWorld } from '../tenant.ts';
import { openWorld, type World, type WorldOptions } from '../world.ts';
import { type ScenarioRelease, scenarioRelease } from './release.ts';

/*
 * The language of scenarios: whole releases over real processes, in a world whose time a test moves.
 *
 *   const world = await openScenarioWorld();
 *   const release = await world.release({ kickOffInMs: HOUR_MS, slots: [2 * HOUR_MS] });
 *   await release.advanceTo('REGRESSION');
 *   await world.failNext('scm.tag', { status: 503 });
 *   await release.reaches('APPROVE_REGRESSION', 'WAITING(APPROVAL)');
 *   await release.approve();
 *   await release.reaches('COMPLETED');
 *   await release.replays();
 */

/** What a provider is asked to do, as scenarios call it. */
const operations = {
  'scm.branch': { fake: 'github', match: { ...githubWrites.branch } },
  'scm.tag': { fake: 'github', match: { ...githubWrites.tag } },
  'scm.any': { fake: 'github', match: { path: /^\/repos\/[^/]+\/[^/]+\/(?!actions)/ } },
  'ci.dispatch': { fake: 'github', match: githubWrites.dispatch },
  'ci.cancel': { fake: 'github', match: githubWrites.cancel },
  'tracker.any': { fake: 'jira', match: { path: /./ } },
} satisfies Record<string, { fake: 'github' | 'jira'; match: Fault['match'] }>;
export type Operation = keyof typeof operations;

export interface ScenarioWorld extends Pick<World, 'db' | 'sandbox' | 'logs' | 'kill' | 'start' | 'process' | 'untilTold'> {
  readonly github: GithubFake;
  readonly tenant: TenantWorld;
  /** Milliseconds since 1970, by the clock that decides. */
  now(): number;
  /** Moves the clock; back where negative. Forward only between attempts: whoever is at work would seem to have died. */
  advanceBy(ms: number): Promise<void>;
  /** Moves the clock there; does nothing where it is past that. */
  advanceTo(instant: Date | string): Promise<void>;
  /** What the provider is asked next goes wrong, once where the fault does not say how often. */
  failNext(operation: Operation, fault: Omit<Fault, 'match'>): void;
  /** Everything goes right again. */
  mend(): void;
  /** The CI takes what it is asked for and does nothing with it, until `finishBuilds` or `mend`. */
  stallBuilds(): void;
  /** What is under way at the CI succeeds, and what is asked for from now on. */
  finishBuilds(release: ReleaseHandle): void;
  /** What is under way at the CI. */
  running(): FakeRun[];
  /** Lean where the config does not say otherwise: no tracker, no tests, no builds before regression. */
  release(release?: NewRelease): Promise<ScenarioRelease>;
  stopAll(): Promise<void>;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const lean = {
  ...{ automationRuns: false, preRegressionBuilds: false },
  ...{ projectManagementConfigId: null, testManagementConfigId: null },
};

/** Null where there is no libfaketime, so that time cannot be moved. */
export const scenarioClock: DatabaseClock | null = openDatabaseClock();

/** Hours pass between attempts: a lease that lapsed in the midst of one would be a worker that hung, which other tests are about. */
const untilNothingIsUnderWay = (db: World['db']) =>
  waitFor(
    async () => {
      const [row] = await db.rows<{ underWay: number }>(
        `SELECT (SELECT COUNT(*) FROM tasks WHERE status = 'IN_PROGRESS') + (SELECT COUNT(*) FROM deliveries WHERE status = 'IN_PROGRESS')
           + (SELECT COUNT(*) FROM webhook_events WHERE status = 'IN_PROGRESS') AS underWay`,
      );
      return Number(row?.underWay) === 0;
    },
    { what: 'a moment in which nothing is under way', timeoutMs: 30_000, everyMs: 5 },
  );

export async function openScenarioWorld(options: WorldOptions = {}): Promise<ScenarioWorld> {
  const clock = scenarioClock;
  if (clock === null) throw new Error('there is no clock to move: faketime is not installed');
  // Retries are as far apart as in production: time that nobody needs is skipped.
  const world = await openWorld({ ...options, clock, env: { RETRY_BASE_MS: '2000', RETRY_MAX_MS: '600000', ...options.env } });
  const tenant = world.tenant();
  const { github, jira } = world.fakes;
  if (jira === undefined) throw new Error('the scenarios have their tickets in Jira');
  const fakes = { github, jira };

  const scenarios: ScenarioWorld = {
    ...{
      db: world.db,
      sandbox: world.sandbox,
      logs: world.logs,
      kill: world.kill,
      start: world.start,
      process: world.process,
      untilTold: world.untilTold,
    },
    ...{ github, tenant, now: clock.now },
    async advanceBy(ms) {
      if (ms > 0) await untilNothingIsUnderWay(world.db);
      clock.move(ms);
    },
    async advanceTo(instant) {
      const ms = new Date(instant).getTime() - clock.now();
      if (ms > 0) await scenarios.advanceBy(ms);
    },
    failNext(operation, fault) {
      const { fake, match } = operations[operation];
      fakes[fake].failNext({ ...fault, match });
    },
    mend() {
      for (const fake of Object.values(fakes)) fake.clearFaults();
      github.world.autoComplete(true);
    },
    stallBuilds: () => github.world.autoComplete(false),
    running: () => tenant.sandbox.repository.runs.filter(({ status }) => status !== 'completed'),
    finishBuilds({ version }) {
      github.world.autoComplete(true);
      for (const { id } of scenarios.running()) {
        github.world.advance(id, 'completed', 'success');
        github.world.addArtifact(id, `shop-${version}.zip`);
      }
    },
    release: async (given = {}) =>
      scenarioRelease(await tenant.createRelease({ ...given, config: { ...lean, ...given.config } }), scenarios),
    async stopAll() {
      await world.stopAll();
      clock.close();
    },
  };
  return scenarios;
}
