import { monotonicFactory } from 'ulid';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { parseJson } from '../../src/db/schema/columns.ts';
import type { Failure } from '../../src/domain/failure.ts';
import type { Plan, RunView, TaskPlan, TaskStatus, WaitReason } from '../../src/domain/run.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { createRun } from '../../src/engine/create-run.ts';
import type { EngineEvent, Notice, RunDefinition } from '../../src/engine/run-definition.ts';
import { type ClaimedTask, engineActor, type Outcome } from '../../src/engine/vocabulary.ts';
import type { Ring, Wake } from '../../src/platform/ring.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createTestDatabase, type DatabaseServer } from '../support/databases.ts';
import { applySchema } from '../support/schema.ts';

/* The engine on a real database of its own: runs of made-up tasks, a planner the test writes, and time that passes when the test says so. */

const newId = monotonicFactory();
export const queue = 'kickoff';
export const otherQueue = 'regression';
export const leaseMs = 60_000;

export interface TaskRow {
  id: string;
  key: string;
  stageId: string;
  status: TaskStatus;
  waitReason: WaitReason | null;
  held: number;
  fence: number;
  attempt: number;
  failures: number;
  lapses: number;
  unmet: number;
  runAt: Date | null;
  deadlineAt: Date | null;
  leaseOwner: string | null;
  output: Record<string, unknown> | null;
  externalId: string | null;
  failure: Failure | null;
  note: string | null;
  settledBy: string | null;
  now: Date;
}

export interface RunRow {
  status: string;
  held: number;
  fence: number;
  runAt: Date | null;
  failures: number;
  failure: Failure | null;
  due: number;
}

export interface StageRow {
  id: string;
  key: string;
  status: string;
  attempt: number;
  openTasks: number;
}

export interface HistoryRow {
  entityType: string;
  entityId: string;
  action: string;
  field: string;
  before: string | null;
  after: string | null;
  why: string | null;
  accountId: string | null;
}

export interface EngineWorld {
  db: Database;
  url: string;
  ring: Ring;
  /** Everything rung since the last `forgetRings`. */
  rings: Wake[];
  forgetRings(): void;
  definition: RunDefinition;
  definitions: ReadonlyMap<string, RunDefinition>;
  /** What the planner was asked about, and its answer; by default it completes a drained run. */
  asked: RunView[];
  planWith(planner: (run: RunView) => Plan): void;
  noticesWith(notices: (event: EngineEvent) => readonly Notice[]): void;
  engine(owner?: string, options?: { leaseMs?: number; db?: Database; ring?: Ring }): Engine;
  createRun(tasks: readonly TaskPlan[], options?: RunOptions): Promise<WorldRun>;
  close(): Promise<void>;
}

export interface RunOptions {
  tenantId?: string;
  stages?: readonly { key: string; queue: string }[];
  wakeAt?: Date | null;
}

export interface WorldRun {
  runId: string;
  tenantId: string;
  subjectId: string;
  task(key: string): Promise<TaskRow>;
  tasks(): Promise<TaskRow[]>;
  run(): Promise<RunRow>;
  stage(key: string): Promise<StageRow>;
  holds(): Promise<string[]>;
  /** Items of the run's history, oldest first; of one task with `key`. */
  history(key?: string): Promise<HistoryRow[]>;
  attempts(key: string): Promise<{ number: number; outcome: string; worker: string | null; failure: Failure | null }[]>;
  deliveries(): Promise<{ type: string; dedupeKey: string }[]>;
  /** Claims the task in its present state. */
  claim(engine: Engine, key: string): Promise<ClaimedTask>;
  /** Claims and settles. */
  execute(engine: Engine, key: string, outcome: Outcome, handOver?: boolean): ReturnType<Engine['settle']>;
  /** As if so much time had passed: every instant of the run's rows moves back. */
  passTime(ms: number): Promise<void>;
}

/** A task of no importance; the test names what matters to it. */
export const taskPlan = (key: string, plan: Partial<TaskPlan> = {}): TaskPlan => ({
  ...{ key, type: 'NOOP', dependsOn: [], notBefore: null, input: null, maxAttempts: 3, deadlineMs: 3_600_000, onDeadline: 'fail' },
  ...plan,
});

export const transient: Outcome = { kind: 'failed', failure: { kind: 'unavailable', message: 'it is down' } };
export const permanent: Outcome = { kind: 'failed', failure: { kind: 'forbidden', message: 'it may not' } };
export const completed: Outcome = { kind: 'completed' };
export const waitFor = (reason: 'CALLBACK' | 'APPROVAL' | 'TIMER', forMs: number | null = 60_000): Outcome => ({
  kind: 'waiting',
  reason,
  forMs,
});
export const person = { kind: 'account', accountId: 'ACCOUNT0000000000000000001' } as const;

const completeWhenDrained = (run: RunView): Plan => {
  const open = run.stages.filter((stage) => stage.status === 'IN_PROGRESS');
  if (open.some((stage) => stage.openTasks > 0)) return { commands: [], wakeAt: null };
  const close = open.map((stage) => ({ do: 'close-stage', stage: stage.key, status: 'COMPLETED' }) as const);
  return { commands: [...close, { do: 'complete' }], wakeAt: null };
};

