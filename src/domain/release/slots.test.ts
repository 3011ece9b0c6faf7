import { describe, expect, it } from 'vitest';
import { frozenConfig, minute, releaseFacts, slot } from '../../../test/data/release-facts.ts';
import { pickSlots, type SlotFacts } from './slots.ts';

const latest = frozenConfig({ slotCatchUp: 'LATEST' });
const slots = [slot('s1', 60), slot('s2', 120), slot('s3', 180)];
const pick = (changes: Partial<SlotFacts>, at: number) => {
  const { skips, next } = pickSlots({ ...releaseFacts({ slots }), ...changes }, { hasCandidate: false, now: minute(at) });
  return { skips, next: next === null ? null : { id: next.slot.id, due: next.due } };
};

describe('slots that are late at once', () => {
  it('have their cycles one after the other, oldest first, unless the config says otherwise', () => {
    expect(pick({}, 150)).toEqual({ skips: [], next: { id: 's1', due: true } });
  });

  it('leave the newest of them where the config catches up with the latest, and say by which they were caught up', () => {
    expect(pick({ config: latest }, 150)).toEqual({
      skips: [{ id: 's1', reason: `caught up by the slot of ${minute(120).toISOString()}` }],
      next: { id: 's2', due: true },
    });
  });

  it('keep those that are yet to come', () => {
    expect(pick({ config: latest }, 119).next).toEqual({ id: 's1', due: true });
    expect(pick({ config: latest }, 59)).toEqual({ skips: [], next: { id: 's1', due: false } });
  });

  it('are all too late once the target date has passed, and that is the reason', () => {
    const { skips, next } = pick({ config: latest }, 601);

    expect(next).toBeNull();
    expect(skips.map(({ reason }) => reason.includes('only after the target'))).toEqual([true, true, true]);
  });

  it('have the cycle that somebody asked for now, whichever of them it is', () => {
    expect(pick({ config: latest, regressionRequested: true }, 30)).toEqual({ skips: [], next: { id: 's1', due: true } });
    expect(pick({ config: latest, regressionRequested: true }, 601).next).toEqual({ id: 's1', due: true });
  });
});
