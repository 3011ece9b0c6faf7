import { describe, expect, it } from 'vitest';
import { stateAfter } from './steer-in-store.ts';

const halted = { status: 'PAUSED', pauseReason: 'manual', wanted: 'HALT' };
const goesOn = { pauseReason: null, wanted: 'RUN' };

describe('stateAfter', () => {
  it.each([
    ['halt', 1, { kind: 'halted', fraction: 1 }, { ...halted, fraction: 1 }],
    ['halt', 0.1, { kind: 'halted', fraction: 0.2 }, { ...halted, fraction: 0.2 }],
    ['halt', 0.1, { kind: 'processing' }, { ...halted, fraction: 0.1 }],
    ['resume', 1, { kind: 'live' }, { ...goesOn, status: 'COMPLETED', fraction: 1 }],
    ['resume', 0.1, { kind: 'live' }, { ...goesOn, status: 'COMPLETED', fraction: 1 }],
    ['resume', 0.1, { kind: 'rolling-out', fraction: 0.2 }, { ...goesOn, status: 'PROGRESSING', fraction: 0.2 }],
    ['resume', 1, { kind: 'processing' }, { ...goesOn, status: 'COMPLETED', fraction: 1 }],
    ['resume', 0.1, { kind: 'processing' }, { ...goesOn, status: 'PROGRESSING', fraction: 0.1 }],
  ] as const)('%s at %j: what the store shows, %j, or is on its way to', (act, before, shown, after) => {
    expect(stateAfter(act, before, shown)).toEqual(after);
  });

  it.each([
    ['halt', { kind: 'live' }],
    ['halt', { kind: 'rolling-out', fraction: 0.5 }],
    ['resume', { kind: 'halted', fraction: 1 }],
  ] as const)('%s: a store that shows %j has not done it', (act, shown) => {
    expect(stateAfter(act, 1, shown)).toBeNull();
  });
});