export async function openEngineWorld(server: DatabaseServer): Promise<EngineWorld> {
  const database = await createTestDatabase(server);
  const url = new Secret(database.url);
  await applySchema(database.url);
  const db = openDatabase({ url, poolSize: 12 });
  const rings: Wake[] = [];
  const asked: RunView[] = [];
  let planner = completeWhenDrained;
  let notices: (event: EngineEvent) => readonly Notice[] = () => [];
  const definition: RunDefinition = {
    kind: 'test',
    advance: async (_tx, run) => {
      asked.push(run);
      return planner(run);
    },
    notices: (event) => notices(event),
  };
  const definitions = new Map([[definition.kind, definition]]);
  const ring: Ring = (wakes) => void rings.push(...wakes);
  return {
    ...{ db, url: database.url, rings, definition, definitions, asked, ring },
    forgetRings: () => void rings.splice(0),
    planWith: (next) => {
      planner = next;
    },
    noticesWith: (next) => {
      notices = next;
    },
    engine: (owner = 'worker', options = {}) =>
      createEngine({ db, ring, definitions, owner, leaseMs, backoff: { baseMs: 1_000, maxMs: 8_000 }, random: () => 0, ...options }),
    async createRun(tasks, options = {}) {
      const tenantId = options.tenantId ?? newId();
      const subjectId = newId();
      const plan = {
        tenantId,
        kind: 'test',
        subjectId,
        stages: options.stages ?? [{ key: 'S', queue }],
        tasks,
        wakeAt: options.wakeAt ?? null,
      };
      const { runId } = await db.transact((tx) => createRun(tx, plan, engineActor));
      return { runId, tenantId, subjectId, ...readRun(db, runId, subjectId) };
    },
    async close() {
      await db.close();
      await database.drop();
    },
  };
}

type Reads = Omit<WorldRun, 'runId' | 'tenantId' | 'subjectId'>;

const taskColumns = `id, task_key AS \`key\`, stage_id AS stageId, status, wait_reason AS waitReason, held, fence, attempt, failures, lapses,
  unmet_dependencies AS unmet, run_at AS runAt, deadline_at AS deadlineAt, lease_owner AS leaseOwner, output, external_id AS externalId, failure,
  note, settled_by AS settledBy, UTC_TIMESTAMP(3) AS now`;

function readRun(db: Database, runId: string, subjectId: string): Reads {
  const one = async <T>(text: string, values: string[]) => {
    const [row] = await db.rows<T>(text, values);
    if (row === undefined) throw new Error(`no row: ${text} ${values.join(', ')}`);
    return row;
  };
  const tasks = async () => {
    const rows = await db.rows<TaskRow>(`SELECT ${taskColumns} FROM tasks WHERE run_id = ? ORDER BY id`, [runId]);
    return rows.map((row) => ({
      ...row,
      output: parseJson(row.output) as TaskRow['output'],
      failure: parseJson(row.failure) as Failure | null,
    }));
  };
  const task = async (key: string) => {
    const found = (await tasks()).filter((row) => row.key === key).at(-1);
    if (found === undefined) throw new Error(`no task ${key}`);
    return found;
  };
  const claim = async (engine: Engine, key: string) => {
    const claimed = await engine.claim(await task(key));
    if (claimed === null) throw new Error(`${key} could not be claimed: ${JSON.stringify(await task(key))}`);
    return claimed;
  };
  return {
    task,
    tasks,
    claim,
    async run() {
      const row = await one<RunRow>(
        `SELECT status, held, fence, run_at AS runAt, failures, failure, (run_at IS NOT NULL AND run_at <= UTC_TIMESTAMP(3)) AS due
         FROM runs WHERE id = ?`,
        [runId],
      );
      return { ...row, failure: parseJson(row.failure) as Failure | null };
    },
    stage: (key) =>
      one<StageRow>(
        'SELECT id, stage_key AS `key`, status, attempt, open_tasks AS openTasks FROM stages WHERE run_id = ? AND stage_key = ?',
        [runId, key],
      ),
    async holds() {
      const rows = await db.rows<{ reason: string }>('SELECT reason FROM run_holds WHERE run_id = ? ORDER BY reason, subject', [runId]);
      return rows.map(({ reason }) => reason);
    },
    async history(key) {
      const id = key === undefined ? null : (await task(key)).id;
      const rows = await db.rows<HistoryRow>(
        `SELECT h.entity_type AS entityType, COALESCE(i.entity_id, h.entity_id) AS entityId, h.action, i.field, i.value_before AS \`before\`,
                i.value_after AS \`after\`, h.why, h.account_id AS accountId
         FROM state_history h JOIN state_history_items i ON i.history_id = h.id WHERE h.scope_id = ? ORDER BY h.sequence, i.ordinal`,
        [subjectId],
      );
      return id === null ? rows : rows.filter((row) => row.entityId === id);
    },
    async attempts(key) {
      const rows = await db.rows<{ number: number; outcome: string; worker: string | null; failure: unknown }>(
        'SELECT number, outcome, worker, failure FROM attempts WHERE task_id = ? ORDER BY number',
        [(await task(key)).id],
      );
      return rows.map((row) => ({ ...row, failure: parseJson(row.failure) as Failure | null }));
    },
    deliveries: () => db.rows('SELECT type, dedupe_key AS dedupeKey FROM deliveries WHERE subject_id = ? ORDER BY id', [subjectId]),
    async execute(engine, key, outcome, handOver = false) {
      return engine.settle({ task: await claim(engine, key), outcome, handOver });
    },
    async passTime(ms) {
      const back = (columns: string[]) => columns.map((column) => `${column} = ${column} - INTERVAL ? MICROSECOND`).join(', ');
      const micros = ms * 1000;
      await db.run(`UPDATE tasks SET ${back(['run_at', 'deadline_at', 'not_before'])} WHERE run_id = ?`, [micros, micros, micros, runId]);
      await db.run(`UPDATE runs SET ${back(['run_at', 'held_since'])} WHERE id = ?`, [micros, micros, runId]);
    },
  };
}
