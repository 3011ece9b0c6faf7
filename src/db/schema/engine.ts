import { bigint, boolean, index, int, mysqlTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { Failure } from '../../domain/failure.ts';
import { id, instant, json, name, now, word } from './columns.ts';

/**
 * The engine's nouns: Run → Stage → Task → Attempt. `run_at` is the next instant at which the engine must look at a row; NULL means that
 * only an event moves it. `fence` grows with every transition and is the condition of the next one.
 */
export const runs = mysqlTable(
  'runs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** Which registered run definition plans it, e.g. `release`. */
    kind: word('kind', { length: 32 }).notNull(),
    /** Id of what the run carries out; the engine does not look behind it. */
    subjectId: id('subject_id').notNull(),
    status: word('status', { length: 16 }).notNull(),
    /** Some hold stands: nothing starts (see `run_holds`). */
    held: boolean('held').notNull().default(false),
    heldSince: instant('held_since'),
    /** Queue on which the run's advancement is rung: that of the stage it is in. */
    queue: word('queue', { length: 32 }).notNull(),
    fence: int('fence', { unsigned: true }).notNull().default(0),
    runAt: instant('run_at'),
    /** Times in a row that planning threw; the last words are in `failure`. */
    failures: int('failures', { unsigned: true }).notNull().default(0),
    failure: json<Failure>('failure'),
    createdAt: instant('created_at').notNull().default(now),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
  },
  (t) => [
    index('runs_due').on(t.queue, t.runAt, t.id),
    uniqueIndex('runs_subject').on(t.kind, t.subjectId),
    index('runs_tenant').on(t.tenantId, t.id),
  ],
);

export const runHolds = mysqlTable(
  'run_holds',
  {
    runId: id('run_id').notNull(),
    reason: word('reason', { length: 32 }).notNull(),
    /** What the reason is about (a task id, a stage key, …); empty when there is only one of it. */
    subject: word('subject', { length: 64 }).notNull().default(''),
    tenantId: id('tenant_id').notNull(),
    /** Account that asked for it; NULL = the engine. */
    accountId: id('account_id'),
    note: name('note', { length: 1000 }),
    since: instant('since').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.runId, t.reason, t.subject] })],
);

export const stages = mysqlTable(
  'stages',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    runId: id('run_id').notNull(),
    key: word('stage_key', { length: 32 }).notNull(),
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    queue: word('queue', { length: 32 }).notNull(),
    status: word('status', { length: 16 }).notNull(),
    /** Round of the stage; 0 = never opened. */
    attempt: int('attempt', { unsigned: true }).notNull().default(0),
    /** Tasks of the stage that are not COMPLETED, SKIPPED or CANCELLED. */
    openTasks: int('open_tasks').notNull().default(0),
    openedAt: instant('opened_at'),
    closedAt: instant('closed_at'),
  },
  (t) => [uniqueIndex('stages_run_key').on(t.runId, t.key)],
);

