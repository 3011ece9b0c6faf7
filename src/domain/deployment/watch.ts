import { nameOf, type Probe } from './health.ts';
import type { HealthCheck } from './target.ts';

/*
 * Whether what was healthy stays so. One failed probe proves nothing, as one that succeeds does not: a check that needs `successes` in a row to be healthy
 * needs as many failures in a row to be unhealthy. A driver that says `failed` is believed at once; one that says "not ready" for as long as a new version
 * may take to become ready (`readyWithinMs`) as well. What could not be looked at has not failed, nor does it stand: whoever watches goes on.
 */

/** Instants are milliseconds since the epoch. */
export interface WatchState {
  /** In the order of the checks; `failures`: in a row, the last probe included. */
  checks: readonly { failures: number; lastAt: number | null; last: string | null }[];
  /** null = it was ready when it was looked at last. */
  notReadySince: number | null;
}

export type WatchStanding =
  | { kind: 'stands'; nextAt: number | null }
  /** Something of it failed, or was not seen yet, and that is not decided. */
  | { kind: 'doubtful'; nextAt: number | null; why: string }
  | { kind: 'failed'; why: string };

export const beginWatch = (checks: readonly HealthCheck[]): WatchState => ({
  checks: checks.map(() => ({ failures: 0, lastAt: null, last: null })),
  notReadySince: null,
});

/** Indices of the checks whose next probe is due. */
export const dueToWatch = (checks: readonly HealthCheck[], state: WatchState, now: number): number[] =>
  checks.flatMap((check, index) => (nextProbeAt(check, state, index, now) <= now ? [index] : []));

/** Counts what was found at a side that is ready. A probe that was counted already is not counted again. */
export function recordWatched(state: WatchState, probes: readonly Probe[]): WatchState {
  const checks = state.checks.map((known, index) =>
    probes
      .filter(({ check, at }) => check === index && (known.lastAt === null || at > known.lastAt))
      .reduce((counted, { ok, at, detail }) => ({ failures: ok ? 0 : counted.failures + 1, lastAt: at, last: detail }), known),
  );
  return { checks, notReadySince: null };
}

export const recordNotReady = (state: WatchState, now: number): WatchState => ({ ...state, notReadySince: state.notReadySince ?? now });

/** `nextAt`: when the next probe is due; null = there is none. */
export function watchStanding(
  checks: readonly HealthCheck[],
  state: WatchState,
  { readyWithinMs, now }: { readyWithinMs: number; now: number },
): WatchStanding {
  const nextAt = checks.length === 0 ? null : Math.min(...checks.map((check, index) => nextProbeAt(check, state, index, now)));
  if (state.notReadySince !== null) {
    if (now >= state.notReadySince + readyWithinMs) return { kind: 'failed', why: 'it was not ready again in time' };
    return { kind: 'doubtful', nextAt: null, why: 'it is not ready' };
  }
  const failing = checks.flatMap((check, index) => {
    const { failures = 0, lastAt = null, last = null } = state.checks[index] ?? {};
    return failures > 0 || lastAt === null ? [{ check, failures, why: `${nameOf(check)}: ${last ?? 'it was not probed yet'}` }] : [];
  });
  const lost = failing.find(({ check, failures }) => failures >= check.successes);
  if (lost !== undefined)
    return { kind: 'failed', why: `${lost.why}, ${lost.failures} ${lost.failures === 1 ? 'time' : 'times in a row'}` };
  const [first] = failing;
  return first === undefined ? { kind: 'stands', nextAt } : { kind: 'doubtful', nextAt, why: first.why };
}

function nextProbeAt({ intervalMs }: HealthCheck, state: WatchState, index: number, now: number): number {
  const lastAt = state.checks[index]?.lastAt ?? null;
  return lastAt === null ? now : lastAt + intervalMs;
}
