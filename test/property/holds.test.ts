import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pauseReasons, releaseStatus } from '../../src/domain/release/status.ts';
import { type HoldReason, holdReasons } from '../../src/domain/run.ts';
import { liftHold, placeHold } from '../../src/engine/holds.ts';
import { type EngineWorld, openEngineWorld, person, taskPlan, type WorldRun } from '../data/engine-world.ts';
import { testDatabases } from '../support/databases.ts';

/** Why a release is paused is a set: whoever adds or takes away a reason, in any order, changes that one reason only. */

interface Change {
  do: 'place' | 'lift';
  reason: HoldReason;
  subject: string;
}

const [server] = testDatabases();
if (server === undefined) throw new Error('there is no test database');

describe('the reasons of a pause', () => {
  let world: EngineWorld;
  beforeAll(async () => {
    world = await openEngineWorld(server);
  });
  afterAll(() => world?.close());

  const change: fc.Arbitrary<Change> = fc.record({
    do: fc.constantFrom('place', 'lift'),
    reason: fc.constantFrom(...holdReasons),
    subject: fc.constantFrom('', 'a', 'b'),
  });
  const labelOf = ({ reason, subject }: Pick<Change, 'reason' | 'subject'>) => `${reason}(${subject})`;

  async function carryOut(run: WorldRun, { do: what, ...key }: Change): Promise<boolean> {
    const hold = { runId: run.runId, ...key };
    return world.db.transact((tx) =>
      what === 'place' ? placeHold(tx, hold, person, 'because') : liftHold(tx, hold, person, world.ring, 'because'),
    );
  }

  /** All that a page shows of it. */
  async function shown(run: WorldRun) {
    const holds = await world.db.rows<{ reason: HoldReason; subject: string }>('SELECT reason, subject FROM run_holds WHERE run_id = ?', [
      run.runId,
    ]);
    const { held } = await run.run();
    const [head] = await world.db.rows<{ heldSince: Date | null }>('SELECT held_since AS heldSince FROM runs WHERE id = ?', [run.runId]);
    const task = await run.task('A');
    return { holds, isHeld: held === 1, hasSince: head?.heldSince !== null, isTaskHeld: task.held === 1, task };
  }

  it('are a set that a model of one keeps equal, whoever changes what', async () => {
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      const run = await world.createRun([taskPlan('A')]);
      const model = new Set<string>();
      for (const each of changes) {
        const label = labelOf(each);
        const changes = each.do === 'place' ? !model.has(label) : model.has(label);

        expect(await carryOut(run, each)).toBe(changes);

        if (each.do === 'place') model.add(label);
        else model.delete(label);
        const { holds, isHeld, hasSince, isTaskHeld } = await shown(run);
        expect(holds.map(labelOf).sort()).toEqual([...model].sort());
        expect([isHeld, hasSince, isTaskHeld]).toEqual(Array(3).fill(model.size > 0));
        const status = releaseStatus({ status: 'IN_PROGRESS', held: isHeld }, { archivedAt: null, submittedAt: null });
        expect(status).toBe(model.size > 0 ? 'PAUSED' : 'IN_PROGRESS');
        expect(new Set(pauseReasons(holds)).size).toBe(model.size);
      }
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('changed by many at once end as the changes that took effect say', async () => {
    const property = fc.asyncProperty(fc.array(change, { minLength: 2, maxLength: 8 }), async (changes) => {
      const run = await world.createRun([taskPlan('A')]);
      const effects = await Promise.all(changes.map((each) => carryOut(run, each)));
      const count = new Map<string, number>();
      changes.forEach((each, index) => {
        const by = effects[index] ? (each.do === 'place' ? 1 : -1) : 0;
        count.set(labelOf(each), (count.get(labelOf(each)) ?? 0) + by);
      });
      const expected = [...count].filter(([, standing]) => standing > 0).map(([label]) => label);

      const { holds, isHeld } = await shown(run);

      expect([...count.values()].every((standing) => standing === 0 || standing === 1)).toBe(true);
      expect(holds.map(labelOf).sort()).toEqual(expected.sort());
      expect(isHeld).toBe(expected.length > 0);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('hold nothing of another run', async () => {
    const [one, other] = [await world.createRun([taskPlan('A')]), await world.createRun([taskPlan('A')])];

    await carryOut(one, { do: 'place', reason: 'USER_REQUESTED', subject: '' });

    expect([(await shown(one)).isHeld, (await shown(other)).isHeld]).toEqual([true, false]);
  });
});
