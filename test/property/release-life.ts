import type { ApprovalPolicy } from '../../src/domain/gates/approval-rules.ts';
import type { GateApproval } from '../../src/domain/gates/approvals.ts';
import { weighApprovals } from '../../src/domain/gates/approvals.ts';
import { type GateSubject, subjectDigest } from '../../src/domain/gates/subject.ts';
import { type HistoryStep, type ReplayedFields, replay } from '../../src/domain/history/replay.ts';
import type { ReleaseFacts } from '../../src/domain/release/plan-release.ts';
import { evaluateRegressionGate } from '../../src/domain/release/regression-gate.ts';
import { pauseReasons, releaseStatus } from '../../src/domain/release/status.ts';
import type { RunStatus } from '../../src/domain/run.ts';
import { ReleaseSimulator } from './release-simulator.ts';

const gates = { APPROVE_REGRESSION: 'POST_REGRESSION', APPROVE_DISTRIBUTION: 'DISTRIBUTION' } as const;
type GateType = keyof typeof gates;
export const isGate = (type: string): type is GateType => Object.hasOwn(gates, type);

const policy: ApprovalPolicy = {
  quorum: 2,
  groups: [],
  allowSelfApproval: false,
  requesterAccountId: 'ann',
  expiresAfterMs: 3 * 3_600_000,
};
export const people = ['ann', 'ben', 'cat', 'dan'] as const;
type Rows = Record<string, ReplayedFields>;
interface Snapshot {
  run: ReplayedFields;
  holds: string[];
  stages: Rows;
  tasks: Rows;
  slots: Rows;
  cycles: Rows;
}

const kinds = { stages: 'stage', tasks: 'task', slots: 'slot', cycles: 'cycle' } as const;

/** A release under commands: the simulator with people at its gates, a history of every change, and what must be true after each. */
export class ReleaseLife {
  readonly simulator: ReleaseSimulator;
  readonly history: HistoryStep[] = [];
  readonly broken: string[] = [];
  readonly met = { opened: 0, overridden: 0, archived: 0, rejected: 0, completed: 0, abandoned: 0, heldFast: 0, unknown: 0 };
  archivedAt: Date | null = null;
  readonly #approvals: (GateApproval & { gate: string })[] = [];
  /** Gates that were passed, and how. */
  readonly #passed = new Map<string, 'requirements' | 'override'>();
  readonly #started = new Set<string>();
  #before: Snapshot;

  constructor(facts: ReleaseFacts, now: Date, withDistribution: boolean) {
    this.simulator = new ReleaseSimulator(facts, now, withDistribution);
    this.#before = { run: {}, holds: [], stages: {}, tasks: {}, slots: {}, cycles: {} };
    this.#record();
  }

  get over() {
    return this.archivedAt !== null || this.simulator.over;
  }

  get status() {
    const { status, holds } = this.simulator;
    return releaseStatus(
      { status: this.archivedAt === null ? status : 'CANCELLED', held: holds.length > 0 },
      { archivedAt: null, submittedAt: null },
    );
  }

  /** What a worker may take up: nothing while anything holds the run. */
  get startable() {
    return this.simulator.holds.length > 0 || this.simulator.status !== 'IN_PROGRESS'
      ? []
      : this.simulator.runnable.filter(({ type }) => !isGate(type));
  }

  get asking() {
    return this.simulator.runnable.find(({ type }) => isGate(type));
  }

  /** Does it, writes down what it changed, and looks whether all that must hold still holds. */
  after(name: string, command: () => void): void {
    const { over, simulator } = this;
    const wasHeld = simulator.paused;
    const begun = this.#begun();
    command();
    const before = this.#before;
    this.#record();
    this.#must(simulator.broken.length === 0, simulator.broken[0] ?? '');
    this.#mustNotChangeTheEnded(before, this.#before);
    this.#must(!over || JSON.stringify(before) === JSON.stringify(this.#before), `${name} changed a release that is over`);
    if (wasHeld && simulator.paused && name !== 'abandon') {
      this.met.heldFast += 1;
      this.#must(this.#begun() === begun, `${name} started something while it was paused`);
    }
    this.#mustKeepToGates();
    this.#mustCount();
    this.#mustReplay();
    this.met.completed = Number(simulator.over);
  }

  /** A worker does a task. @param how what comes of it */
  work(n: number, how: 'COMPLETED' | 'SKIPPED' | 'FAILED'): void {
    const task = this.startable[n % Math.max(1, this.startable.length)];
    if (task === undefined) return;
    this.#started.add(task.id);
    this.#must(task.stageKey !== 'POST_REGRESSION' || this.#isPassed('APPROVE_REGRESSION'), `${task.type} starts before its gate`);
    this.#must(task.stageKey !== 'DISTRIBUTION' || this.#isPassed('APPROVE_DISTRIBUTION'), `${task.type} starts before its gate`);
    if (how === 'FAILED') this.simulator.fail(task);
    else this.simulator.end(task, how);
  }

