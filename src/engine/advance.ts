import type { Database, Statement, Tx } from '../db/client.ts';
import type { BackoffPolicy } from '../domain/failure.ts';
import type { HoldReason, PlanCommand, RunStatus, StageView, TaskView } from '../domain/run.ts';
import type { Ring } from '../platform/ring.ts';
import { createBatch } from './batch.ts';
import { cancelTasks } from './cancel.ts';
import { insertTasks, openStage, type PlannedRun } from './create-run.ts';
import { type HistoryEvent, historyStatements, statusItem } from './history.ts';
import { liftHoldsFor, ringRun } from './holds.ts';
import { livingOf, markChanged } from './living.ts';
import { writeNotices } from './notices.ts';
import { postponeRun } from './postpone-run.ts';
import { type RunDefinitions, runDefinitionOf } from './run-definition.ts';
import { engineActor } from './vocabulary.ts';

interface AdvanceOptions {
  db: Database;
  definitions: RunDefinitions;
  ring: Ring;
  backoff: BackoffPolicy;
  random: () => number;
}

interface LockedRun {
  id: string;
  tenantId: string;
  subjectId: string;
  kind: string;
  status: RunStatus;
  due: number;
  now: Date;
}

interface StageRow extends StageView {
  queue: string;
}

const MAX_CONCURRENT = 3;
const MAX_TOGETHER = 32;

export type Advance = (runId: string) => Promise<'advanced' | 'not-due'>;

/**
 * Asks a due run's planner what comes next and carries it out, all in one transaction that holds the run's row: two processes cannot plan
 * the same run at once, and a crash leaves it due. Planning makes no provider call.
 */
export function createAdvance(options: AdvanceOptions): Advance {
  const alone = async (runId: string) => {
    try {
      return await options.db.transact((tx) => advanceInside(tx, runId, options));
    } catch (error) {
      await postponeRun(options, runId, error);
      throw error;
    }
  };
  const together = (runIds: readonly string[]) => options.db.transact((tx) => advanceAll(tx, [...new Set(runIds)].sort(), options));
  // A commit costs more than a plan, so runs that are due together share one. Few at a time: planning must not keep settlements waiting for a
  // connection.
  const inTurn = createBatch<string, Attempted>({
    maxSize: MAX_TOGETHER,
    maxConcurrent: MAX_CONCURRENT,
    flush: async (runIds) => {
      try {
        const results = await together(runIds);
        return runIds.map((runId) => ({ result: results.get(runId) ?? 'not-due' }));
      } catch {
        // One of them cannot be planned: each on its own, so that it takes no other with it.
        return Promise.all(
          runIds.map((runId) =>
            alone(runId).then(
              (result) => ({ result }),
              (error: unknown) => ({ error }),
            ),
          ),
        );
      }
    },
  });
  return async (runId) => {
    const attempted = await inTurn(runId);
    if ('error' in attempted) throw attempted.error;
    return attempted.result;
  };
}

type Attempted = { result: 'advanced' | 'not-due' } | { error: unknown };

/** The same within a caller's transaction, for commands that change what the planner decides on. Does nothing when the run is not due. */
export async function advanceInside(tx: Tx, runId: string, options: PlanOptions): Promise<'advanced' | 'not-due'> {
  return (await advanceAll(tx, [runId], options)).get(runId) ?? 'not-due';
}

type PlanOptions = Pick<AdvanceOptions, 'definitions' | 'ring'>;

/** All runs are read in one round trip, planned one after the other, and written in one more where their commands allow it. */
async function advanceAll(tx: Tx, runIds: readonly string[], options: PlanOptions): Promise<Map<string, 'advanced' | 'not-due'>> {
  const results = new Map<string, 'advanced' | 'not-due'>();
  const writes: Statement[] = [];
  const events: HistoryEvent[] = [];
  const completed: LockedRun[] = [];
  const changed: LockedRun[] = [];
  for (const state of await readRuns(tx, runIds)) {
    const { run } = state;
    if (run.due !== 1 || run.status === 'COMPLETED' || run.status === 'CANCELLED') continue;
    results.set(run.id, 'advanced');
    const plan = await planRun(tx, run, state, options);
    if (plan.events.length > 0) changed.push(run);
    writes.push(...plan.writes);
    events.push(...plan.events);
    if (plan.completes) completed.push(run);
  }
  await tx.batch([...writes, ...historyStatements(events)]);
  markChanged(tx, changed.flatMap(livingOf(options.definitions)));
  for (const run of completed) {
    const event = { kind: 'run-completed' as const, runId: run.id, subjectId: run.subjectId };
    const wakes = await writeNotices(tx, options.definitions, run.kind, run.tenantId, [event]);
    tx.afterCommit(() => options.ring(wakes));
  }
  for (const runId of results.keys()) if (!completed.some((run) => run.id === runId)) await ringRun(tx, runId, options.ring);
  return results;
}

