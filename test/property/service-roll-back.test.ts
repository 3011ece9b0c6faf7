import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueProbes } from '../../src/domain/deployment/health.ts';
import { decideRollBack, type RollBackDecision, type RollBackProgress } from '../../src/domain/deployment/rollout/decide-roll-back.ts';
import type { SideSeen } from '../../src/domain/deployment/rollout/situation.ts';
import type { HealthCheck } from '../../src/domain/deployment/target.ts';
import { otherSide, type Side } from '../../src/domain/deployment/vocabulary.ts';

type Standing = 'absent' | 'old' | 'new';

interface World {
  sides: Record<Side, Standing>;
  /** Of the deployment's side. */
  weight: number | null;
  header: boolean;
  oldIsHealthy: boolean;
  now: number;
}

const checks: HealthCheck[] = [{ kind: 'tcp', intervalMs: 1_000, timeoutMs: 500, successes: 2, withinMs: 60_000 }];
const TO: Side = 'green';

function seenOld({ sides }: World, side: Side): SideSeen {
  const there = sides[side];
  if (there === 'absent') return { state: 'absent', why: null };
  return { state: there === 'old' ? 'ready' : 'other', why: null };
}

function carryOut(world: World, act: NonNullable<RollBackDecision['act']>): void {
  if (act.do === 'install') world.sides[act.side] = 'old';
  if (act.do === 'remove') world.sides[act.side] = 'absent';
  if (act.do === 'set-weights') world.weight = act.weights[TO];
  if (act.do === 'set-header-route') world.header = false;
}

/** Looks until it is over; `loses` = looks whose act was done and whose progress was lost with the worker. */
function takeBack(world: World, shape: { inPlace: boolean; hadOld: boolean; routed: boolean }, loses: readonly boolean[]) {
  const oldSide: Side = shape.inPlace ? TO : otherSide(TO);
  const acts: { act: NonNullable<RollBackDecision['act']>; before: World }[] = [];
  let progress: RollBackProgress = { notReadySince: null, health: null };
  for (let look = 0; look < 200; look += 1) {
    const old = shape.hadOld ? { side: oldSide, seen: seenOld(world, oldSide) } : null;
    const decision = decideRollBack({
      ...{ to: TO, old, checks, progress, readyWithinMs: 60_000, now: world.now },
      next: { state: world.sides[TO] === 'absent' ? 'absent' : 'other', why: null },
      route: shape.routed
        ? { weight: world.weight, headerRoute: world.header ? { header: 'x', value: 'y' } : null, why: null, isRead: true }
        : null,
      probes:
        old?.seen.state === 'ready'
          ? dueProbes(checks, progress.health, world.now).map((check) => ({
              check,
              at: world.now,
              ok: world.oldIsHealthy,
              detail: 'probed',
            }))
          : [],
    });
    if (decision.isDone || decision.failure !== null) return { acts, decision };
    if (decision.act !== null) {
      acts.push({ act: decision.act, before: { ...world, sides: { ...world.sides } } });
      carryOut(world, decision.act);
    }
    if (loses[look] !== true) progress = decision.progress;
    world.now += 700;
  }
  throw new Error('it never ends');
}

const shapes = fc.record({ inPlace: fc.boolean(), hadOld: fc.boolean(), routed: fc.boolean() });
const worlds = fc.record({
  blue: fc.constantFrom<Standing>('absent', 'old'),
  green: fc.constantFrom<Standing>('absent', 'new'),
  weight: fc.integer({ min: 0, max: 100 }),
  header: fc.boolean(),
  oldIsHealthy: fc.constant(true),
});
const worldOf = ({
  blue,
  green,
  weight,
  header,
  oldIsHealthy,
}: {
  blue: Standing;
  green: Standing;
  weight: number;
  header: boolean;
  oldIsHealthy: boolean;
}): World => ({
  ...{ sides: { blue, green }, weight, header, oldIsHealthy, now: 1_000_000 },
});

describe('the way back of a service, from wherever its rollout was left', () => {
  it('ends with the old version serving everything and nothing of the new one, whatever crashes', () => {
    fc.assert(
      fc.property(shapes, worlds, fc.array(fc.boolean(), { maxLength: 15 }), (shape, start, loses) => {
        const world = worldOf(start);

        const { decision } = takeBack(world, shape, loses);

        expect(decision.isDone).toBe(true);
        const oldSide = shape.inPlace ? TO : otherSide(TO);
        if (shape.hadOld) expect(world.sides[oldSide]).toBe('old');
        if (!shape.hadOld || !shape.inPlace) expect(world.sides[TO]).toBe('absent');
        if (shape.routed) expect(world.weight).toBe(shape.hadOld && shape.inPlace ? 100 : 0);
      }),
      { numRuns: 500 },
    );
  });

  it('moves traffic only to what is ready, and ends the new version only when nothing reaches it', () => {
    fc.assert(
      fc.property(shapes, worlds, (shape, start) => {
        fc.pre(shape.routed && !(shape.inPlace && shape.hadOld));

        const { acts } = takeBack(worldOf(start), shape, []);

        for (const { act, before } of acts) {
          if (act.do === 'set-weights' && shape.hadOld) expect(before.sides[otherSide(TO)]).toBe('old');
          if (act.do === 'remove') expect([before.weight, before.header]).toEqual([0, false]);
        }
        expect(acts.filter(({ act }) => act.do === 'install').length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });

  it('fails where the old version is not healthy in time', () => {
    fc.assert(
      fc.property(shapes, worlds, (shape, start) => {
        fc.pre(shape.hadOld);

        const { decision } = takeBack(worldOf({ ...start, oldIsHealthy: false }), shape, []);

        expect(decision.failure).toContain('not healthy');
      }),
      { numRuns: 100 },
    );
  });
});
