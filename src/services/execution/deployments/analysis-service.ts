import { ulid } from 'ulid';
import type { Database, Sql } from '../../../db/client.ts';
import type { Point, Samples } from '../../../domain/analysis/classify.ts';
import { type Judgement, judge } from '../../../domain/analysis/judge.ts';
import { judgeMetric, type Verdict } from '../../../domain/analysis/judge-metric.ts';
import { type Measurement, type Outcome, type Reading, toMeasurement } from '../../../domain/analysis/measurement.ts';
import type { MetricDefinition } from '../../../domain/analysis/metric.ts';
import { onGrid, type SampleRange } from '../../../domain/analysis/sample-grid.ts';
import { judgeAnalysis } from '../../../domain/analysis/verdict.ts';
import type { JudgePlan } from '../../../domain/deployment/analysis-plan.ts';
import type { WantedAnalysis } from '../../../domain/deployment/rollout/analyses.ts';
import type { AnalysisSeen } from '../../../domain/deployment/rollout/situation.ts';
import { otherSide, type Side } from '../../../domain/deployment/vocabulary.ts';
import { writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import type { MetricsSource } from '../../../integrations/capabilities/metrics-source.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';

/*
 * Analyses of rollouts. A run is found by its key, begun when it is looked at first, and its measurements are kept: the verdict is a function of them. A
 * look measures what is due and nothing else; after a crash the next look measures what was not kept.
 */

export interface AnalysisPlace {
  tenantId: string;
  /** The deployment or release, in whose history verdicts are written. */
  scopeId: string;
  /** Of a service, or of a release's target. */
  rolloutId: string;
  /** null = there is none: everything measured is an error. */
  metrics: MetricsSource | null;
  /** The new version's side. */
  side: Side;
  /** What queries may name besides sides, e.g. `service`. */
  words: Readonly<Record<string, string>>;
}

interface AnalysisLook extends AnalysisSeen {
  /** Since when nothing that is still to be measured could change it; null = something could. */
  endedAt: Date | null;
}

export interface AnalysisService {
  /** Begins the analysis where it has not, measures what is due, and says how it stands. */
  look(place: AnalysisPlace, wanted: WantedAnalysis): Promise<AnalysisLook>;
}

interface RunRow {
  id: string;
  verdict: Verdict | null;
  reason: string | null;
  startedAt: Date;
  endedAt: Date | null;
  now: Date;
}

interface Standing extends AnalysisSeen {
  /** Nothing that is still to be measured could change it. */
  isFinal: boolean;
}

const REASON_CHARS = 1000;
/** Between two tries to collect what a judge compares, milliseconds. */
const COLLECT_AGAIN_MS = 15_000;

export function createAnalysisService(db: Database): AnalysisService {
  return {
    async look(place, wanted) {
      const run = await openRun(db, place, wanted);
      const { verdict, reason } = run;
      if (run.endedAt !== null && verdict !== null) return { verdict, reason: reason ?? '', nextLookAt: null, endedAt: run.endedAt };
      const standing =
        wanted.kind === 'analysis' ? await measure(db, place, run, wanted.plan.metrics) : await compare(db, place, run, wanted.plan);
      await writeStanding(db, place, wanted.key, run, standing);
      const { isFinal, ...seen } = standing;
      return { ...seen, endedAt: isFinal ? run.now : null };
    },
  };
}

async function openRun(db: Database, { tenantId, rolloutId }: AnalysisPlace, { key, kind, plan }: WantedAnalysis): Promise<RunRow> {
  const read = () =>
    db.rows<RunRow>(
      `SELECT id, verdict, reason, started_at AS startedAt, ended_at AS endedAt, UTC_TIMESTAMP(3) AS now
       FROM analysis_runs WHERE tenant_id = ? AND service_rollout_id = ? AND analysis_key = ?`,
      [tenantId, rolloutId, key],
    );
  const [known] = await read();
  if (known !== undefined) return known;
  await db.run('INSERT IGNORE INTO analysis_runs (id, tenant_id, service_rollout_id, analysis_key, kind, definition) VALUES (?)', [
    [ulid(), tenantId, rolloutId, key, kind, JSON.stringify(plan)],
  ]);
  const [begun] = await read();
  if (begun === undefined) throw new Error(`the analysis ${key} of ${rolloutId} is gone`);
  return begun;
}

async function measure(db: Database, place: AnalysisPlace, run: RunRow, metrics: readonly MetricDefinition[]): Promise<Standing> {
  const known = await measurementsOf(db, place.tenantId, run.id);
  const standings = await Promise.all(
    metrics.map(async (metric) => {
      const taken = known.get(metric.name) ?? [];
      const situation = { startedAt: run.startedAt, now: run.now };
      const before = judgeMetric(metric, { ...situation, measurements: taken });
      if (before.nextMeasurementAt === null || before.nextMeasurementAt > run.now) return before;
      const windowSeconds = Math.round(metric.intervalMs / 1000);
      const reading = await ask(place, queryFor(place, String(metric.query), { side: place.side, windowSeconds }), run.now);
      const measurement = toMeasurement(metric, reading, run.now);
      await keep(db, place.tenantId, run.id, metric.name, taken.length, measurement);
      return judgeMetric(metric, { ...situation, measurements: [...taken, measurement] });
    }),
  );
  const { verdict, nextLookAt } = judgeAnalysis(standings);
  const reason = standings.flatMap((standing, index) =>
    standing.verdict === verdict ? [`${metrics[index]?.name}: ${standing.reason}`] : [],
  );
  return { verdict, reason: reason.join('; '), nextLookAt: nextLookAt?.getTime() ?? null, isFinal: nextLookAt === null };
}

async function measurementsOf(sql: Sql, tenantId: string, runId: string): Promise<ReadonlyMap<string, Measurement[]>> {
  const rows = await sql.rows<{ metric: string; value: number | null; result: Outcome; message: string | null; at: Date }>(
    'SELECT metric, value, result, message, at FROM measurements WHERE tenant_id = ? AND analysis_run_id = ? ORDER BY metric, ordinal',
    [tenantId, runId],
  );
  const byMetric = new Map<string, Measurement[]>();
  for (const { metric, value, result, message, at } of rows) {
    const taken = byMetric.get(metric) ?? [];
    byMetric.set(metric, [...taken, { takenAt: at, outcome: result, value, reason: message }]);
  }
  return byMetric;
}

/** Of two looks at the same instant one is kept. */
async function keep(sql: Sql, tenantId: string, runId: string, metric: string, ordinal: number, measurement: Measurement): Promise<void> {
  const { value, outcome, reason, takenAt } = measurement;
  await sql.run('INSERT IGNORE INTO measurements (tenant_id, analysis_run_id, metric, ordinal, value, result, message, at) VALUES (?)', [
    [tenantId, runId, metric, ordinal, value, outcome, reason?.slice(0, REASON_CHARS) ?? null, takenAt],
  ]);
}

async function ask({ metrics }: AnalysisPlace, query: string, at: Date): Promise<Reading> {
  if (metrics === null) return { kind: 'trouble', why: 'the service has no metrics source' };
  try {
    const series = await metrics.query(query, at);
    return {
      kind: 'series',
      series: series.map(({ labels, points }) => ({ labels: JSON.stringify(labels), value: points.at(-1)?.value ?? null })),
    };
  } catch (error) {
    if (error instanceof ProviderError) return { kind: 'trouble', why: error.message };
    throw error;
  }
}

function queryFor({ words }: AnalysisPlace, query: string, { side, windowSeconds }: { side: Side; windowSeconds: number }): string {
  const values: Record<string, string> = { ...words, side, otherSide: otherSide(side), windowSeconds: String(windowSeconds) };
  return query.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? whole) : whole));
}

