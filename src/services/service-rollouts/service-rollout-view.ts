import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { RolloutProgram } from '../../domain/deployment/rollout/program.ts';
import type {
  ServicePauseReason,
  ServiceRolloutPhase,
  ServiceRolloutState,
  ServiceRolloutStatus,
  ServiceRolloutWish,
} from '../../domain/deployment/rollout/rollout.ts';
import type { CanaryStep } from '../../domain/deployment/strategy.ts';
import { asServiceRollout, type KeptTrackRollout } from '../../domain/deployment/track-rollout.ts';
import type { Side } from '../../domain/deployment/vocabulary.ts';
import type { TaskStatus } from '../../domain/run.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { type AnalysisView, analysesByRollout } from './analysis-view.ts';

export interface ServiceRolloutView {
  id: string;
  service: { id: string; name: string };
  /** What carries it out, and whether that is at work. */
  task: { id: string; status: TaskStatus };
  status: ServiceRolloutStatus;
  pauseReason: ServicePauseReason | null;
  phase: ServiceRolloutPhase;
  /** Number of the step it is on, from 1; 0 = none yet; beyond `steps` = behind the last. */
  step: number;
  steps: { do: CanaryStep['do']; percent: number | null; forMs: number | null; phase: ServiceRolloutPhase }[];
  stepSince: string | null;
  /** Where the new version runs, and the old one; null = there is none, or it takes its place. */
  side: Side;
  oldSide: Side | null;
  /** Share of traffic of the new version, percent, as the router showed it last. */
  weight: number | null;
  healthyAt: string | null;
  exposedAt: string | null;
  wanted: ServiceRolloutWish;
  advanceRequestedAt: string | null;
  abortReason: string | null;
  analyses: AnalysisView[];
  /** When drivers were last looked at. */
  observedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface ServiceRolloutRow {
  id: string;
  serviceId: string;
  service: string;
  taskId: string;
  taskStatus: TaskStatus;
  state: ServiceRolloutState;
  program: RolloutProgram;
  /** Of one in a store, which `state` and `program` show in the words of the others; null = drivers carry it out. */
  track: KeptTrackRollout | null;
  observedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** Of the row, for compare-and-set. */
  version: number;
}

type RawRow = Omit<ServiceRolloutRow, 'state' | 'program' | 'track'> & {
  state: unknown;
  /** How far the review of the store is; null = it has none, or nothing was submitted yet. */
  review: string | null;
  wanted: ServiceRolloutWish;
  advanceRequestedAt: Date | null;
};

const SELECT = `
  SELECT o.id, o.service_id AS serviceId, s.name AS service, o.task_id AS taskId, t.status AS taskStatus, o.state, o.wanted,
         o.advance_requested_at AS advanceRequestedAt, o.observed_at AS observedAt, o.created_at AS createdAt, o.updated_at AS updatedAt, o.version,
         (SELECT r.status FROM store_submissions r WHERE r.tenant_id = o.tenant_id AND r.deployment_id = o.deployment_id
            AND r.service_id = o.service_id ORDER BY r.ordinal DESC LIMIT 1) AS review
  FROM service_rollouts o JOIN services s ON s.id = o.service_id JOIN tasks t ON t.id = o.task_id`;

interface KeptRollout {
  program: RolloutProgram;
  progress: Omit<ServiceRolloutState, 'wanted' | 'advanceRequestedAt'>;
}

/** Of one deployment, by service name. */
export async function serviceRolloutRows(sql: Pick<Sql, 'rows'>, tenantId: string, deploymentId: string): Promise<ServiceRolloutRow[]> {
  const rows = await sql.rows<RawRow>(`${SELECT} WHERE o.tenant_id = ? AND o.deployment_id = ? ORDER BY s.name`, [tenantId, deploymentId]);
  return rows.map(({ state, wanted, advanceRequestedAt, review, ...row }) => {
    const kept = parseJson(state) as KeptRollout | KeptTrackRollout;
    const wishes = { wanted, advanceRequestedAt: advanceRequestedAt?.getTime() ?? null };
    if ('track' in kept) return { ...row, track: kept, ...asServiceRollout(kept, { ...wishes, review }) };
    return { ...row, track: null, program: kept.program, state: { ...kept.progress, ...wishes } };
  });
}

/** With what was measured; two queries however many there are. */
export async function serviceRolloutViews(sql: Sql, tenantId: string, rows: readonly ServiceRolloutRow[]): Promise<ServiceRolloutView[]> {
  const analyses = await analysesByRollout(
    sql,
    tenantId,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => viewOf(row, analyses.get(row.id) ?? []));
}

function viewOf({ state, program, ...row }: ServiceRolloutRow, analyses: AnalysisView[]): ServiceRolloutView {
  const { status, pauseReason, phase, weight, wanted, abortReason } = state;
  return {
    ...{ id: row.id, service: { id: row.serviceId, name: row.service }, task: { id: row.taskId, status: row.taskStatus } },
    ...{ status, pauseReason, phase, weight, wanted, abortReason, analyses },
    step: (row.track === null ? state.healthyAt === null : row.track.progress.fraction === 0) ? 0 : state.step + 1,
    steps: program.steps.map((step) => ({
      ...{ do: step.do, phase: step.phase },
      percent: step.do === 'set-weight' ? step.percent : null,
      forMs: step.do === 'pause' ? step.forMs : null,
    })),
    ...{ side: program.to, oldSide: program.from },
    stepSince: instant(state.stepSince),
    healthyAt: instant(state.healthyAt),
    exposedAt: instant(state.exposedAt),
    advanceRequestedAt: instant(state.advanceRequestedAt),
    ...{ observedAt: isoOrNull(row.observedAt), createdAt: iso(row.createdAt), updatedAt: iso(row.updatedAt) },
  };
}

const instant = (milliseconds: number | null): string | null => (milliseconds === null ? null : new Date(milliseconds).toISOString());