/** Asks the planner and carries out what reads before it writes; the rest is left to the caller's one round trip. */
async function planRun(
  tx: Tx,
  run: LockedRun,
  state: RunState,
  options: PlanOptions,
): Promise<{ writes: Statement[]; events: HistoryEvent[]; completes: boolean }> {
  const { id, tenantId, subjectId, status } = run;
  const { holds, stages, tasks } = state;
  const plan = await runDefinitionOf(options.definitions, run.kind).advance(
    tx,
    { id, tenantId, subjectId, status, holds, stages, tasks },
    run.now,
  );
  const completes = plan.commands.some((command) => command.do === 'complete');
  const writes: Statement[] = completes
    ? []
    : [['UPDATE runs SET run_at = ?, fence = fence + 1, failures = 0, failure = NULL WHERE id = ?', [plan.wakeAt, id]]];
  const events: HistoryEvent[] = [];
  for (const command of plan.commands) {
    const simple = simpleWrite(run, stages, command);
    if (simple !== null) {
      writes.push(simple.statement);
      events.push(simple.event);
      if (command.do === 'start') run.status = 'IN_PROGRESS';
      continue;
    }
    // These read what the ones before them wrote.
    await tx.batch(writes.splice(0));
    events.push(...(await carryOut(tx, run, stages, command, options.ring)));
  }
  return { writes, events, completes };
}

/** Commands that are one statement. */
function simpleWrite(
  run: LockedRun,
  stages: readonly StageRow[],
  command: PlanCommand,
): { statement: Statement; event: HistoryEvent } | null {
  switch (command.do) {
    case 'start':
      return {
        statement: [`UPDATE runs SET status = 'IN_PROGRESS', started_at = UTC_TIMESTAMP(3) WHERE id = ? AND status = 'PENDING'`, [run.id]],
        event: runEvent(run, run.status, 'IN_PROGRESS'),
      };
    case 'close-stage': {
      const stage = stageOf(stages, command.stage);
      const event = stageEvent(run, stage, command.status, 'closed');
      stage.status = command.status;
      return {
        statement: ['UPDATE stages SET status = ?, closed_at = UTC_TIMESTAMP(3) WHERE id = ?', [command.status, stage.id]],
        event,
      };
    }
    case 'put-back-stage': {
      const stage = stageOf(stages, command.stage);
      const event = stageEvent(run, stage, 'PENDING', 'put back');
      stage.status = 'PENDING';
      return {
        statement: [`UPDATE stages SET status = 'PENDING', closed_at = NULL WHERE id = ? AND open_tasks = 0`, [stage.id]],
        event,
      };
    }
    case 'complete':
      return {
        statement: [
          `UPDATE runs SET status = 'COMPLETED', fence = fence + 1, failure = NULL, ended_at = UTC_TIMESTAMP(3), run_at = NULL WHERE id = ?`,
          [run.id],
        ],
        event: runEvent(run, run.status, 'COMPLETED'),
      };
    default:
      return null;
  }
}

async function carryOut(tx: Tx, run: LockedRun, stages: readonly StageRow[], command: PlanCommand, ring: Ring): Promise<HistoryEvent[]> {
  switch (command.do) {
    case 'open-stage': {
      const stage = stageOf(stages, command.stage);
      await tx.run('UPDATE runs SET queue = ? WHERE id = ?', [stage.queue, run.id]);
      return openStage(tx, await withHeld(tx, run), stage, command.tasks);
    }
    case 'add-tasks': {
      const stage = stageOf(stages, command.stage);
      await tx.run('UPDATE stages SET open_tasks = open_tasks + ? WHERE id = ?', [command.tasks.length, stage.id]);
      return insertTasks(tx, await withHeld(tx, run), stage, command.tasks, engineActor);
    }
    case 'cancel-tasks':
      return cancelTasks(tx, run, command.taskIds, engineActor, command.why, ring);
    case 'lift-holds':
      await liftHoldsFor(tx, run.id, command.reasons, engineActor, ring, command.why);
      return [];
    default:
      throw new Error(`${command.do} is one statement`);
  }
}

