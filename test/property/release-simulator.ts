import { planRelease, type ReleaseFacts, type ReleasePlan } from '../../src/domain/release/plan-release.ts';
import { planKickoff } from '../../src/domain/release/plan-tasks.ts';
import { stageKeys } from '../../src/domain/release/vocabulary.ts';
import type { PlanCommand, RunView, StageView, TaskPlan, TaskStatus, TaskView } from '../../src/domain/run.ts';
import { inDependencyOrder } from '../../src/engine/create-run.ts';
import { brokenAtRest, brokenByPlan } from './release-plan-rules.ts';

interface SimulatedTask extends TaskView {
  dependsOn: readonly string[];
  notBefore: Date | null;
  status: TaskStatus;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const ended: readonly TaskStatus[] = ['COMPLETED', 'SKIPPED', 'CANCELLED'];

/**
 * What the engine and the services do around `planRelease`, in memory: it asks the planner exactly when they would (a drained stage, a
 * wake-up that came due, a person's command), carries its plans out, and checks after each what must hold of any plan.
 */
export class ReleaseSimulator {
  now: Date;
  status: RunView['status'] = 'PENDING';
  holds: { reason: 'USER_REQUESTED' | 'TASK_FAILURE'; subject: string }[] = [];
  wakeAt: Date | null;
  attention: string | null = null;
  readonly stages: Mutable<StageView>[];
  readonly tasks: SimulatedTask[] = [];
  /** Violations found; a property expects none. */
  readonly broken: string[] = [];
  readonly reasons = new Map<string, string | null>();
  facts: ReleaseFacts;
  #ids = 0;

  constructor(facts: ReleaseFacts, now: Date, withDistribution: boolean) {
    this.facts = facts;
    this.now = now;
    this.wakeAt = facts.kickOffDate;
    const keys = stageKeys.filter((key) => key !== 'DISTRIBUTION' || withDistribution);
    this.stages = keys.map((key) => ({ id: key, key, status: 'PENDING', attempt: 0, openTasks: 0 }));
    this.#carryOut({ do: 'open-stage', stage: 'KICKOFF', tasks: planKickoff(facts) });
  }