/**
 * Once the window has passed, both sides are asked about the very same time. What one metric's source refuses for good is that metric's error at once; what
 * may heal is asked again until the deadline. Neither keeps the others from being judged: a failure that no missing metric could mend is one now.
 */
async function compare(db: Database, place: AnalysisPlace, run: RunRow, plan: JudgePlan): Promise<Standing> {
  const to = new Date(run.startedAt.getTime() + plan.windowMs);
  if (run.now < to) return { verdict: 'running', reason: 'samples are collected', nextLookAt: to.getTime(), isFinal: false };
  const collected = await collect(db, place, run, plan, { from: run.startedAt, to, stepMs: plan.stepMs });
  const judgement = judge(plan, new Map(collected.flatMap(({ name, samples }) => (samples === null ? [] : [[name, samples] as const]))));
  const isLate = run.now.getTime() >= to.getTime() + plan.inconclusiveDeadlineMs;
  const isDecided = judgement.verdict === 'fail';
  const troubled = collected.filter((each) => each.samples === null);
  const open = isDecided || isLate ? [] : troubled.filter(({ heals }) => heals);
  const lost = troubled.filter((each) => !open.includes(each));
  for (const { name, why } of lost) {
    await keep(db, place.tenantId, run.id, name, 0, { takenAt: run.now, outcome: 'error', value: null, reason: why });
  }
  if (open.length === 0) await keepJudgement(db, place.tenantId, run, judgement);
  if (isDecided || troubled.length === 0) return { ...spoken(judgement), nextLookAt: null, isFinal: true };
  const reason = troubled.map(({ name, why }) => `${name}: ${why}`).join('; ');
  const verdict = lost.length > 0 ? 'error' : 'running';
  if (open.length === 0) return { verdict, reason, nextLookAt: null, isFinal: true };
  return { verdict, reason, nextLookAt: run.now.getTime() + COLLECT_AGAIN_MS, isFinal: false };
}