function stageOf(stages: readonly StageRow[], key: string): StageRow {
  const stage = stages.find((candidate) => candidate.key === key);
  if (stage === undefined) throw new Error(`the run has no stage ${key}`);
  return stage;
}

/** A command before this one may have lifted the last hold. */
async function withHeld(tx: Tx, run: LockedRun): Promise<PlannedRun> {
  const [row] = await tx.rows<{ held: number }>('SELECT held FROM runs WHERE id = ?', [run.id]);
  return { ...run, held: row?.held === 1 };
}

function runEvent(run: RunHead, before: string, after: string): HistoryEvent {
  return { ...scope(run), entityType: 'run', entityId: run.id, items: [statusItem(before, after)] };
}

function stageEvent(run: RunHead, stage: StageRow, after: string, how: string): HistoryEvent {
  return { ...scope(run), entityType: 'stage', entityId: stage.id, why: `${stage.key} ${how}`, items: [statusItem(stage.status, after)] };
}

type RunHead = Pick<LockedRun, 'id' | 'tenantId' | 'subjectId'>;
const scope = (run: RunHead) => ({ tenantId: run.tenantId, scopeId: run.subjectId, action: 'UPDATE' as const, actor: engineActor });

interface RunState {
  run: LockedRun;
  stages: StageRow[];
  tasks: TaskView[];
  holds: { reason: HoldReason; subject: string }[];
}

type OfRun<Row> = Row & { runId: string };

/** Locks the runs, in one order for all, and reads what their planners see. Tasks are read from their stages: the optimiser alone has erred here. */
async function readRuns(tx: Tx, runIds: readonly string[]): Promise<RunState[]> {
  const [runs, stages, tasks, holds] = (await tx.batch([
    [
      `SELECT id, tenant_id AS tenantId, subject_id AS subjectId, kind, status, UTC_TIMESTAMP(3) AS now,
              (run_at IS NOT NULL AND run_at <= UTC_TIMESTAMP(3)) AS due
       FROM runs WHERE id IN (?) ORDER BY id FOR UPDATE`,
      [runIds],
    ],
    [
      `SELECT run_id AS runId, id, stage_key AS \`key\`, status, attempt, open_tasks AS openTasks, queue
       FROM stages WHERE run_id IN (?) ORDER BY run_id, ordinal FOR UPDATE`,
      [runIds],
    ],
    [
      `SELECT STRAIGHT_JOIN s.run_id AS runId, t.id, s.stage_key AS stageKey, t.stage_attempt AS stageAttempt, t.task_key AS \`key\`, t.type, t.status
       FROM stages s JOIN tasks t ON t.stage_id = s.id AND t.stage_attempt = s.attempt WHERE s.run_id IN (?)`,
      [runIds],
    ],
    ['SELECT run_id AS runId, reason, subject FROM run_holds WHERE run_id IN (?)', [runIds]],
  ])) as [LockedRun[], OfRun<StageRow>[], OfRun<TaskView>[], OfRun<RunState['holds'][number]>[]];
  const stagesOf = byRun(stages);
  const tasksOf = byRun(tasks.sort((a, b) => (a.id < b.id ? -1 : 1)));
  const holdsOf = byRun(holds);
  return runs.map((run) => ({
    run,
    stages: stagesOf.get(run.id) ?? [],
    tasks: tasksOf.get(run.id) ?? [],
    holds: holdsOf.get(run.id) ?? [],
  }));
}

function byRun<Row>(rows: readonly OfRun<Row>[]): Map<string, Row[]> {
  const grouped = new Map<string, Row[]>();
  for (const { runId, ...row } of rows) {
    const list = grouped.get(runId);
    if (list === undefined) grouped.set(runId, [row as unknown as Row]);
    else list.push(row as unknown as Row);
  }
  return grouped;
}
