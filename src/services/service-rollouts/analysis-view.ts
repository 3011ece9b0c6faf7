import type { Sql } from '../../db/client.ts';
import type { Verdict } from '../../domain/analysis/judge-metric.ts';
import type { Outcome } from '../../domain/analysis/measurement.ts';
import { iso, isoOrNull } from '../releases/instant.ts';

export interface MeasurementView {
  metric: string;
  value: number | null;
  result: Outcome;
  message: string | null;
  at: string;
}

export interface AnalysisView {
  key: string;
  kind: 'analysis' | 'judge';
  /** null = it was never judged yet. */
  verdict: Verdict | null;
  reason: string | null;
  startedAt: string;
  endedAt: string | null;
  /** The newest of each metric, oldest first. */
  measurements: MeasurementView[];
}

interface RunRow {
  id: string;
  rolloutId: string;
  key: string;
  kind: AnalysisView['kind'];
  verdict: Verdict | null;
  reason: string | null;
  startedAt: Date;
  endedAt: Date | null;
}

type MeasurementRow = Omit<MeasurementView, 'at'> & { runId: string; at: Date };

/** Of each metric of an analysis; a metric may have a thousand. */
const SHOWN_PER_METRIC = 50;
/** Analyses beside the steps begin anew again and again. */
const SHOWN_PER_ROLLOUT = 20;

/** In the order in which they began. */
export async function analysesByRollout(
  sql: Sql,
  tenantId: string,
  rolloutIds: readonly string[],
): Promise<ReadonlyMap<string, AnalysisView[]>> {
  if (rolloutIds.length === 0) return new Map();
  const runs = await sql.rows<RunRow>(
    `SELECT id, rolloutId, \`key\`, kind, verdict, reason, startedAt, endedAt FROM (
       SELECT id, service_rollout_id AS rolloutId, analysis_key AS \`key\`, kind, verdict, reason, started_at AS startedAt, ended_at AS endedAt,
              ROW_NUMBER() OVER (PARTITION BY service_rollout_id ORDER BY id DESC) AS newest
       FROM analysis_runs WHERE tenant_id = ? AND service_rollout_id IN (?)) r
     WHERE newest <= ? ORDER BY id`,
    [tenantId, rolloutIds, SHOWN_PER_ROLLOUT],
  );
  const measurements = runs.length === 0 ? [] : await measurementsOf(sql, tenantId, runs);
  const byRollout = new Map<string, AnalysisView[]>();
  for (const { id, rolloutId, startedAt, endedAt, ...run } of runs) {
    const own = measurements.filter(({ runId }) => runId === id).map(({ runId: _runId, at, ...rest }) => ({ ...rest, at: iso(at) }));
    const view = { ...run, startedAt: iso(startedAt), endedAt: isoOrNull(endedAt), measurements: own };
    byRollout.set(rolloutId, [...(byRollout.get(rolloutId) ?? []), view]);
  }
  return byRollout;
}

const measurementsOf = (sql: Sql, tenantId: string, runs: readonly RunRow[]): Promise<MeasurementRow[]> =>
  sql.rows<MeasurementRow>(
    `SELECT runId, metric, value, result, message, at FROM (
       SELECT analysis_run_id AS runId, metric, ordinal, value, result, message, at,
              ROW_NUMBER() OVER (PARTITION BY analysis_run_id, metric ORDER BY ordinal DESC) AS newest
       FROM measurements WHERE tenant_id = ? AND analysis_run_id IN (?)) m
     WHERE newest <= ? ORDER BY runId, metric, ordinal`,
    [tenantId, runs.map(({ id }) => id), SHOWN_PER_METRIC],
  );