  get view(): RunView {
    const current = this.tasks.filter((task) => this.#stage(task.stageKey).attempt === task.stageAttempt);
    return {
      id: 'run',
      tenantId: 'tenant',
      subjectId: 'release',
      status: this.status,
      holds: [...this.holds],
      stages: this.stages.map((stage) => ({ ...stage })),
      tasks: current.map(({ dependsOn: _dependsOn, notBefore: _notBefore, ...task }) => ({ ...task })),
    };
  }

  get over() {
    return this.status === 'COMPLETED';
  }

  get paused() {
    return this.holds.some((hold) => hold.reason === 'USER_REQUESTED');
  }

  /** Tasks that a worker could end now. */
  get runnable(): SimulatedTask[] {
    const isDone = (id: string) => ended.includes(this.tasks.find((task) => task.id === id)?.status ?? 'PENDING');
    return this.tasks.filter(
      (task) =>
        !ended.includes(task.status) &&
        task.status !== 'FAILED' &&
        task.dependsOn.every(isDone) &&
        (task.notBefore === null || task.notBefore <= this.now),
    );
  }

  get failed() {
    return this.tasks.filter((task) => task.status === 'FAILED');
  }

  end(task: SimulatedTask, status: 'COMPLETED' | 'SKIPPED'): void {
    this.holds = this.holds.filter((hold) => hold.subject !== task.id);
    this.#close(task, status);
    if (status === 'COMPLETED') this.#stopBuilds(task);
    if (this.#stage(task.stageKey).openTasks === 0) this.ask();
  }

  /** Builds of a cycle are over with the task that makes them, or that stops them; when either is skipped nobody knows. */
  #stopBuilds({ type, key, stageAttempt }: SimulatedTask): void {
    const ends = ({ number }: { number: number }) =>
      (type === 'TRIGGER_REGRESSION_BUILDS' && number === stageAttempt) ||
      (type === 'CANCEL_SUPERSEDED_BUILDS' && number <= Number(key.split('/')[1]));
    this.facts = { ...this.facts, cycles: this.facts.cycles.map((cycle) => (ends(cycle) ? { ...cycle, hasRunningBuilds: false } : cycle)) };
  }

  fail(task: SimulatedTask): void {
    task.status = 'FAILED';
    this.holds.push({ reason: 'TASK_FAILURE', subject: task.id });
  }

  retry(task: SimulatedTask): void {
    task.status = 'READY';
    this.holds = this.holds.filter((hold) => hold.subject !== task.id);
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
    if (this.wakeAt !== null && this.wakeAt <= this.now) this.ask();
  }

  pause(): void {
    if (!this.paused) this.holds.push({ reason: 'USER_REQUESTED', subject: '' });
    this.ask();
  }

  resume(): void {
    this.holds = this.holds.filter((hold) => hold.reason !== 'USER_REQUESTED');
    this.ask();
  }

  /** The cycle under way is called off. */
  abandon(): void {
    const active = this.facts.cycles.find((cycle) => cycle.status === 'IN_PROGRESS');
    if (active === undefined || this.over) return;
    this.met.abandoned += 1;
    this.#cancelOpen('REGRESSION');
    this.facts = {
      ...this.facts,
      cycles: this.facts.cycles.map((cycle) => (cycle === active ? { ...cycle, status: 'ABANDONED' as const } : cycle)),
    };
    this.ask();
  }

  /** @param n counts from the oldest; -1 = the one that was added last */
  skipSlot(n: number): void {
    const planned = this.facts.slots.filter((slot) => slot.status === 'PLANNED');
    const slot = n < 0 ? planned.at(n) : planned[n % Math.max(1, planned.length)];
    if (slot === undefined || this.over || this.#stage('POST_REGRESSION').status !== 'PENDING') return;
    this.reasons.set(slot.id, 'skipped by a person');
    const slots = this.facts.slots.map((entry) => (entry === slot ? { ...entry, status: 'SKIPPED' as const } : entry));
    // The wish was for it: what is asked for is the oldest.
    this.facts = { ...this.facts, slots, regressionRequested: false };
    this.ask();
  }

  addSlot(date: Date, automation = false): void {
    if (!this.#takesSlots) return;
    this.#reopen();
    const slot = { id: this.#newId('slot'), date, status: 'PLANNED' as const, flags: { automation } };
    this.facts = { ...this.facts, slots: [...this.facts.slots, slot] };
    this.ask();
  }

  requestRegression(): void {
    if (!this.#takesSlots) return;
    this.#reopen();
    this.facts = { ...this.facts, regressionRequested: true };
    if (this.facts.slots.some((slot) => slot.status === 'PLANNED')) this.ask();
    else this.addSlot(this.now);
  }

  requestPreRelease(): void {
    this.facts = { ...this.facts, preReleaseRequested: true };
    this.ask();
  }

  moveTarget(to: Date): void {
    this.facts = { ...this.facts, targetReleaseDate: to };
    this.ask();
  }

  /** Asks, carries out, asks again: the second answer must change nothing. */
  ask(): void {
    if (this.over) return;
    this.#apply(planRelease(this.facts, this.view, this.now));
    if (this.over) return;
    const again = planRelease(this.facts, this.view, this.now);
    const changes = again.commands.length + again.slots.length + Number(again.openCycle !== null) + Number(again.closeCycle !== null);
    this.#must(changes === 0, `asked again it wants ${JSON.stringify(again)}`);
    this.#must(again.wakeAt?.getTime() === this.wakeAt?.getTime(), 'asked again it wakes at another time');
    this.#must(again.attention === this.attention, 'asked again it wants other attention');
    this.#must(this.wakeAt === null || this.wakeAt > this.now, 'it wakes in the past');
    for (const rule of brokenAtRest({ facts: this.facts, run: this.view, now: this.now })) this.#must(false, rule);
  }

  /** Whether time, a task or a person who has been told can move the release on. */
  get movable() {
    return (
      this.over || this.paused || this.wakeAt !== null || this.attention !== null || this.tasks.some((task) => !ended.includes(task.status))
    );
  }

  /** How often what happened, to show that a property has met it. */
  readonly met = {
    ...{ distributions: 0, superseded: 0, skippedLate: 0, skippedEarly: 0, caughtUp: 0, gates: 0, cycles: 0, attention: 0 },
    ...{ abandoned: 0, stoppedBuilds: 0, stoppedWhilePaused: 0, reopened: 0, reopenedInVain: 0 },
  };

  /** Until the final tag is written. */
  get #takesSlots() {
    if (this.over) return false;
    if (this.#stage('POST_REGRESSION').status === 'PENDING') return true;
    const tagged = this.tasks.some((task) => task.type === 'CREATE_RELEASE_TAG' && task.status === 'COMPLETED');
    const distribution = this.stages.find(({ key }) => key === 'DISTRIBUTION');
    return !tagged && (distribution === undefined || distribution.status === 'PENDING');
  }

  #reopen(): void {
    if (this.#stage('POST_REGRESSION').status === 'PENDING') return;
    this.#cancelOpen('POST_REGRESSION');
  }

  #cancelOpen(stageKey: string): void {
    for (const task of this.tasks.filter((candidate) => candidate.stageKey === stageKey && !ended.includes(candidate.status))) {
      this.holds = this.holds.filter((hold) => hold.subject !== task.id);
      this.#close(task, 'CANCELLED');
    }
  }

  #apply(plan: ReleasePlan): void {
    this.wakeAt = plan.wakeAt;
    this.attention = plan.attention;
    for (const rule of brokenByPlan(plan, { facts: this.facts, run: this.view, now: this.now })) this.#must(false, rule);
    this.#count(plan);
    for (const { id, status, reason } of plan.slots) {
      const slot = this.facts.slots.find((candidate) => candidate.id === id);
      this.#must(slot?.status === 'PLANNED', `slot ${id} was ${slot?.status}`);
      this.#must(status === 'USED' || (reason ?? '') !== '', `slot ${id} is skipped without a reason`);
      this.reasons.set(id, reason);
      this.facts = { ...this.facts, slots: this.facts.slots.map((entry) => (entry.id === id ? { ...entry, status } : entry)) };
    }
    const { closeCycle, openCycle } = plan;
    if (closeCycle !== null) this.#setCycle(closeCycle.id, closeCycle.status);
    if (openCycle !== null) this.#openCycle(openCycle);
    for (const command of plan.commands) this.#carryOut(command);
    if (openCycle !== null) this.#must(this.#stage('REGRESSION').attempt === openCycle.number, 'attempt and cycle number differ');
  }

  #count(plan: ReleasePlan): void {
    const commands = plan.commands.map((command) => command.do);
    this.met.cycles += Number(plan.openCycle !== null);
    this.met.distributions += Number(plan.commands.some((command) => command.do === 'open-stage' && command.stage === 'DISTRIBUTION'));
    const added = plan.commands.flatMap((command) => (command.do === 'add-tasks' || command.do === 'open-stage' ? command.tasks : []));
    const stops = added.some(({ type }) => type === 'CANCEL_SUPERSEDED_BUILDS');
    this.met.gates += Number(added.some(({ type }) => type === 'APPROVE_REGRESSION'));
    this.met.stoppedBuilds += Number(stops);
    this.met.stoppedWhilePaused += Number(stops && this.paused);
    const putsBack = commands.includes('put-back-stage');
    const goesOn = plan.commands.some((command) => command.do === 'open-stage' && command.stage === 'POST_REGRESSION');
    this.met.reopened += Number(putsBack);
    const wasPutBack = putsBack || this.#stage('REGRESSION').status === 'PENDING';
    this.met.reopenedInVain += Number(goesOn && wasPutBack && this.#stage('POST_REGRESSION').attempt > 0);
    this.met.superseded += Number(commands.includes('cancel-tasks'));
    this.met.attention += Number(plan.attention !== null);
    for (const { reason } of plan.slots) {
      if (reason === null) continue;
      const why = reason.endsWith('early') ? 'skippedEarly' : reason.startsWith('caught up') ? 'caughtUp' : 'skippedLate';
      this.met[why] += 1;
    }
  }

  #openCycle({ number, slotId }: { number: number; slotId: string }): void {
    const active = this.facts.cycles.filter((cycle) => cycle.status === 'IN_PROGRESS');
    this.#must(active.length === 0, `cycle ${number} overlaps cycle ${active[0]?.number}`);
    this.#must(this.facts.slots.find((slot) => slot.id === slotId)?.status === 'USED', `the slot of cycle ${number} is not used`);
    const cycle = { id: this.#newId('cycle'), number, status: 'IN_PROGRESS' as const, slotId, hasRunningBuilds: true };
    this.facts = { ...this.facts, cycles: [...this.facts.cycles, cycle], regressionRequested: false };
  }

  #setCycle(id: string, status: 'DONE' | 'ABANDONED'): void {
    const isOpen = (task: SimulatedTask) => task.stageKey === 'REGRESSION' && !ended.includes(task.status);
    // Nobody waits for the CI runs of earlier cycles.
    const open = this.tasks.filter((task) => isOpen(task) && task.type !== 'CANCEL_SUPERSEDED_BUILDS');
    this.#must(open.length === 0, 'a cycle is closed over open tasks');
    this.facts = { ...this.facts, cycles: this.facts.cycles.map((cycle) => (cycle.id === id ? { ...cycle, status } : cycle)) };
  }

  #carryOut(command: PlanCommand): void {
    switch (command.do) {
      case 'start':
        this.#must(this.status === 'PENDING' && this.now >= this.facts.kickOffDate, 'started too early or twice');
        this.status = 'IN_PROGRESS';
        return;
      case 'open-stage': {
        const stage = this.#stage(command.stage);
        this.#must(stage.openTasks === 0, `${stage.key} is opened over open tasks`);
        stage.attempt += 1;
        stage.status = 'IN_PROGRESS';
        this.#must(command.tasks.length > 0, `${stage.key} is opened without tasks: nothing would ever drain it`);
        this.#insert(stage, command.tasks);
        return;
      }
      case 'add-tasks':
        this.#must(this.#stage(command.stage).status === 'IN_PROGRESS', `tasks are added to ${command.stage}, which is not open`);
        this.#insert(this.#stage(command.stage), command.tasks);
        return;
      case 'close-stage':
        this.#must(this.#stage(command.stage).openTasks === 0, `${command.stage} is closed over open tasks`);
        this.#stage(command.stage).status = command.status;
        return;
      case 'put-back-stage': {
        const stage = this.#stage(command.stage);
        this.#must(stage.openTasks === 0, `${stage.key} is put back over open tasks`);
        this.#must(stage.status !== 'PENDING', `${stage.key} is put back twice`);
        stage.status = 'PENDING';
        return;
      }
      case 'cancel-tasks':
        for (const task of this.tasks.filter((candidate) => command.taskIds.includes(candidate.id))) {
          this.holds = this.holds.filter((hold) => hold.subject !== task.id);
          this.#close(task, 'CANCELLED');
        }
        return;
      case 'lift-holds':
        this.#must(false, 'holds of a release are lifted by what they are about');
        return;
      case 'complete':
        this.#must(
          this.stages.every((stage) => stage.status === 'COMPLETED' || stage.status === 'SKIPPED'),
          'completed with open stages',
        );
        this.status = 'COMPLETED';
        return;
      default:
        command satisfies never;
    }
  }

