import { describe, expect, it } from 'vitest';
import { decideTakeBack } from './decide-take-back.ts';
import type { ObservedState } from './rollout.ts';

const decide = (observed: ObservedState | null, can: { haltsLive?: boolean; withdraws?: boolean } = {}) =>
  decideTakeBack({
    ...{ version: '1.4.0', observed, withdraws: can.withdraws ?? false },
    abilities: { haltsLive: can.haltsLive ?? false },
  });

describe('what becomes of a version that is taken back from its store', () => {
  it.each([null, { kind: 'draft' }, { kind: 'withdrawn' }, { kind: 'rejected', reason: null }, { kind: 'approved' }] as const)(
    'nothing, where nobody got it: %o',
    (observed) => {
      expect(decide(observed)).toMatchObject({ do: 'nothing', kept: 0, why: expect.stringContaining('nobody got it') });
    },
  );

  it('it is halted where some get it, and everywhere that a store halts what everybody gets', () => {
    expect(decide({ kind: 'rolling-out', fraction: 0.1 })).toEqual({ do: 'halt' });
    expect(decide({ kind: 'live' }, { haltsLive: true })).toEqual({ do: 'halt' });
  });

  it('a store that halts nothing that everybody gets says so for good', () => {
    expect(decide({ kind: 'live' })).toMatchObject({ do: 'fail', why: expect.stringContaining('release a higher version') });
  });

  it('halted is as far as it goes: who has it keeps it', () => {
    expect(decide({ kind: 'halted', fraction: 0.1 })).toMatchObject({
      do: 'nothing',
      kept: 0.1,
      why: expect.stringMatching(/10 %.* keep it/),
    });
    expect(decide({ kind: 'halted', fraction: 1 })).toMatchObject({ do: 'nothing', kept: 1, why: expect.stringContaining('keeps it') });
  });

  it('under review it is withdrawn where the store allows it, and waited for elsewhere', () => {
    expect(decide({ kind: 'in-review' }, { withdraws: true })).toEqual({ do: 'withdraw' });
    expect(decide({ kind: 'in-review' })).toMatchObject({ do: 'wait' });
  });

  it.each([{ kind: 'processing' }, { kind: 'unknown', raw: 'ODD' }] as const)('what cannot be told is waited for: %o', (observed) => {
    expect(decide(observed)).toMatchObject({ do: 'wait' });
  });
});
