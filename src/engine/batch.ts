interface Waiting<T, R> {
  item: T;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

interface BatchOptions<T, R> {
  /** Handles all items at once; results in the order of the items. */
  flush: (items: T[]) => Promise<R[]>;
  maxSize: number;
  /** Flushes under way at the same time. */
  maxConcurrent: number;
  /** Whether an item may be to blame for this error: then each is tried alone, so that it fails alone. Needs all-or-nothing flushes. */
  alone?: (error: unknown) => boolean;
}

/**
 * Micro-batching without a timer: the first item leaves at the end of the current turn of the event loop, and what arrives while the
 * allowed flushes are under way leaves together as soon as one returns. One item alone waits for nothing; a thousand share a statement.
 */
export function createBatch<T, R>(options: BatchOptions<T, R>): (item: T) => Promise<R> {
  let queue: Waiting<T, R>[] = [];
  let running = 0;
  let scheduled = false;

  function pump(): void {
    scheduled = false;
    while (queue.length > 0 && running < options.maxConcurrent) {
      const taken = queue.slice(0, options.maxSize);
      queue = queue.slice(options.maxSize);
      running += 1;
      void flush(taken);
    }
  }

  async function flush(taken: Waiting<T, R>[]): Promise<void> {
    await attempt(taken);
    running -= 1;
    schedule();
  }

  async function attempt(taken: Waiting<T, R>[]): Promise<void> {
    try {
      const results = await options.flush(taken.map((waiting) => waiting.item));
      taken.forEach((waiting, index) => {
        waiting.resolve(results[index] as R);
      });
    } catch (error) {
      if (taken.length > 1 && options.alone?.(error)) for (const waiting of taken) await attempt([waiting]);
      else for (const waiting of taken) waiting.reject(error);
    }
  }

  function schedule(): void {
    if (scheduled || queue.length === 0) return;
    scheduled = true;
    setImmediate(pump);
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      schedule();
    });
}
