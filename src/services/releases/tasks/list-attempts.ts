import { isValid } from 'ulid';
import type { Sql } from '../../../db/client.ts';
import { type TaskStatus, type WaitReason, waitReasons } from '../../../domain/run.ts';
import { authorise, type Caller, type ServiceDeps } from '../../context.ts';
import { afterId, type Page, type PageRequest, pageOf } from '../../page.ts';
import { notFound } from '../../service-error.ts';
import { iso, isoOrNull } from '../instant.ts';
import { findRunOf } from '../release-row.ts';
import { type AttemptRow, type AttemptView, attemptView, underWay } from './get-task.ts';
import { possibleActions, type TaskAction } from './task-view.ts';

/** One call of a provider, without what is secret. */
export interface CallView {
  /** Place among the calls of the look; the first ones of very many are not kept. */
  ordinal: number;
  provider: string;
  integrationId: string | null;
  method: string;
  url: string | null;
  /** null = there was no answer. */
  status: number | null;
  outcome: string;
  milliseconds: number;
  /** What the provider calls the request. */
  requestId: string | null;
  requestBody: string | null;
  responseBody: string | null;
  at: string;
}

export interface AttemptDetail extends AttemptView {
  /** Of the last look of the attempt. */
  calls: CallView[];
}

export interface AttemptPage extends Page<AttemptDetail> {
  task: {
    status: TaskStatus;
    waitReason: WaitReason | null;
    /** When it is tried again, or looked at, by itself; null = only an event or a person moves it. */
    nextAt: string | null;
    possible: TaskAction[];
  };
}

interface HeadRow {
  status: TaskStatus;
  waitReason: string | null;
  attempt: number;
  leaseOwner: string | null;
  attemptStartedAt: Date | null;
  runAt: Date | null;
}

const NUMBER = /^\d{1,9}$/;

/** Every attempt of a task, newest first, with what it asked of providers: for whoever must find out why it failed. */
export async function listAttempts(
  deps: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  { releaseId, taskId }: { releaseId: string; taskId: string },
  page: PageRequest,
): Promise<AttemptPage> {
  authorise(caller, 'release:read');
  // Calls show what a connection is used for.
  authorise(caller, 'integration:read');
  const runId = await findRunOf(deps.db, caller, releaseId);
  const task = await readHead(deps.db, runId, taskId);
  const after = afterId(page, NUMBER);
  const ended = await deps.db.rows<AttemptRow>(
    `SELECT number, outcome, worker, started_at AS startedAt, ended_at AS endedAt, failure FROM attempts
     WHERE task_id = ?${after === null ? '' : ' AND number < ?'} ORDER BY number DESC LIMIT ?`,
    [taskId, ...(after === null ? [] : [Number(after)]), page.limit + 1],
  );
  const rows = [...(after === null ? underWay(task, ended) : []), ...ended].map((row) => ({ ...row, id: String(row.number) }));
  const numbers = rows.slice(0, page.limit).map(({ number }) => number);
  const calls = await callsOf(deps.db, caller.tenantId, taskId, numbers);
  const { status, runAt } = task;
  return {
    task: {
      status,
      waitReason: waitReasons.find((reason) => reason === task.waitReason) ?? null,
      // Of a task that is being executed it is the end of its lease.
      nextAt: status === 'IN_PROGRESS' ? null : isoOrNull(runAt),
      possible: possibleActions(status),
    },
    ...pageOf(rows, page.limit, ({ id: _id, ...row }) => ({ ...attemptView(row), calls: calls.get(row.number) ?? [] })),
  };
}

async function readHead(sql: Sql, runId: string, taskId: string): Promise<HeadRow> {
  const [row] = isValid(taskId)
    ? await sql.rows<HeadRow>(
        `SELECT status, wait_reason AS waitReason, attempt, lease_owner AS leaseOwner, attempt_started_at AS attemptStartedAt, run_at AS runAt
         FROM tasks WHERE id = ? AND run_id = ?`,
        [taskId, runId],
      )
    : [];
  if (row === undefined) throw notFound('The task');
  return row;
}

async function callsOf(sql: Sql, tenantId: string, taskId: string, numbers: readonly number[]): Promise<ReadonlyMap<number, CallView[]>> {
  const byAttempt = new Map<number, CallView[]>();
  if (numbers.length === 0) return byAttempt;
  const rows = await sql.rows<Omit<CallView, 'at'> & { attempt: number; at: Date }>(
    `SELECT attempt, ordinal, provider, integration_id AS integrationId, method, url, status, outcome, milliseconds, request_id AS requestId,
            request_body AS requestBody, response_body AS responseBody, called_at AS at
     FROM attempt_calls WHERE tenant_id = ? AND task_id = ? AND attempt IN (?) ORDER BY attempt, ordinal`,
    [tenantId, taskId, numbers],
  );
  for (const { attempt, at, ...call } of rows) {
    const calls = byAttempt.get(attempt) ?? [];
    calls.push({ ...call, at: iso(at) });
    byAttempt.set(attempt, calls);
  }
  return byAttempt;
}
