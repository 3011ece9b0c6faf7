import type { Logger } from '../platform/logger.ts';
import type { Metrics } from '../platform/metrics.ts';

/** The work itself, each one round; every round may run twice, or at once elsewhere. */
export interface DutyDeps {
  metrics: Metrics;
  logger: Logger;
  sweepIntervalMs: number;
  /** How often leases are looked after; small beside a lease. */
  lapsedEveryMs: number;
  /** Rings for due rows. @returns per queue how late the longest waiting is */
  sweep: () => Promise<ReadonlyMap<string, { lagMs: number }>>;
  /** Takes back what died with its worker. @returns how much */
  takeBackLapsed: () => Promise<number>;
  /** Verifies connections whose turn has come. */
  reverify: () => Promise<unknown>;
  forgetOld: () => Promise<void>;
}

/** One recurring duty: what it is called in Redis, how often, and one round of it. */
export interface Duty {
  name: string;
  everyMs: number;
  runOnce: () => Promise<void>;
}

const MINUTE_MS = 60_000;

/** The table of recurring work. What leaves the table is removed from Redis by the next registration. */
export function duties(deps: DutyDeps): Duty[] {
  const { metrics, logger, sweepIntervalMs } = deps;
  return [
    {
      name: 'sweep',
      everyMs: sweepIntervalMs,
      runOnce: async () => {
        for (const [queue, { lagMs }] of await deps.sweep()) metrics.dueLag.set({ queue }, lagMs / 1000);
      },
    },
    {
      name: 'lapsed-leases',
      everyMs: deps.lapsedEveryMs,
      runOnce: async () => {
        const lapsed = await deps.takeBackLapsed();
        if (lapsed > 0) logger.warn({ lapsed }, 'leases lapsed: their workers died or hung');
      },
    },
    {
      name: 'reverify-connections',
      everyMs: MINUTE_MS,
      runOnce: async () => {
        await deps.reverify();
      },
    },
    { name: 'retention', everyMs: 60 * MINUTE_MS, runOnce: deps.forgetOld },
  ];
}
