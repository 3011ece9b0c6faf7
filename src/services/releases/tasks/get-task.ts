import { isValid } from 'ulid';
import type { Sql } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { notFound } from '../../service-error.ts';
import { type BuildView, buildsOfTask } from '../builds/build-view.ts';
import { isoOrNull } from '../instant.ts';
import { findRunOf } from '../release-row.ts';
import {
  dependenciesOf,
  type FailureView,
  failureView,
  type TaskRow,
  type TaskView,
  taskColumns,
  taskTables,
  taskView,
} from './task-view.ts';

export interface AttemptView {
  number: number;
  /** `under-way` for the one that has not ended. */
  outcome: string;
  worker: string | null;
  startedAt: string | null;
  endedAt: string | null;
  failure: FailureView | null;
}

export interface TaskDetail extends TaskView {
  input: Record<string, unknown> | null;
  output: Record<string, unknown> | null;
  attempts: AttemptView[];
  builds: BuildView[];
}

interface DetailRow extends TaskRow {
  input: unknown;
  output: unknown;
  leaseOwner: string | null;
  attemptStartedAt: Date | null;
}

type AttemptUnderWay = Pick<DetailRow, 'status' | 'attempt' | 'leaseOwner' | 'attemptStartedAt'>;

export interface AttemptRow {
  number: number;
  outcome: string;
  worker: string | null;
  startedAt: Date | null;
  endedAt: Date | null;
  failure: unknown;
}

/** One task with every attempt, its output and its builds. */
export async function getTask(deps: Pick<ServiceDeps, 'db'>, caller: Caller, releaseId: string, taskId: string): Promise<TaskDetail> {
  authorise(caller, 'release:read');
  const runId = await findRunOf(deps.db, caller, releaseId);
  return readTask(deps.db, caller.tenantId, runId, taskId);
}

/** The same for the use cases that answer with the task they changed. @throws ServiceError not-found */
export async function readTask(sql: Sql, tenantId: string, runId: string, taskId: string): Promise<TaskDetail> {
  if (!isValid(taskId)) throw notFound('The task');
  const [row] = await sql.rows<DetailRow>(
    `SELECT ${taskColumns}, t.input, t.output, t.lease_owner AS leaseOwner, t.attempt_started_at AS attemptStartedAt
     FROM ${taskTables} WHERE t.id = ? AND t.run_id = ?`,
    [taskId, runId],
  );
  if (row === undefined) throw notFound('The task');
  const [dependencies, ended, builds] = await Promise.all([
    dependenciesOf(sql, { runId, taskId }),
    sql.rows<AttemptRow>(
      'SELECT number, outcome, worker, started_at AS startedAt, ended_at AS endedAt, failure FROM attempts WHERE task_id = ? ORDER BY number',
      [taskId],
    ),
    buildsOfTask(sql, tenantId, taskId),
  ]);
  const { input, output, leaseOwner, attemptStartedAt, ...task } = row;
  return {
    ...taskView(task, dependencies.get(taskId) ?? []),
    input: parseJson(input) as TaskDetail['input'],
    output: parseJson(output) as TaskDetail['output'],
    attempts: [...ended, ...underWay(row, ended)].map(attemptView),
    builds,
  };
}

/** As people see it. */
export const attemptView = (attempt: AttemptRow): AttemptView => ({
  ...attempt,
  startedAt: isoOrNull(attempt.startedAt),
  endedAt: isoOrNull(attempt.endedAt),
  failure: failureView(attempt.failure),
});

/** The attempt that has not ended is on the task itself: while it is executed, and while it waits for what it has started outside. */
export function underWay(row: AttemptUnderWay, ended: readonly AttemptRow[]): AttemptRow[] {
  const isOpen = row.status === 'IN_PROGRESS' || row.status === 'WAITING';
  if (!isOpen || row.attempt === 0 || ended.some((attempt) => attempt.number === row.attempt)) return [];
  return [
    {
      number: row.attempt,
      outcome: 'under-way',
      worker: row.leaseOwner?.split(':')[0] ?? null,
      startedAt: row.attemptStartedAt,
      endedAt: null,
      failure: null,
    },
  ];
}
