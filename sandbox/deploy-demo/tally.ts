import type { Answer } from './load.ts';

/** A stretch of time, of `performance.now()`. */
export interface Stretch {
  from: number;
  to: number;
}

export interface Tally {
  requests: number;
  /** That the new version answered. */
  ofNew: number;
  /** A version's own errors: it answered, and said 500. */
  ownErrors: number;
  /** Whatever else went wrong: nobody answered, or the balancer had nobody to ask. */
  failedBySwitch: number;
}

/** Of the requests that lie wholly in the stretch. */
export function tallyOf(answers: readonly Answer[], version: string, { from, to }: Stretch): Tally {
  const within = answers.filter(({ askedAt, answeredAt }) => askedAt >= from && answeredAt <= to);
  const failed = within.filter(({ status }) => status !== 200);
  const ownErrors = failed.filter((answer) => answer.version !== null && answer.status === 500).length;
  return {
    requests: within.length,
    ofNew: within.filter((answer) => answer.version === version).length,
    ownErrors,
    failedBySwitch: failed.length - ownErrors,
  };
}

/** `tallyOf` for a planned share; `measured` in percent, null = nobody asked. */
export interface Split extends Tally {
  planned: number;
  measured: number | null;
}

export function splitOf(answers: readonly Answer[], version: string, planned: number, stretch: Stretch): Split {
  const tally = tallyOf(answers, version, stretch);
  return { planned, measured: tally.requests === 0 ? null : Number(((tally.ofNew / tally.requests) * 100).toFixed(2)), ...tally };
}

/** Lines of a table, as wide as they need to be. */
export function tableOf(splits: readonly Split[]): string[] {
  const rows = [
    ['step', 'planned', 'measured', 'requests', 'its own errors', 'failed by a switch'],
    ...splits.map(({ planned, measured, requests, ownErrors, failedBySwitch }, index) => [
      ...[String(index + 1), `${planned} %`, measured === null ? 'none' : `${measured} %`, String(requests)],
      ...[String(ownErrors), String(failedBySwitch)],
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
}