interface Collected {
  name: string;
  /** null = they could not be had. */
  samples: Samples | null;
  why: string | null;
  /** Whether asking again may help. */
  heals: boolean;
}

/** Of each metric; what was refused for good at an earlier look is not asked for again. */
async function collect(db: Database, place: AnalysisPlace, run: RunRow, plan: JudgePlan, range: SampleRange): Promise<Collected[]> {
  const known = await measurementsOf(db, place.tenantId, run.id);
  return Promise.all(
    plan.groups
      .flatMap((group) => group.metrics)
      .map(async ({ name, query }) => {
        const refused = known.get(name)?.find(({ outcome }) => outcome === 'error');
        if (refused !== undefined) return { name, samples: null, why: refused.reason, heals: false };
        try {
          const [canary, baseline] = await Promise.all([
            sampleOf(place, String(query), place.side, range),
            sampleOf(place, String(query), otherSide(place.side), range),
          ]);
          return { name, samples: { canary, baseline }, why: null, heals: true };
        } catch (error) {
          if (!(error instanceof ProviderError)) throw error;
          return { name, samples: null, why: error.message, heals: error.kind !== 'invalid' };
        }
      }),
  );
}

/**
 * One point for each instant of the range, as the judge counts them.
 * @throws ProviderError invalid where one number is needed and several series answer
 */
async function sampleOf(place: AnalysisPlace, query: string, side: Side, range: SampleRange): Promise<readonly Point[]> {
  if (place.metrics === null) throw new ProviderError('invalid', 'The service has no metrics source.', { provider: 'monitoring' });
  const text = queryFor(place, query, { side, windowSeconds: Math.round(range.stepMs / 1000) });
  const [series, ...others] = await place.metrics.queryRange(text, range);
  if (others.length > 0) {
    throw new ProviderError('invalid', `${others.length + 1} series answer where one is compared.`, { provider: 'monitoring' });
  }
  return onGrid(series?.points ?? [], range);
}

function spoken({ verdict, score, highestScore, metrics }: Judgement): Pick<AnalysisSeen, 'verdict' | 'reason'> {
  const worst = metrics.find(({ classification }) => classification !== 'PASS');
  const why = worst === undefined ? '' : `; ${worst.name}: ${worst.reason}`;
  const range = score === highestScore ? `${score}` : `${score} to ${highestScore}`;
  const reason = `the score is ${range} of 100${why}`;
  if (verdict === 'pass') return { verdict: 'successful', reason };
  return { verdict: verdict === 'fail' ? 'failed' : 'inconclusive', reason: verdict === 'marginal' ? `marginal: ${reason}` : reason };
}

const outcomeOf = { PASS: 'success', HIGH: 'failure', LOW: 'failure', NODATA: 'inconclusive' } as const;

async function keepJudgement(sql: Sql, tenantId: string, run: RunRow, { metrics }: Judgement): Promise<void> {
  for (const { name, classification, comparison, reason } of metrics) {
    const value = comparison?.shift ?? null;
    await keep(sql, tenantId, run.id, name, 0, { takenAt: run.now, outcome: outcomeOf[classification], value, reason });
  }
}

/** A verdict that changed is history. */
async function writeStanding(db: Database, place: AnalysisPlace, key: string, run: RunRow, standing: Standing): Promise<void> {
  const { verdict, isFinal } = standing;
  const reason = standing.reason.slice(0, REASON_CHARS);
  if (verdict === run.verdict && reason === run.reason && !isFinal) return;
  const { tenantId, scopeId, rolloutId } = place;
  await db.transact(async (tx) => {
    const written = await tx.run(
      `UPDATE analysis_runs SET verdict = ?, reason = ?, ended_at = IF(?, UTC_TIMESTAMP(3), NULL)
       WHERE tenant_id = ? AND id = ? AND ended_at IS NULL`,
      [verdict, reason, isFinal, tenantId, run.id],
    );
    if (written === 0 || verdict === run.verdict) return;
    await writeHistory(tx, [
      {
        ...{
          tenantId,
          scopeId,
          entityType: 'rollout',
          entityId: rolloutId,
          action: 'UPDATE',
          actor: engineActor,
          why: reason,
        },
        items: [{ field: `analyses.${key}`, before: run.verdict, after: verdict }],
      },
    ]);
  });
}
