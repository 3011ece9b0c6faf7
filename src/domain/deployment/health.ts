import type { HealthCheck } from './target.ts';

/*
 * Whether a side is healthy: `successes` in a row of each check, within its `withinMs`. The count is kept by whoever looks, one probe per look. Time in which
 * nobody looked says nothing about the side: each probe stands for one interval and its timeout at most, and `withinMs` is used up only by so much.
 */

/** What one probe of one check found. */
export interface Probe {
  /** Index of the check. */
  check: number;
  /** Milliseconds since the epoch. */
  at: number;
  ok: boolean;
  /** For people: what was seen. */
  detail: string;
}

/** What a look at a whole side found. A side that could not be looked at is not healthy. */
export type HealthFinding = { healthy: true } | { healthy: false; why: string };

/** Instants are milliseconds since the epoch. */
export interface HealthState {
  since: number;
  /** In the order of the checks. */
  checks: readonly {
    /** In a row. */
    successes: number;
    /** All that were counted. */
    probes: number;
    lastAt: number | null;
    last: string | null;
  }[];
}

export type HealthStanding =
  | { kind: 'healthy' }
  /** When to probe next. */
  | { kind: 'pending'; nextAt: number }
  | { kind: 'failed'; why: string };

export const beginHealth = (checks: readonly HealthCheck[], now: number): HealthState => ({
  since: now,
  checks: checks.map(() => ({ successes: 0, probes: 0, lastAt: null, last: null })),
});

/** Indices of the checks whose next probe is due. */
export function dueProbes(checks: readonly HealthCheck[], state: HealthState | null, now: number): number[] {
  return checks.flatMap((check, index) => (nextProbeAt(check, state ?? beginHealth(checks, now), index) <= now ? [index] : []));
}

/** Counts what was found. A probe that was counted already is not counted again. */
export function recordProbes(state: HealthState, probes: readonly Probe[]): HealthState {
  const checks = state.checks.map((known, index) =>
    probes
      .filter(({ check, at }) => check === index && (known.lastAt === null || at > known.lastAt))
      .reduce(
        (counted, { ok, at, detail }) => ({
          ...{ successes: ok ? counted.successes + 1 : 0, probes: counted.probes + 1 },
          ...{ lastAt: at, last: detail },
        }),
        known,
      ),
  );
  return { ...state, checks };
}

/** It was not ready meanwhile: successes before that say nothing about it now. What was used of its time stays used. */
export const withoutSuccesses = (state: HealthState): HealthState => ({
  ...state,
  checks: state.checks.map((check) => ({ ...check, successes: 0 })),
});

/** Its checks may have different deadlines: the first that is missed decides. */
export function healthStanding(checks: readonly HealthCheck[], state: HealthState, now: number): HealthStanding {
  const open = checks.flatMap((check, index) => ((state.checks[index]?.successes ?? 0) < check.successes ? [{ check, index }] : []));
  if (open.length === 0) return { kind: 'healthy' };
  const missed = open.find(({ check, index }) => now >= state.since + check.withinMs && watchedMs(check, state, index) >= check.withinMs);
  if (missed !== undefined) {
    const last = state.checks[missed.index]?.last ?? 'it was never probed';
    return {
      kind: 'failed',
      why: `${nameOf(missed.check)} did not succeed ${missed.check.successes} times in a row in time; the last was: ${last}`,
    };
  }
  return { kind: 'pending', nextAt: Math.min(...open.map(({ check, index }) => nextProbeAt(check, state, index))) };
}

/** For people. */
export function nameOf(check: HealthCheck): string {
  if (check.kind === 'http') return `GET ${check.path}`;
  return check.kind === 'tcp' ? 'the TCP connection' : `the command ${check.command[0] ?? ''}`;
}

/** At most for so long somebody looked. */
const watchedMs = ({ intervalMs, timeoutMs }: HealthCheck, state: HealthState, index: number): number =>
  (state.checks[index]?.probes ?? 0) * (intervalMs + timeoutMs);

function nextProbeAt({ intervalMs }: HealthCheck, state: HealthState, index: number): number {
  const lastAt = state.checks[index]?.lastAt ?? null;
  return lastAt === null ? state.since : lastAt + intervalMs;
}
