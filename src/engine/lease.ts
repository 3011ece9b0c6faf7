import type { Database } from '../db/client.ts';
import type { ClaimedTask } from './vocabulary.ts';

/*
 * Leases. A claimed task is ours until `run_at`; the heartbeat moves that on for every task the process holds, in one statement.
 *
 * Trust window: a heartbeat that the database did not confirm leaves us with the lease we had. We stop trusting it a quarter of its length
 * early, by our own monotonic clock, and abort the work then: another worker may own the task by the time the database answers again. The
 * abort saves work; correctness is the fence's, which the settlement checks.
 */

export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

interface LeaseOptions {
  db: Database;
  leaseMs: number;
  /** Monotonic milliseconds. */
  monotonic: () => number;
}

interface Held {
  task: ClaimedTask;
  controller: AbortController;
  trustedUntil: number;
}

export interface HeldLease {
  signal: AbortSignal;
  /**
   * For the last moment before something is written outside: a process that was frozen wakes with its timers late, and this looks at the clock.
   * @throws LeaseLostError
   */
  assertOurs: () => void;
  release: () => void;
}

export interface Leases {
  /**
   * Keeps the task's lease until `release`. The signal aborts with LeaseLostError when it is lost.
   * @param askedAt when the claim was sent, monotonic: the answer may have taken long, and the lease ran meanwhile
   */
  hold(task: ClaimedTask, askedAt?: number): HeldLease;
  /** One heartbeat; the process calls it every quarter of the lease, or more often. */
  beat(): Promise<void>;
  /** Aborts everything held, with this reason: the process stops. */
  abortAll(reason: Error): void;
  held(): number;
}

export function createLeases({ db, leaseMs, monotonic }: LeaseOptions): Leases {
  const held = new Map<string, Held>();

  function drop(entry: Held, message: string): void {
    if (held.get(entry.task.id) === entry) held.delete(entry.task.id);
    entry.controller.abort(new LeaseLostError(message));
  }

  function dropUntrusted(): void {
    for (const entry of held.values()) {
      if (monotonic() >= entry.trustedUntil) drop(entry, 'the lease could not be renewed in time');
    }
  }

  return {
    hold(task, askedAt = monotonic()) {
      const entry: Held = { task, controller: new AbortController(), trustedUntil: askedAt + leaseMs * 0.75 };
      held.set(task.id, entry);
      return {
        signal: entry.controller.signal,
        assertOurs: () => {
          if (monotonic() >= entry.trustedUntil) drop(entry, 'the process stood still for longer than its lease');
          entry.controller.signal.throwIfAborted();
        },
        release: () => {
          if (held.get(task.id) === entry) held.delete(task.id);
        },
      };
    },

    async beat() {
      // Also now: an earlier heartbeat may still be waiting for the database.
      dropUntrusted();
      const entries = [...held.values()];
      if (entries.length === 0) return;
      const started = monotonic();
      try {
        const keys = entries.map(({ task }) => [task.id, task.fence]);
        const ids = entries.map(({ task }) => task.id).sort();
        await db.run(
          `UPDATE tasks SET run_at = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
           WHERE id IN (?) AND (id, fence) IN (?) AND status = 'IN_PROGRESS' ORDER BY id`,
          [leaseMs * 1000, ids, keys],
        );
        const ours = new Set(
          (
            await db.rows<{ id: string }>(`SELECT id FROM tasks WHERE id IN (?) AND (id, fence) IN (?) AND status = 'IN_PROGRESS'`, [
              ids,
              keys,
            ])
          ).map((row) => row.id),
        );
        for (const entry of entries) {
          if (ours.has(entry.task.id)) entry.trustedUntil = started + leaseMs * 0.75;
          else if (held.get(entry.task.id) === entry) drop(entry, 'somebody else moved the task');
        }
      } finally {
        dropUntrusted();
      }
    },

    abortAll(reason) {
      for (const entry of held.values()) entry.controller.abort(reason);
    },

    held: () => held.size,
  };
}
