import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minute } from '../../../test/data/release-facts.ts';
import { type Contender, whoIsBefore } from './turns.ts';

const other = (id: string, changes: Partial<Contender> = {}): Contender => ({
  id,
  displayId: `REL-${id}`,
  kickOffDate: minute(0),
  turnTaken: false,
  runStatus: 'PENDING',
  held: false,
  ...changes,
});
const own = { id: 'm', kickOffDate: minute(10) };
const waitsFor = (contenders: Contender[], limit = 1) => whoIsBefore(own, contenders, { limit, now: minute(20) }).map(({ id }) => id);

describe('a release waits', () => {
  it('for nobody when it is alone', () => {
    expect(waitsFor([])).toEqual([]);
  });

  it('for who has begun, by its turn or by its run, even when that kicked off later or is paused', () => {
    expect(waitsFor([other('z', { turnTaken: true, kickOffDate: minute(15) })])).toEqual(['z']);
    expect(waitsFor([other('z', { runStatus: 'IN_PROGRESS', held: true })])).toEqual(['z']);
  });

  it('for whoever waits longer, ids breaking ties, and not for who comes behind it', () => {
    expect(waitsFor([other('z'), other('b', { kickOffDate: minute(10) })])).toEqual(['z', 'b']);
    expect(waitsFor([other('z', { kickOffDate: minute(10) }), other('b', { kickOffDate: minute(11) })])).toEqual([]);
  });

  it('not for who is paused before its kickoff, or whose kickoff has not come', () => {
    expect(waitsFor([other('b', { held: true }), other('c', { kickOffDate: minute(21) })])).toEqual([]);
  });

  it('only when there is no place left for it', () => {
    const begun = other('z', { turnTaken: true });

    expect(waitsFor([begun], 2)).toEqual([]);
    expect(waitsFor([begun, other('b')], 2)).toEqual(['z', 'b']);
    expect(waitsFor([begun, other('b')], 3)).toEqual([]);
    expect(waitsFor([begun, other('y', { turnTaken: true, kickOffDate: minute(-5) })], 1)).toEqual(['y', 'z']);
  });
});

describe('of any releases', () => {
  const contender = fc.record({
    kickOffDate: fc.integer({ min: 0, max: 5 }).map(minute),
    turnTaken: fc.boolean(),
    runStatus: fc.constantFrom('PENDING' as const, 'IN_PROGRESS' as const),
    held: fc.boolean(),
  });

  it('never more begin than there are places, and somebody always can while one is free', () => {
    fc.assert(
      fc.property(fc.array(contender, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (drawn, limit) => {
        let all = drawn.map((changes, index) => other(`r${index}`, changes));
        const begun = () => all.filter(({ turnTaken, runStatus }) => turnTaken || runStatus === 'IN_PROGRESS').length;
        const atFirst = begun();

        for (const { id } of [...all].reverse()) {
          all = all.map((release) => {
            const waits = !release.turnTaken && release.runStatus === 'PENDING' && !release.held && release.id === id;
            const others = all.filter((one) => one.id !== id);
            return waits && whoIsBefore(release, others, { limit, now: minute(5) }).length === 0
              ? { ...release, turnTaken: true }
              : release;
          });
        }

        const left = all.filter(({ turnTaken, runStatus, held }) => !turnTaken && runStatus === 'PENDING' && !held);
        expect(begun()).toBeLessThanOrEqual(Math.max(limit, atFirst));
        const stuck = left.length > 0 && begun() < limit;
        const canGo = left.some((release) => {
          const others = all.filter((one) => one.id !== release.id);
          return whoIsBefore(release, others, { limit, now: minute(5) }).length === 0;
        });
        expect(stuck && !canGo).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
