import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inHistoryOrder } from './commit-order.ts';

const at = (day: number) => `2026-01-0${day}T00:00:00.000Z`;
const commit = (sha: string, authoredAt: string | null = null, ...parents: string[]) => ({ sha, authoredAt, parents });
const order = (...commits: ReturnType<typeof commit>[]) =>
  inHistoryOrder(commits)
    .map(({ sha }) => sha)
    .join('');

describe('inHistoryOrder', () => {
  it('goes by date, then by id', () => {
    expect(order(commit('c', at(2)), commit('b', at(1)), commit('a', at(2)))).toBe('bac');
  });

  it('puts parents first, whatever their dates', () => {
    expect(order(commit('a', at(1), 'b'), commit('b', at(3), 'C'), commit('c', at(2)))).toBe('cba');
  });

  it('has each commit once, also where histories meet or ids were forged into a circle', () => {
    expect(order(commit('d', null, 'b', 'c'), commit('c', null, 'a'), commit('b', null, 'a'), commit('a'))).toBe('abcd');
    expect(order(commit('a', null, 'b'), commit('b', null, 'a'))).toHaveLength(2);
    expect(order(commit('a', null, 'a', 'z'))).toBe('a');
  });

  it('is one for one set of commits, and never a child before its parent', () => {
    const dag = fc.array(fc.record({ day: fc.integer({ min: 1, max: 3 }), parents: fc.array(fc.nat(), { maxLength: 3 }) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(
        dag.chain((given) => {
          const commits = given.map(({ day, parents }, index) =>
            commit(`s${index}`, at(day), ...(index === 0 ? [] : parents.map((parent) => `s${parent % index}`))),
          );
          return fc.tuple(fc.constant(commits), fc.shuffledSubarray(commits, { minLength: commits.length }));
        }),
        ([commits, shuffled]) => {
          const ordered = inHistoryOrder(commits);
          const place = new Map(ordered.map(({ sha }, index) => [sha, index]));

          expect(inHistoryOrder(shuffled)).toEqual(ordered);
          expect(ordered).toHaveLength(commits.length);
          for (const { sha, parents } of ordered)
            for (const parent of parents) expect(place.get(parent)).toBeLessThan(place.get(sha) ?? -1);
        },
      ),
    );
  });
});
