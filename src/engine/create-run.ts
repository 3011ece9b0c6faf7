import { monotonicFactory } from 'ulid';
import type { Tx } from '../db/client.ts';
import type { TaskPlan, TaskStatus, WaitReason } from '../domain/run.ts';
import { type HistoryEvent, statusItem, writeHistory } from './history.ts';
import { type Actor, engineActor } from './vocabulary.ts';

const newId = monotonicFactory();

export interface RunPlan {
  tenantId: string;
  kind: string;
  subjectId: string;
  /** In order; the queue decides which workers serve the stage. */
  stages: readonly { key: string; queue: string }[];
  /** Tasks of the first stage, opened at once. */
  tasks: readonly TaskPlan[];
  /** When the planner is first asked; null = when the first stage is drained. */
  wakeAt: Date | null;
}

/**
 * Creates a run with all its stages and the tasks of the first, in the caller's transaction.
 * @throws Error when the plan is not a graph: unknown or doubled keys, a cycle. Plans come from our own code, so that is a bug.
 */
export async function createRun(tx: Tx, plan: RunPlan, actor: Actor): Promise<{ runId: string }> {
  const runId = newId();
  const [first] = plan.stages;
  if (first === undefined) throw new Error('a run needs a stage');
  await tx.run('INSERT INTO runs (id, tenant_id, kind, subject_id, status, queue, run_at) VALUES (?)', [
    [runId, plan.tenantId, plan.kind, plan.subjectId, 'PENDING', first.queue, plan.wakeAt],
  ]);
  const stages = plan.stages.map((stage, ordinal) => ({ id: newId(), ordinal, ...stage }));
  await tx.run('INSERT INTO stages (id, tenant_id, run_id, stage_key, ordinal, queue, status) VALUES ?', [
    stages.map((stage) => [stage.id, plan.tenantId, runId, stage.key, stage.ordinal, stage.queue, 'PENDING']),
  ]);
  const run = { id: runId, tenantId: plan.tenantId, subjectId: plan.subjectId, held: false };
  const events: HistoryEvent[] = [
    {
      tenantId: plan.tenantId,
      scopeId: plan.subjectId,
      entityType: 'run',
      entityId: runId,
      action: 'CREATE',
      actor,
      items: [statusItem('', 'PENDING')],
    },
  ];
  const firstStage = stages[0];
  if (firstStage !== undefined)
    events.push(...(await openStage(tx, run, { ...firstStage, attempt: 0, status: 'PENDING' }, plan.tasks, actor)));
  await writeHistory(tx, events);
  return { runId };
}

export interface PlannedRun {
  id: string;
  tenantId: string;
  subjectId: string;
  held: boolean;
}

interface OpenableStage {
  id: string;
  key: string;
  queue: string;
  attempt: number;
  status: string;
}

/**
 * Opens the next attempt of a stage. One without tasks makes the run due at once, for no task will. @returns the history to write
 * @throws Error when the attempt before has open tasks: their ends would be counted for this one. A bug of the planner.
 */
export async function openStage(
  tx: Tx,
  run: PlannedRun,
  stage: OpenableStage,
  tasks: readonly TaskPlan[],
  actor: Actor = engineActor,
): Promise<HistoryEvent[]> {
  const attempt = stage.attempt + 1;
  const opening = await tx.run(
    `UPDATE stages SET status = 'IN_PROGRESS', attempt = ?, open_tasks = ?, opened_at = COALESCE(opened_at, UTC_TIMESTAMP(3)), closed_at = NULL
     WHERE id = ? AND open_tasks = 0`,
    [attempt, tasks.length, stage.id],
  );
  if (opening === 0) throw new Error(`attempt ${stage.attempt} of stage ${stage.key} still has open tasks`);
  if (tasks.length === 0) await tx.run('UPDATE runs SET run_at = UTC_TIMESTAMP(3) WHERE id = ?', [run.id]);
  const opened: HistoryEvent = {
    tenantId: run.tenantId,
    scopeId: run.subjectId,
    entityType: 'stage',
    entityId: stage.id,
    action: 'UPDATE',
    actor,
    why: `${stage.key} attempt ${attempt} opened`,
    items: [statusItem(stage.status, 'IN_PROGRESS'), { field: 'attempt', before: String(stage.attempt), after: String(attempt) }],
  };
  return [opened, ...(await insertTasks(tx, run, { ...stage, attempt }, tasks, actor))];
}

