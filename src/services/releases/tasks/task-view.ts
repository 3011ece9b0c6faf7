import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import { type Failure, remedy } from '../../../domain/failure.ts';
import { releaseTaskTypes } from '../../../domain/release/task-types.ts';
import type { StageKey } from '../../../domain/release/vocabulary.ts';
import type { DeadlineAction, TaskStatus, WaitReason } from '../../../domain/run.ts';
import { next } from '../../../engine/transitions.ts';
import { iso, isoOrNull } from '../instant.ts';
import type { PersonView } from '../release-view.ts';

export interface FailureView extends Failure {
  /** What a person can do about it. */
  remedy: string;
}

export type TaskAction = 'retry' | 'skip' | 'complete';

export interface TaskView {
  id: string;
  key: string;
  type: string;
  title: string;
  stage: StageKey;
  /** Round of the stage it belongs to. */
  stageAttempt: number;
  status: TaskStatus;
  waitReason: WaitReason | null;
  /** The release is paused, and the task does not start. */
  held: boolean;
  attempt: number;
  failures: number;
  maxAttempts: number;
  /** When the engine looks at it next by itself; null = only an event moves it. */
  runAt: string | null;
  notBefore: string | null;
  deadlineAt: string | null;
  onDeadline: DeadlineAction;
  externalId: string | null;
  failure: FailureView | null;
  note: string | null;
  settledBy: PersonView | null;
  dependsOn: DependencyView[];
  /** What a person may do to it now, given the permission. */
  possible: TaskAction[];
  createdAt: string;
  startedAt: string | null;
  statusSince: string;
  finishedAt: string | null;
}

export interface DependencyView {
  id: string;
  key: string;
  status: TaskStatus;
}

export interface TaskRow {
  id: string;
  key: string;
  type: string;
  stage: StageKey;
  stageAttempt: number;
  status: TaskStatus;
  waitReason: WaitReason | null;
  held: number;
  attempt: number;
  failures: number;
  maxAttempts: number;
  runAt: Date | null;
  notBefore: Date | null;
  deadlineAt: Date | null;
  onDeadline: DeadlineAction;
  externalId: string | null;
  failure: unknown;
  note: string | null;
  settledById: string | null;
  settledByName: string | null;
  createdAt: Date;
  startedAt: Date | null;
  statusSince: Date;
  finishedAt: Date | null;
}

/** Columns of `TaskRow`; `t` is tasks, `s` its stage, `a` the account that settled it. */
export const taskColumns = `
  t.id, t.task_key AS \`key\`, t.type, s.stage_key AS stage, t.stage_attempt AS stageAttempt, t.status, t.wait_reason AS waitReason, t.held,
  t.attempt, t.failures, t.max_attempts AS maxAttempts, t.run_at AS runAt, t.not_before AS notBefore, t.deadline_at AS deadlineAt,
  t.on_deadline AS onDeadline, t.external_id AS externalId, t.failure, t.note, t.settled_by AS settledById,
  a.display_name AS settledByName, t.created_at AS createdAt, t.started_at AS startedAt, t.status_since AS statusSince,
  t.finished_at AS finishedAt`;

export const taskTables = 'tasks t JOIN stages s ON s.id = t.stage_id LEFT JOIN accounts a ON a.id = t.settled_by';

export function taskView(row: TaskRow, dependsOn: readonly DependencyView[]): TaskView {
  const { settledById, settledByName, ...rest } = row;
  return {
    ...rest,
    title: titleOf(row.type),
    held: row.held === 1,
    runAt: isoOrNull(row.runAt),
    notBefore: isoOrNull(row.notBefore),
    deadlineAt: isoOrNull(row.deadlineAt),
    failure: failureView(row.failure),
    settledBy: settledById === null ? null : { accountId: settledById, displayName: settledByName ?? settledById },
    dependsOn: [...dependsOn],
    possible: possibleActions(row.status),
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    statusSince: iso(row.statusSince),
    finishedAt: isoOrNull(row.finishedAt),
  };
}

/** The planner's titles; a type that is no release's shows as itself. */
export function titleOf(type: string): string {
  return Object.hasOwn(releaseTaskTypes, type) ? releaseTaskTypes[type as keyof typeof releaseTaskTypes].title : type;
}

export function failureView(stored: unknown): FailureView | null {
  const failure = parseJson(stored) as Failure | null;
  return failure === null ? null : { ...failure, remedy: remedy(failure) };
}

/** What the transition table lets a person do. */
export function possibleActions(status: TaskStatus): TaskAction[] {
  const actions: TaskAction[] = [];
  if (next(status, 'retry') !== null) actions.push('retry');
  if (next(status, 'skip') !== null) actions.push('skip');
  if (next(status, 'complete-outside') !== null) actions.push('complete');
  return actions;
}

/** Task id → what it depends on, of a whole run or of one task. */
export async function dependenciesOf(sql: Sql, of: { runId: string; taskId?: string }): Promise<ReadonlyMap<string, DependencyView[]>> {
  const rows = await sql.rows<DependencyView & { taskId: string }>(
    `SELECT d.task_id AS taskId, p.id, p.task_key AS \`key\`, p.status
     FROM task_dependencies d JOIN tasks t ON t.id = d.task_id JOIN tasks p ON p.id = d.depends_on_id
     WHERE ${of.taskId === undefined ? 't.run_id = ?' : 't.run_id = ? AND t.id = ?'} ORDER BY d.task_id, p.id`,
    of.taskId === undefined ? [of.runId] : [of.runId, of.taskId],
  );
  const byTask = new Map<string, DependencyView[]>();
  for (const { taskId, ...dependency } of rows) {
    const views = byTask.get(taskId) ?? [];
    views.push(dependency);
    byTask.set(taskId, views);
  }
  return byTask;
}
