import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import type { Platform, StoreTarget } from '../../domain/release/vocabulary.ts';
import { analysesIn, type RolloutPlan } from '../../domain/rollout/plan.ts';
import { stepDueAt } from '../../domain/rollout/progress.ts';
import type { PauseReason, RolloutStatus, RolloutWish } from '../../domain/rollout/rollout.ts';
import { type TaskStatus, terminalTaskStatuses } from '../../domain/run.ts';
import { iso, isoOrNull } from '../releases/instant.ts';
import { type AnalysisView, analysesByRollout } from '../service-rollouts/analysis-view.ts';

export interface RolloutView {
  id: string;
  platform: Platform;
  target: StoreTarget;
  version: string;
  /** What carries it out, and whether that is at work. */
  task: { id: string; status: TaskStatus };
  plan: RolloutPlan;
  status: RolloutStatus;
  /** `step`: a person advances it; `manual`: a person halted it here; `outside`: it was halted in the store's console. More: `rolloutPauseReasons`. */
  pauseReason: PauseReason | null;
  /** Number of the plan's step it is on, from 1; 0 = before the first. */
  step: number;
  stepReachedAt: string | null;
  /** When the next step is due; null = not by itself. */
  nextStepAt: string | null;
  /** Share of the users, as the store showed it last. */
  fraction: number;
  /** What people want; the task brings the store there. */
  wanted: RolloutWish;
  advanceRequestedAt: string | null;
  /** What was measured before the next share, in the order in which it began. */
  analyses: AnalysisView[];
  /** When the store was last looked at. */
  observedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface RolloutRow
  extends Omit<
    RolloutView,
    'task' | 'plan' | 'stepReachedAt' | 'nextStepAt' | 'advanceRequestedAt' | 'analyses' | 'observedAt' | 'createdAt' | 'updatedAt'
  > {
  taskId: string;
  taskStatus: TaskStatus;
  plan: unknown;
  stepReachedAt: Date | null;
  advanceRequestedAt: Date | null;
  observedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** Of the row, for compare-and-set. */
  revision: number;
}

const SELECT = `
  SELECT o.id, p.platform, o.target, p.version, o.task_id AS taskId, t.status AS taskStatus, o.plan, o.status, o.pause_reason AS pauseReason,
         o.step, o.step_reached_at AS stepReachedAt, o.fraction, o.wanted, o.advance_requested_at AS advanceRequestedAt,
         o.observed_at AS observedAt, o.created_at AS createdAt, o.updated_at AS updatedAt, o.version AS revision
  FROM rollouts o JOIN platform_releases p ON p.id = o.platform_release_id JOIN tasks t ON t.id = o.task_id`;

export function rolloutRows(sql: Sql, tenantId: string, releaseId: string): Promise<RolloutRow[]> {
  return sql.rows<RolloutRow>(`${SELECT} WHERE o.tenant_id = ? AND o.release_id = ? ORDER BY o.target`, [tenantId, releaseId]);
}

/** Only plans are written there. */
export const planOf = ({ plan }: Pick<RolloutRow, 'plan'>): RolloutPlan => parseJson(plan) as RolloutPlan;

/** With what was measured; two queries however many there are. */
export async function rolloutViews(sql: Sql, tenantId: string, rows: readonly RolloutRow[]): Promise<RolloutView[]> {
  const measured = rows.filter((row) => analysesIn(planOf(row)).length > 0).map(({ id }) => id);
  const analyses = await analysesByRollout(sql, tenantId, measured);
  return rows.map((row) => viewOf(row, analyses.get(row.id) ?? []));
}

export async function rolloutView(sql: Sql, tenantId: string, row: RolloutRow): Promise<RolloutView> {
  const [view] = await rolloutViews(sql, tenantId, [row]);
  if (view === undefined) throw new Error('each row has a view');
  return view;
}

function viewOf({ taskId, taskStatus, revision: _, ...row }: RolloutRow, analyses: AnalysisView[]): RolloutView {
  const plan = planOf(row);
  return {
    ...row,
    task: { id: taskId, status: taskStatus },
    plan,
    stepReachedAt: isoOrNull(row.stepReachedAt),
    nextStepAt: nextStepAt({ ...row, taskStatus }, plan),
    advanceRequestedAt: isoOrNull(row.advanceRequestedAt),
    analyses,
    observedAt: isoOrNull(row.observedAt),
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
  };
}

type Progress = Pick<RolloutRow, 'status' | 'wanted' | 'step' | 'stepReachedAt' | 'taskStatus'>;

function nextStepAt(row: Progress, plan: RolloutPlan): string | null {
  const { status, wanted, step, stepReachedAt } = row;
  if (isUnattended(row) || plan.kind !== 'staged' || status !== 'PROGRESSING' || wanted !== 'RUN' || isLastStep(plan, step)) return null;
  return isoOrNull(stepDueAt(plan.steps, { step, stepReachedAt }));
}

export const isLastStep = (plan: RolloutPlan, step: number): boolean => plan.kind !== 'staged' || step >= plan.steps.length;

/** Nothing carries out what people want of it: its task has ended, or was skipped. */
export const isUnattended = ({ taskStatus }: Pick<RolloutRow, 'taskStatus'>): boolean =>
  terminalTaskStatuses.some((status) => status === taskStatus);