/** Inserts the tasks of one stage attempt; `open_tasks` is the caller's. @returns the history to write */
export async function insertTasks(
  tx: Tx,
  run: PlannedRun,
  stage: { id: string; queue: string; attempt: number },
  plans: readonly TaskPlan[],
  actor: Actor,
): Promise<HistoryEvent[]> {
  if (plans.length === 0) return [];
  const ordered = inDependencyOrder(plans);
  const ids = new Map(ordered.map((plan) => [plan.key, newId()]));
  const idOf = (key: string) => ids.get(key) as string;
  await tx.run(
    `INSERT INTO tasks (id, tenant_id, run_id, stage_id, stage_attempt, task_key, type, queue, status, held, max_attempts, unmet_dependencies,
       not_before, run_at, deadline_ms, on_deadline, on_failure, wait_reason, attempt, attempt_started_at, input) VALUES ${ordered.map(() => taskRow).join(', ')}`,
    ordered.flatMap((plan) => {
      const ready = plan.dependsOn.length === 0;
      const looks = plan.startsNothing === true;
      return [
        ...[idOf(plan.key), run.tenantId, run.id, stage.id, stage.attempt, plan.key, plan.type, stage.queue, initialStatus(plan)],
        ...[run.held && !looks, plan.maxAttempts, plan.dependsOn.length, plan.notBefore, ready, plan.notBefore, plan.deadlineMs],
        ...[plan.onDeadline, plan.onFailure ?? 'hold', looks ? FIRST_LOOK : null, looks ? 1 : 0, looks],
        plan.input === null ? null : JSON.stringify(plan.input),
      ];
    }),
  );
  const edges = ordered.flatMap((plan) => plan.dependsOn.map((key) => [idOf(key), idOf(plan.key)]));
  if (edges.length > 0) await tx.run('INSERT INTO task_dependencies (depends_on_id, task_id) VALUES ?', [edges]);
  return ordered.map((plan) => ({
    tenantId: run.tenantId,
    scopeId: run.subjectId,
    entityType: 'task' as const,
    entityId: idOf(plan.key),
    action: 'CREATE' as const,
    actor,
    items: [
      { field: 'type', before: null, after: plan.type },
      { field: 'status', before: null, after: initialStatus(plan) },
      ...(plan.startsNothing === true ? [{ field: 'waitReason', before: null, after: FIRST_LOOK }] : []),
    ],
  }));
}

/** What starts nothing waits from the beginning, for a first look: holds leave alone what only looks (see `holds.ts`). */
const FIRST_LOOK = 'CALLBACK' satisfies WaitReason;

function initialStatus({ startsNothing, dependsOn }: TaskPlan): TaskStatus {
  if (startsNothing === true) return 'WAITING';
  return dependsOn.length === 0 ? 'READY' : 'PENDING';
}

const taskRow = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, IF(?, GREATEST(UTC_TIMESTAMP(3), COALESCE(?, UTC_TIMESTAMP(3))), NULL),
  ?, ?, ?, ?, ?, IF(?, UTC_TIMESTAMP(3), NULL), ?)`;

/** Predecessors first. @throws Error on doubled or unknown keys and on a cycle */
export function inDependencyOrder(plans: readonly TaskPlan[]): TaskPlan[] {
  const byKey = new Map(plans.map((plan) => [plan.key, plan]));
  if (byKey.size !== plans.length) throw new Error('task keys must be unique within a stage attempt');
  const ordered: TaskPlan[] = [];
  const state = new Map<string, 'visiting' | 'done'>();
  const visit = (plan: TaskPlan) => {
    const seen = state.get(plan.key);
    if (seen === 'done') return;
    if (seen === 'visiting') throw new Error(`tasks depend on each other in a cycle through ${plan.key}`);
    state.set(plan.key, 'visiting');
    for (const key of plan.dependsOn) {
      const predecessor = byKey.get(key);
      if (predecessor === undefined) throw new Error(`${plan.key} depends on ${key}, which is not in the plan`);
      visit(predecessor);
    }
    state.set(plan.key, 'done');
    ordered.push(plan);
  };
  for (const plan of plans) visit(plan);
  return ordered;
}
