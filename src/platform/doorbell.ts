import type { Queues } from './queues.ts';
import type { Ring, Wake } from './ring.ts';

/*
 * The doorbell: wake-ups into BullMQ, best effort. Rings of one turn of the event loop leave together, a hundred to a round trip. A ring that Redis
 * does not take in time is dropped: the row stays due and the sweep rings again. Deduplication by (row, fence) makes a second ring of the
 * same state harmless.
 *
 * Fairness: each ring has a rank among its tenant's recent ones, and the rank is the job's priority. A tenant with a thousand due tasks gets
 * ranks 1 to 1000; another's single task gets rank 1 and passes 999 of them. The memory of ranks halves every second.
 */

interface DoorbellOptions {
  queues: Queues;
  /** Longest a ring may take, milliseconds. */
  timeoutMs: number;
  now: () => number;
  onDropped: (count: number, error: Error) => void;
}

/** So many per tenant are "recent work", served first come, first served. */
const UNRANKED = 20;
const MAX_PRIORITY = 2_097_152;
const CHUNK = 100;
const MAX_WAITING = 50_000;
const HALF_LIFE_MS = 1000;

export function createDoorbell(options: DoorbellOptions): { ring: Ring; idle: () => Promise<void> } {
  let waiting: Wake[] = [];
  let scheduled = false;
  let sending = 0;
  const load = new Map<string, { rank: number; at: number }>();

  function rankOf(wake: Wake): number {
    if (wake.rank !== undefined) return wake.rank;
    const at = options.now();
    const key = `${wake.queue} ${wake.tenantId}`;
    const previous = load.get(key);
    const decayed = previous === undefined ? 0 : previous.rank * 0.5 ** ((at - previous.at) / HALF_LIFE_MS);
    load.set(key, { rank: decayed + 1, at });
    if (load.size > 10_000) load.clear();
    return Math.ceil(decayed + 1);
  }

  /** @returns whether Redis took them */
  async function send(queue: string, wakes: readonly Wake[]): Promise<boolean> {
    sending += 1;
    let timer: NodeJS.Timeout | undefined;
    try {
      const added = options.queues.get(queue).addBulk(
        wakes.map((wake) => {
          const rank = rankOf(wake);
          return {
            name: wake.kind,
            data: { id: wake.id, fence: wake.fence },
            opts: {
              deduplication: { id: `${wake.kind}-${wake.id}-${wake.fence}` },
              ...(rank > UNRANKED ? { priority: Math.min(rank, MAX_PRIORITY) } : {}),
            },
          };
        }),
      );
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('Redis did not take the ring in time')), options.timeoutMs);
      });
      added.catch(() => undefined);
      await Promise.race([added, late]);
      return true;
    } catch (error) {
      options.onDropped(wakes.length, error instanceof Error ? error : new Error(String(error)));
      return false;
    } finally {
      clearTimeout(timer);
      sending -= 1;
    }
  }

  /** BullMQ adds many jobs as one transaction: workers see the first of a thousand when the last is in, and Redis answers nobody meanwhile. */
  async function sendInChunks(queue: string, wakes: readonly Wake[]): Promise<void> {
    for (let from = 0; from < wakes.length; from += CHUNK) {
      if (await send(queue, wakes.slice(from, from + CHUNK))) continue;
      // Nobody is made to wait for a Redis that does not answer, chunk after chunk.
      const left = wakes.length - from - CHUNK;
      if (left > 0) options.onDropped(left, new Error('Redis did not take the rings before these'));
      return;
    }
  }

  async function flush(): Promise<void> {
    scheduled = false;
    const batch = waiting;
    waiting = [];
    const byQueue = new Map<string, Wake[]>();
    for (const wake of batch) {
      const wakes = byQueue.get(wake.queue);
      if (wakes === undefined) byQueue.set(wake.queue, [wake]);
      else wakes.push(wake);
    }
    await Promise.all([...byQueue].map(([queue, wakes]) => sendInChunks(queue, wakes)));
  }

  return {
    ring(wakes) {
      if (wakes.length === 0) return;
      // Redis hangs: better to forget than to grow; every forgotten row is still due.
      if (waiting.length > MAX_WAITING || sending > 200) return options.onDropped(wakes.length, new Error('too many rings are under way'));
      waiting.push(...wakes);
      if (scheduled) return;
      scheduled = true;
      setImmediate(() => void flush());
    },
    /** Resolves when what was rung so far has left, or was dropped. */
    async idle() {
      while (scheduled || sending > 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