export const tasks = mysqlTable(
  'tasks',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    runId: id('run_id').notNull(),
    stageId: id('stage_id').notNull(),
    stageAttempt: int('stage_attempt', { unsigned: true }).notNull(),
    /** Name within its stage attempt; the type unless one type stands there twice. */
    key: word('task_key', { length: 96 }).notNull(),
    type: word('type', { length: 64 }).notNull(),
    queue: word('queue', { length: 32 }).notNull(),
    status: word('status', { length: 16 }).notNull(),
    waitReason: word('wait_reason', { length: 16 }),
    held: boolean('held').notNull().default(false),
    fence: int('fence', { unsigned: true }).notNull().default(0),
    /** Ordinal of the current attempt; polls continue an attempt, retries begin a new one. */
    attempt: int('attempt', { unsigned: true }).notNull().default(0),
    /** Failed attempts that count against `max_attempts`; lost leases and rate limits do not. */
    failures: int('failures', { unsigned: true }).notNull().default(0),
    maxAttempts: int('max_attempts', { unsigned: true }).notNull(),
    /** Attempts lost to a lapsed lease. */
    lapses: int('lapses', { unsigned: true }).notNull().default(0),
    unmetDependencies: int('unmet_dependencies', { unsigned: true }).notNull().default(0),
    /** Earliest start, kept apart from `run_at` because a PENDING task is not due whatever the time. */
    notBefore: instant('not_before'),
    runAt: instant('run_at'),
    /** Somebody said that what it waits for may have happened, while it was being looked at: look again at once. */
    hurried: boolean('hurried').notNull().default(false),
    /** Milliseconds from the first start until `on_deadline` happens. */
    deadlineMs: bigint('deadline_ms', { mode: 'number', unsigned: true }).notNull(),
    deadlineAt: instant('deadline_at'),
    onDeadline: word('on_deadline', { length: 16 }).notNull(),
    /** What its final failure means: hold, continue or plan. */
    onFailure: word('on_failure', { length: 8 }).notNull().default('hold'),
    leaseOwner: word('lease_owner', { length: 64 }),
    input: json<Record<string, unknown>>('input'),
    output: json<Record<string, unknown>>('output'),
    /** First instant at which an attempt was about to write to a provider, by effect key: "look before you write again". */
    intents: json<Record<string, { at: string; again?: string; value: string | null }>>('intents'),
    externalId: name('external_id', { length: 512 }),
    failure: json<Failure>('failure'),
    /** Why a person skipped or completed it, or why the engine cancelled it. */
    note: name('note', { length: 1000 }),
    settledBy: id('settled_by'),
    createdAt: instant('created_at').notNull().default(now),
    startedAt: instant('started_at'),
    attemptStartedAt: instant('attempt_started_at'),
    /** Since when it has had its present status. */
    statusSince: instant('status_since').notNull().default(now),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    index('tasks_due').on(t.queue, t.held, t.runAt, t.id),
    uniqueIndex('tasks_stage_key').on(t.stageId, t.stageAttempt, t.key),
    index('tasks_run').on(t.runId, t.status),
  ],
);

export const taskDependencies = mysqlTable(
  'task_dependencies',
  {
    /** The task that must end first. */
    dependsOnId: id('depends_on_id').notNull(),
    taskId: id('task_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.dependsOnId, t.taskId] }), index('task_dependencies_task').on(t.taskId)],
);

/** Ended attempts; the one under way is on the task itself. */
export const attempts = mysqlTable(
  'attempts',
  {
    taskId: id('task_id').notNull(),
    number: int('number', { unsigned: true }).notNull(),
    outcome: word('outcome', { length: 16 }).notNull(),
    worker: word('worker', { length: 64 }),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at').notNull().default(now),
    failure: json<Failure>('failure'),
  },
  (t) => [primaryKey({ columns: [t.taskId, t.number] })],
);

/** What the last look of an attempt asked of providers, without what is secret. For people; nothing depends on it. */
export const attemptCalls = mysqlTable(
  'attempt_calls',
  {
    tenantId: id('tenant_id').notNull(),
    taskId: id('task_id').notNull(),
    attempt: int('attempt', { unsigned: true }).notNull(),
    /** Place among the calls of the look; the first ones of very many are not kept. */
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    provider: word('provider', { length: 64 }).notNull(),
    integrationId: id('integration_id'),
    method: word('method', { length: 16 }).notNull(),
    url: name('url', { length: 2048 }),
    /** NULL = there was no answer. */
    status: int('status', { unsigned: true }),
    /** `answered`, `timeout`, `network` or `aborted`. */
    outcome: word('outcome', { length: 16 }).notNull(),
    milliseconds: int('milliseconds', { unsigned: true }).notNull(),
    requestId: name('request_id', { length: 128 }),
    requestBody: text('request_body'),
    responseBody: text('response_body'),
    calledAt: instant('called_at').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.taskId, t.attempt, t.ordinal] }), index('attempt_calls_age').on(t.createdAt)],
);

/** What waiting tasks wait for outside: a webhook's hint finds the task by (integration, key) and hurries it. */
export const taskSignals = mysqlTable(
  'task_signals',
  {
    integrationId: id('integration_id').notNull(),
    signalKey: name('signal_key', { length: 512 }).notNull(),
    taskId: id('task_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.integrationId, t.signalKey, t.taskId] }), index('task_signals_task').on(t.taskId)],
);
