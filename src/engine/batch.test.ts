import { describe, expect, it } from 'vitest';
import { createBatch } from './batch.ts';

/** A flush whose end the test decides. */
function controlledFlush() {
  const flushes: { items: number[]; end: () => void; fail: (error: Error) => void }[] = [];
  const flush = (items: number[]) =>
    new Promise<number[]>((resolve, reject) => {
      flushes.push({ items, end: () => resolve(items.map((item) => item * 10)), fail: reject });
    });
  return { flush, flushes };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const turns = async () => {
  for (let n = 0; n < 4; n += 1) await turn();
};

describe('createBatch', () => {
  it('lets one item leave at the end of the turn, alone', async () => {
    const { flush, flushes } = controlledFlush();
    const add = createBatch({ flush, maxSize: 10, maxConcurrent: 1 });

    const result = add(1);
    await turn();

    expect(flushes.map(({ items }) => items)).toEqual([[1]]);
    flushes[0]?.end();
    expect(await result).toBe(10);
  });

  it('gives each item its own result, in order', async () => {
    const add = createBatch({ flush: async (items: string[]) => items.map((item) => item.toUpperCase()), maxSize: 3, maxConcurrent: 2 });

    expect(await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(add))).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G']);
  });

  it('collects what arrives while as many flushes as allowed are under way, up to the largest size', async () => {
    const { flush, flushes } = controlledFlush();
    const add = createBatch({ flush, maxSize: 3, maxConcurrent: 2 });
    const first = [add(1)];
    await turn();
    const second = [add(2)];
    await turn();

    const rest = [3, 4, 5, 6].map(add);
    await turns();
    const whileBusy = flushes.map(({ items }) => items);
    flushes[0]?.end();
    await turns();
    const afterOne = flushes.map(({ items }) => items);
    flushes[1]?.end();
    await turns();
    for (const { end } of flushes) end();

    expect(whileBusy).toEqual([[1], [2]]);
    expect(afterOne).toEqual([[1], [2], [3, 4, 5]]);
    expect(flushes.map(({ items }) => items)).toEqual([[1], [2], [3, 4, 5], [6]]);
    expect(await Promise.all([...first, ...second, ...rest])).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it('fails the items of a failed flush and no others, and goes on', async () => {
    const { flush, flushes } = controlledFlush();
    const add = createBatch({ flush, maxSize: 2, maxConcurrent: 1 });

    const results = Promise.allSettled([1, 2, 3].map(add));
    await turns();
    flushes[0]?.fail(new Error('no'));
    await turns();
    flushes[1]?.end();

    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  });

  it('fails the items of a flush that throws before it begins', async () => {
    const add = createBatch<number, number>({
      flush: () => {
        throw new Error('at once');
      },
      maxSize: 2,
      maxConcurrent: 1,
    });

    await expect(add(1)).rejects.toThrow('at once');
    await expect(add(2)).rejects.toThrow('at once');
  });

  describe('whose items may be to blame', () => {
    const refuse = (bad: number) => async (items: number[]) => {
      if (items.includes(bad)) throw new Error(`refused: ${items.join(' ')}`);
      return items;
    };

    it('fails the one that is, alone', async () => {
      const add = createBatch({ flush: refuse(2), maxSize: 10, maxConcurrent: 1, alone: () => true });

      const results = await Promise.allSettled([1, 2, 3].map(add));

      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(results[1]).toMatchObject({ reason: new Error('refused: 2') });
    });

    it('fails together for an error that no item caused', async () => {
      const flushed: number[][] = [];
      const flush = async (items: number[]): Promise<number[]> => {
        flushed.push(items);
        throw new Error('away');
      };
      const add = createBatch({ flush, maxSize: 10, maxConcurrent: 1, alone: () => false });

      await Promise.allSettled([1, 2, 3].map(add));

      expect(flushed).toEqual([[1, 2, 3]]);
    });
  });
});