  #insert(stage: Mutable<StageView>, plans: readonly TaskPlan[]): void {
    // The engine's own check: throws on doubled or unknown keys and on a cycle.
    inDependencyOrder(plans);
    const idOf = (key: string) => `${stage.key}-${stage.attempt}-${key}`;
    for (const plan of plans) {
      this.#must(!this.tasks.some((task) => task.id === idOf(plan.key)), `${idOf(plan.key)} exists already`);
      this.tasks.push({
        id: idOf(plan.key),
        stageKey: stage.key,
        stageAttempt: stage.attempt,
        key: plan.key,
        type: plan.type,
        status: 'READY',
        dependsOn: plan.dependsOn.map(idOf),
        notBefore: plan.notBefore,
      });
    }
    stage.openTasks += plans.length;
  }

  #close(task: SimulatedTask, status: 'COMPLETED' | 'SKIPPED' | 'CANCELLED'): void {
    this.#must(!ended.includes(task.status), `${task.id} ends twice`);
    task.status = status;
    this.#stage(task.stageKey).openTasks -= 1;
  }

  #stage(key: string): Mutable<StageView> {
    const stage = this.stages.find((candidate) => candidate.key === key);
    if (stage === undefined) throw new Error(`no stage ${key}`);
    return stage;
  }

  #must(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(`${this.now.toISOString()}: ${otherwise}`);
  }

  #newId(kind: string): string {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }
}
