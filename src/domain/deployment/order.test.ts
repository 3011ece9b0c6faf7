import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCycle, layersOf } from './order.ts';

const edge = (from: string, to: string) => ({ from, to });
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const anyEdges = fc.array(fc.record({ from: fc.constantFrom(...names), to: fc.constantFrom(...names) }), { maxLength: 14 });
/** From later to earlier names only: such a graph has no circle. */
const acyclic = anyEdges.map((edges) =>
  edges.filter(({ from, to }) => from !== to).map(({ from, to }) => (from > to ? edge(from, to) : edge(to, from))),
);

describe('layersOf', () => {
  it('puts what nothing is needed for first, by name', () => {
    expect(layersOf(['web', 'api', 'auth'], [edge('web', 'api'), edge('web', 'auth')])).toEqual({ layers: [['api', 'auth'], ['web']] });
  });

  it('ignores dependencies on what is not in the set', () => {
    expect(layersOf(['web'], [edge('web', 'api')])).toEqual({ layers: [['web']] });
  });

  it('names a circle, beginning with its least name, and nobody who merely waits for it', () => {
    expect(layersOf(['x', 'c', 'b', 'a'], [edge('x', 'b'), edge('b', 'c'), edge('c', 'a'), edge('a', 'b')])).toEqual({
      cycle: ['a', 'b', 'c', 'a'],
    });
    expect(findCycle([edge('a', 'a')])).toEqual(['a', 'a']);
    expect(findCycle([edge('a', 'b'), edge('a', 'c')])).toBeNull();
  });

  it('orders every graph without circles: each name once, behind all it depends on', () => {
    fc.assert(
      fc.property(acyclic, (edges) => {
        const result = layersOf(names, edges);
        if (!('layers' in result)) throw new Error(`a circle: ${result.cycle}`);
        expect(result.layers.flat().sort()).toEqual(names);
        const layerOf = new Map(result.layers.flatMap((layer, index) => layer.map((name) => [name, index] as const)));
        for (const { from, to } of edges) expect(layerOf.get(from)).toBeGreaterThan(layerOf.get(to) as number);
      }),
      { numRuns: 100 },
    );
  });

  it('always refuses a circle, and names a true one', () => {
    fc.assert(
      fc.property(acyclic, fc.subarray(names, { minLength: 1 }), (edges, circle) => {
        const closed = circle.map((from, index) => edge(from, circle[(index + 1) % circle.length] as string));
        const found = findCycle([...edges, ...closed]);
        expect(found).not.toBeNull();
        const all = new Set([...edges, ...closed].map(({ from, to }) => `${from}>${to}`));
        found?.slice(1).forEach((to, index) => {
          expect(all).toContain(`${found[index]}>${to}`);
        });
        expect(found?.at(-1)).toBe(found?.[0]);
      }),
      { numRuns: 100 },
    );
  });
});