  /** Somebody says something about what waits for people. */
  say(accountId: string, decision: 'APPROVED' | 'REJECTED'): void {
    const gate = this.asking;
    if (gate === undefined) return;
    this.met.rejected += Number(decision === 'REJECTED');
    const subject = this.#candidate();
    const commit = subject?.commit ?? null;
    const digest = subject === null ? null : subjectDigest(subject);
    const id = `approval-${this.#approvals.length}`;
    this.#approvals.push({
      ...{ gate: gate.type, accountId, role: 'release-manager', decision, commit, subject: digest },
      at: this.simulator.now,
      standsFor: [],
    });
    this.#tell('approval', id, 'CREATE', [
      ['decision', null, decision],
      ['commit', null, commit],
    ]);
  }

  /** A worker looks at the gate. @param head what the branch shows: nothing, a later commit, or the candidate */
  look(head: 'unknown' | 'later' | 'candidate'): void {
    const gate = this.asking;
    if (gate === undefined || this.simulator.paused) return;
    const approvals = this.#approvals.filter((word) => word.gate === gate.type);
    const candidate = this.#candidate();
    const { now, facts } = this.simulator;
    this.met.unknown += Number(head === 'unknown');
    const value = head === 'candidate' ? (candidate?.commit ?? '') : 'later';
    const { open } =
      gate.type === 'APPROVE_REGRESSION'
        ? evaluateRegressionGate({
            ...{
              readAt: now,
              candidate,
              approvals,
              policy,
              openBlockers: [],
              thresholdPercent: 100,
              tests: [],
              automation: null,
              freshForMs: 1,
            },
            activeCycles: facts.cycles.filter(({ status }) => status === 'IN_PROGRESS').length,
            doneCycles: facts.cycles.filter(({ status }) => status === 'DONE').length,
            plannedSlots: facts.slots.filter(({ status }) => status === 'PLANNED').length,
            branchHead: head === 'unknown' ? { known: false, why: 'away', checkedAt: now } : { known: true, value, checkedAt: now },
          })
        : { open: weighApprovals(approvals, policy, candidate, now).met };
    if (!open) return;
    const approving = approvals.filter(({ decision, accountId }) => decision === 'APPROVED' && accountId !== policy.requesterAccountId);
    this.#must(new Set(approving.map(({ accountId }) => accountId)).size >= policy.quorum, `${gate.type} opens without its quorum`);
    this.#must(gate.type !== 'APPROVE_REGRESSION' || head === 'candidate', 'the gate opens on a branch that moved, or nobody saw');
    this.met.opened += 1;
    this.#passed.set(gate.id, 'requirements');
    this.simulator.end(gate, 'COMPLETED');
  }

  override(): void {
    const gate = this.asking;
    if (gate === undefined) return;
    this.met.overridden += 1;
    this.#passed.set(gate.id, 'override');
    this.#tell('approval', gate.id, 'ADD', [['gateOverride', null, gate.type]]);
    this.simulator.end(gate, 'SKIPPED');
  }

  archive(): void {
    if (this.over) return;
    this.met.archived += 1;
    this.archivedAt = this.simulator.now;
  }

  #candidate(): GateSubject | null {
    const last = this.simulator.facts.cycles.findLast(({ status }) => status === 'DONE');
    return last === undefined ? null : { commit: `commit-${last.number}`, builds: [], notesDigest: null };
  }

  /** The newest gate of this kind is passed by its requirements, or by an override that is written down. */
  #isPassed(type: GateType): boolean {
    const gate = this.simulator.tasks.findLast((task) => task.type === type);
    const how = gate === undefined ? undefined : this.#passed.get(gate.id);
    const isTold = this.history.some(({ entityId, items }) => entityId === gate?.id && items.some(({ field }) => field === 'gateOverride'));
    return how === 'requirements' || (how === 'override' && isTold);
  }

  #mustKeepToGates(): void {
    for (const [type, stage] of Object.entries(gates)) {
      if (!isGate(type)) continue;
      const opened = this.simulator.stages.find(({ key, status }) => key === stage && (status === 'IN_PROGRESS' || status === 'COMPLETED'));
      this.#must(opened === undefined || this.#isPassed(type), `${stage} is open and its gate is not passed`);
    }
    const skipped = this.simulator.stages.find(({ status }) => status === 'SKIPPED');
    this.#must(skipped === undefined, `${skipped?.key} is skipped without a word`);
  }

  #mustCount(): void {
    const { cycles } = this.simulator.facts;
    this.#must(cycles.filter(({ status }) => status === 'IN_PROGRESS').length <= 1, 'two cycles are active');
    this.#must(
      cycles.every(({ number }, index) => number === index + 1),
      'candidates are not numbered upwards',
    );
  }

  #mustNotChangeTheEnded(before: Snapshot, now: Snapshot): void {
    const over = { tasks: ['COMPLETED', 'SKIPPED', 'CANCELLED'], slots: ['USED', 'SKIPPED'], cycles: ['DONE', 'ABANDONED'] } as const;
    for (const [kind, statuses] of Object.entries(over) as [keyof typeof over, readonly string[]][]) {
      for (const [id, { status }] of Object.entries(before[kind])) {
        const after = now[kind][id]?.status;
        this.#must(!statuses.includes(status ?? '') || after === status, `${id} was ${status} and is ${after}`);
      }
    }
    this.#must(before.run.status !== 'COMPLETED' || now.run.status === 'COMPLETED', 'a completed run goes on');
  }

  #mustReplay(): void {
    const { breaks, run, holds, stages, tasks, slots, cycles, approvals } = replay(this.history);
    const known = this.#before;
    this.#must(breaks.length === 0, breaks[0] ?? '');
    const told = Object.fromEntries(Object.entries(tasks).map(([id, { type, status }]) => [id, { type, status }]));
    const [replayed, present] = [{ run, holds, stages, tasks: told, slots, cycles }, known].map((state) => JSON.stringify(sorted(state)));
    this.#must(replayed === present, `the history leads to ${replayed}, not to ${present}`);
    this.#must(Object.keys(approvals).length === this.#approvals.length, 'words of people are lost');
    const status = releaseStatus({ status: run.status as RunStatus, held: holds.length > 0 }, { archivedAt: null, submittedAt: null });
    this.#must(status === this.status, `the history says ${status}, the release ${this.status}`);
  }

  #begun(): string {
    const { stages, facts } = this.simulator;
    return JSON.stringify([stages.map(({ attempt }) => attempt), facts.cycles.length, this.#started.size]);
  }

  #snapshot(): Snapshot {
    const { status, holds, stages, tasks, facts } = this.simulator;
    const isArchived = this.archivedAt !== null;
    const rows = <T extends { id: string }>(from: readonly T[], fields: (row: T) => ReplayedFields): Rows =>
      Object.fromEntries(from.map((row) => [row.id, fields(row)]));
    return {
      run: { status: isArchived ? 'CANCELLED' : status },
      holds: pauseReasons(holds),
      stages: rows(stages, (stage) => ({ status: stage.status, attempt: String(stage.attempt) })),
      tasks: rows(tasks, (task) => ({ type: task.type, status: task.status })),
      slots: rows(facts.slots, (slot) => ({ status: slot.status, date: slot.date.toISOString() })),
      cycles: rows(facts.cycles, (cycle) => ({ status: cycle.status, number: String(cycle.number) })),
    };
  }

  /** One event for each row that changed, as the engine and the services write them. */
  #record(): void {
    const [before, now] = [this.#before, this.#snapshot()];
    this.#before = now;
    const changed = (from: ReplayedFields = {}, to: ReplayedFields = {}): [string, string | null, string | null][] =>
      Object.keys(to).flatMap((field) => (from[field] === to[field] ? [] : [[field, from[field] ?? null, to[field] ?? null]]));
    this.#tell('run', 'run', 'UPDATE', changed(before.run, now.run));
    for (const hold of before.holds) if (!now.holds.includes(hold)) this.#tell('run', 'run', 'REMOVE', [['hold', hold, null]]);
    for (const hold of now.holds) if (!before.holds.includes(hold)) this.#tell('run', 'run', 'ADD', [['hold', null, hold]]);
    for (const [rows, kind] of Object.entries(kinds) as [keyof typeof kinds, string][]) {
      for (const [id, row] of Object.entries(now[rows]))
        this.#tell(kind, id, before[rows][id] ? 'UPDATE' : 'CREATE', changed(before[rows][id], row));
    }
  }

  #tell(entityType: string, entityId: string, action: string, items: [string, string | null, string | null][]): void {
    if (items.length === 0) return;
    this.history.push({
      entityType,
      entityId,
      action,
      items: items.map(([field, before, after]) => ({ entityId: null, field, before, after })),
    });
  }

  #must(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(otherwise);
  }
}

/** The same with its keys in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
