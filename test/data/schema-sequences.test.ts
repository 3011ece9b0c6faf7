import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlannedMigration } from '../../src/domain/deployment/plan.ts';
import { createDeployment } from '../../src/services/deployments/create-deployment.ts';
import { rollBackDeployment } from '../../src/services/deployments/roll-back-deployment.ts';
import { MemoryLedger, migration } from '../fakes/deployment/memory-ledger.ts';
import { testDatabases } from '../support/databases.ts';
import { digestOf } from './deployment-facts.ts';
import type { DeploymentTenant } from './deployment-tenant.ts';
import { type DeploymentWorld, openDeploymentWorld } from './deployment-world.ts';

/*
 * Two environments on one database, and whatever people do with it: versions that add, take away and destroy, built on any older version, deployed side by
 * side, failing, rolled back. Versions work by the book: what contracts takes away what only versions without the expansions before it need, what is
 * irreversible what every version without it needs. The drivers and the database are the judges.
 */

interface Built {
  version: string;
  artifactId: string;
  migrations: (PlannedMigration & { sql: string })[];
}

type Step =
  | { do: 'build'; on: number; adds: 'nothing' | 'expand' | 'contract' | 'irreversible' }
  | { do: 'deploy'; which: number; where: number; fails: boolean; waits: boolean }
  | { do: 'work'; where: number }
  | { do: 'roll back'; where: number };

const nth = fc.nat({ max: 20 });
const where = fc.nat({ max: 1 });
const kinds = fc.constantFrom('nothing', 'expand', 'contract', 'irreversible', 'expand', 'contract' as const);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('build' as const), on: nth, adds: kinds as fc.Arbitrary<'expand'> }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('deploy' as const), which: nth, where, fails: fc.boolean(), waits: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('work' as const), where }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('roll back' as const), where }) },
);

