import { expect, it } from 'vitest';
import { previousCandidate } from './release-refs.ts';

const cycle = (number: number, status: string, rcTag: string | null = `v1-rc.${number}`) => ({
  ...{ id: `c${number}`, number, status, rcTag, rcCommit: rcTag === null ? null : 'c0ffee' },
});

it('the notes of a candidate begin at that of the last finished cycle, never at one that was abandoned', () => {
  const cycles = [cycle(1, 'DONE'), cycle(2, 'ABANDONED'), cycle(3, 'ABANDONED', null), cycle(4, 'IN_PROGRESS'), cycle(5, 'DONE')];

  expect(previousCandidate(cycles, 4)).toBe('v1-rc.1');
  expect(previousCandidate(cycles, 1)).toBeNull();
  expect(previousCandidate([cycle(1, 'ABANDONED'), cycle(2, 'IN_PROGRESS')], 2)).toBeNull();
});
