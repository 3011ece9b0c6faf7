import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ReleaseStatus, releaseStatuses } from '../release/vocabulary.ts';
import { milestoneStatus } from './status.ts';

const statuses = fc.array(fc.constantFrom(...releaseStatuses), { maxLength: 12 });

describe('the status of a milestone', () => {
  it.each<[string, ReleaseStatus[], string]>([
    ['without releases', [], 'PLANNED'],
    ['of which none has begun', ['PENDING', 'PENDING'], 'PLANNED'],
    ['all of whose releases are archived', ['ARCHIVED'], 'PLANNED'],
    ['with one under way', ['PENDING', 'IN_PROGRESS'], 'IN_PROGRESS'],
    ['with a paused one', ['PAUSED'], 'IN_PROGRESS'],
    ['with one in review, which nobody has yet', ['COMPLETED', 'SUBMITTED'], 'IN_PROGRESS'],
    ['half done, half to come', ['COMPLETED', 'PENDING'], 'IN_PROGRESS'],
    ['with all of them out', ['COMPLETED', 'COMPLETED'], 'COMPLETED'],
    ['with all out but an archived one', ['COMPLETED', 'ARCHIVED'], 'COMPLETED'],
  ])('%s', (_what, releases, status) => {
    expect(milestoneStatus(releases)).toBe(status);
  });

  it('depends neither on the order of its releases nor on archived ones', () => {
    fc.assert(
      fc.property(
        statuses.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.nat(3))),
        ([list, shuffled, archived]) => {
          const more = Array.from({ length: archived }, (): ReleaseStatus => 'ARCHIVED');

          expect(milestoneStatus([...more, ...shuffled])).toBe(milestoneStatus(list));
        },
      ),
    );
  });

  it('is completed exactly when something went out and nothing else is left, so that one taken back reopens it', () => {
    const live = fc.constantFrom<ReleaseStatus>('PENDING', 'IN_PROGRESS', 'PAUSED', 'SUBMITTED');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), live, (count, taken) => {
        const out = Array.from({ length: count }, (): ReleaseStatus => 'COMPLETED');

        expect(milestoneStatus(out)).toBe('COMPLETED');
        expect(milestoneStatus([...out, taken])).toBe('IN_PROGRESS');
      }),
    );
  });
});