describe.each(testDatabases())('schemas on $name', (server) => {
  let world: DeploymentWorld;
  let ledger = new MemoryLedger();
  beforeAll(async () => {
    world = await openDeploymentWorld(server);
    world.drivers.provides = { schemaMigrator: () => ledger };
  });
  afterAll(() => world?.close());

  /** What a version needs and the database does not have any more. */
  function lost({ migrations }: Built, all: readonly Built[]): string[] {
    const names = migrations.map(({ name }) => name);
    return all
      .flatMap((built) => built.migrations.map((one, index) => ({ one, before: built.migrations.slice(0, index) })))
      .filter(({ one }) => one.class !== 'expand' && ledger.entries.has(one.name) && !names.includes(one.name))
      .filter(
        ({ one, before }) =>
          one.class === 'irreversible' || before.some(({ name, class: kind }) => kind === 'expand' && !names.includes(name)),
      )
      .map(({ one }) => one.name);
  }

  async function play(sequence: readonly Step[]): Promise<{ brought: number; refused: number; rolledBack: number }> {
    ledger = new MemoryLedger();
    world.drivers.running.clear();
    world.drivers.broken.clear();
    const tenant: DeploymentTenant = await world.tenant();
    const environments = [await tenant.environment('one'), await tenant.environment('two')];
    const service = await tenant.service('shop', environments, { migrations: { integrationId: 'database' } });
    const all: Built[] = [];
    const wrong: string[] = [];
    const seen = { brought: 0, refused: 0, rolledBack: 0 };
    const { ensure } = world.drivers.deployTarget;
    const { apply } = ledger;
    // What runs on while something irreversible is applied was given leave to; nobody brings it again.
    ledger.apply = async (one) => {
      const applied = await apply.call(ledger, one);
      if (one.class === 'irreversible') return applied;
      for (const { digest } of world.drivers.running.values()) {
        const running = all.find(({ version }) => digestOf(`${service.slice(-12)} ${version}`) === digest);
        if (running !== undefined && lost(running, all).includes(one.name)) wrong.push(`${one.name} was taken from ${running.version}`);
      }
      return applied;
    };
    world.drivers.deployTarget.ensure = async (workload) => {
      const built = all.find(({ artifactId }) => artifactId === workload.revision.artifactId);
      const before = world.drivers.running.get(`${workload.place.name}/${workload.place.side}`);
      const gone = built === undefined ? [] : lost(built, all);
      if (gone.length > 0 && before?.digest !== workload.revision.digest)
        wrong.push(`${built?.version} was brought without ${gone.join(', ')}`);
      seen.brought += 1;
      return ensure(workload);
    };
    const last: (string | undefined)[] = [];
    const answered = (asked: Promise<{ id: string }>) =>
      asked.then(
        ({ id }) => id,
        (error) => {
          if (error.code !== 'invalid' && error.code !== 'conflict') throw error;
          if (JSON.stringify([error.message, error.problems]).includes('is older than the schema')) seen.refused += 1;
          return null;
        },
      );

    async function build({ on, adds }: Extract<Step, { do: 'build' }>): Promise<void> {
      const base = all[on % Math.max(1, all.length)];
      const version = String(all.length + 1);
      const own = adds === 'nothing' ? [] : [migration(`${version.padStart(3, '0')}.sql`, adds, `DO ${version}`)];
      // By the book nothing is taken away that nothing took the place of.
      const isBare = adds === 'contract' && base?.migrations.some(({ class: kind }) => kind === 'expand') !== true;
      const migrations = [...(base?.migrations ?? []), ...(isBare ? [] : own)];
      all.push({ version, migrations, artifactId: await tenant.artifact(service, version, migrations) });
    }

    async function deploy({ which, where: at, fails, waits }: Extract<Step, { do: 'deploy' }>): Promise<void> {
      const built = all[which % Math.max(1, all.length)];
      const environmentId = environments[at];
      if (built === undefined || environmentId === undefined) return;
      const digest = digestOf(`${service.slice(-12)} ${built.version}`);
      const runs = [...world.drivers.running.values()].some((running) => running.digest === digest);
      if (fails && !runs) world.drivers.broken.add(digest);
      else world.drivers.broken.delete(digest);
      const artifacts = [{ serviceId: service, artifactId: built.artifactId }];
      const request = {
        environmentId,
        appId: tenant.appId,
        artifacts,
        allowIrreversible: true,
        overrideHealth: { reason: 'at all costs' },
      };
      const id = await answered(createDeployment(world.deps, tenant.caller, request));
      if (id === null) return;
      last[at] = id;
      await world.drive(id, waits ? async () => (await world.tasks(id)).some(({ key }) => key === 'MIGRATE_SCHEMA/shop') : undefined);
    }

    async function rollBack(at: number): Promise<void> {
      const id = last[at];
      if (id === undefined) return;
      const back = await answered(rollBackDeployment(world.deps, tenant.caller, id, { reason: 'because' }));
      if (back === null) return;
      seen.rolledBack += 1;
      await world.drive(back);
    }

    try {
      for (const step of sequence) {
        if (step.do === 'build') await build(step);
        else if (step.do === 'deploy') await deploy(step);
        else if (step.do === 'roll back') await rollBack(step.where);
        else await world.drive(last[step.where] ?? '').catch((error: Error) => expect(error.message).toContain('there is no deployment'));
      }
    } finally {
      world.drivers.deployTarget.ensure = ensure;
    }
    expect(wrong).toEqual([]);
    return seen;
  }

  it('never lose what a version needs that is brought to them, or that runs', async () => {
    const total = { brought: 0, refused: 0, rolledBack: 0 };
    const start: Step[] = [
      { do: 'build', on: 0, adds: 'nothing' },
      { do: 'deploy', which: 0, where: 0, fails: false, waits: false },
      { do: 'build', on: 0, adds: 'expand' },
      { do: 'deploy', which: 1, where: 0, fails: false, waits: false },
      { do: 'build', on: 1, adds: 'contract' },
    ];

    // Taken away in one environment, asked for in the other, and taken back.
    const telling: Step[] = [
      { do: 'deploy', which: 2, where: 0, fails: false, waits: false },
      { do: 'deploy', which: 0, where: 1, fails: false, waits: false },
      { do: 'roll back', where: 0 },
      { do: 'roll back', where: 0 },
    ];

    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 4, maxLength: 12 }), async (sequence) => {
        const seen = await play([...start, ...sequence]);
        for (const key of ['brought', 'refused', 'rolledBack'] as const) total[key] += seen[key];
      }),
      { numRuns: 16, endOnFailure: true, examples: [[telling]] },
    );

    expect(Object.values(total).every((times) => times > 0)).toBe(true);
  }, 120_000);
});
