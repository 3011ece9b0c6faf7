import type { Plan, PlanCommand, RunView, StageView, TaskView } from '../run.ts';
import type { FrozenConfig } from './config.ts';
import {
  cancellationKey,
  type PlanningFacts,
  planCancellation,
  planCycle,
  planDistribution,
  planGate,
  planPostRegression,
} from './plan-tasks.ts';
import { pickSlots, remindAt, type Slot, type SlotFacts, type SlotSkip } from './slots.ts';
import type { CycleStatus, StageKey } from './vocabulary.ts';

export interface ReleaseFacts extends PlanningFacts, SlotFacts {
  config: FrozenConfig;
  /** Of a release that must wait for others: none of them is before it any more. */
  turnTaken: boolean;
  cycles: readonly CycleFact[];
}

export interface CycleFact {
  id: string;
  number: number;
  status: CycleStatus;
  slotId: string;
  /** CI runs of it may be under way: nobody has seen them end. */
  hasRunningBuilds: boolean;
}

/** What comes next, and the release's own rows to write in the same transaction. */
export interface ReleasePlan extends Plan {
  slots: readonly { id: string; status: 'USED' | 'SKIPPED'; reason: string | null }[];
  /** The next slot, once its time is near enough to remind people of it. */
  remindOf: { slotId: string; date: Date; cycle: number } | null;
  openCycle: { number: number; slotId: string } | null;
  /** To be written before `openCycle`. */
  closeCycle: { id: string; status: 'DONE' | 'ABANDONED' } | null;
  /** Why neither time nor a task can move the release on any more, so that a person must; null = something will. */
  attention: string | null;
}

const idle: ReleasePlan = { commands: [], wakeAt: null, slots: [], remindOf: null, openCycle: null, closeCycle: null, attention: null };

/**
 * What comes next for a release. Pure, and a fixed point: asked again at the same instant about the state its answer leads to, it wants
 * nothing more. While somebody has paused the run, or a blocker is open, nothing begins and nothing ends; only what an abandoned cycle left
 * running is stopped. A failed task stops nothing here but keeps its stage undrained.
 */
export function planRelease(facts: ReleaseFacts, run: RunView, now: Date): ReleasePlan {
  if (run.status === 'COMPLETED' || run.status === 'CANCELLED') return idle;
  if (run.holds.some(({ reason }) => reason === 'USER_REQUESTED' || reason === 'BLOCKER')) {
    return { ...idle, commands: cancelAbandoned(facts, run, stageOf(run, 'REGRESSION')) };
  }
  if (run.status === 'IN_PROGRESS') return planStages(facts, run, now);
  if (now < facts.kickOffDate) return { ...idle, wakeAt: facts.kickOffDate };
  if (awaitsTurn(facts, run)) return idle;
  return preceded([{ do: 'start' }], planStages(facts, run, now));
}

/** The kickoff has not happened while its turn has not come. Taking it asks the planner again, and so does whoever skips the wait. */
const awaitsTurn = (facts: ReleaseFacts, run: RunView) =>
  !facts.turnTaken && run.tasks.some((task) => task.type === 'WAIT_FOR_TURN' && isOpen(task));

function planStages(facts: ReleaseFacts, run: RunView, now: Date): ReleasePlan {
  const kickoff = stageOf(run, 'KICKOFF');
  if (!isOver(kickoff) && !isDrained(kickoff)) return idle;
  const regression = stageOf(run, 'REGRESSION');
  return preceded(closing(kickoff), planFrom(facts, run, regression, now));
}

function planFrom(facts: ReleaseFacts, run: RunView, regression: StageView, now: Date): ReleasePlan {
  if (!isOver(regression)) return planRegression(facts, run, regression, now);
  if (!isReopened(facts, run)) return planAfterRegression(facts, run);
  const { key } = regression;
  const post = stageOf(run, 'POST_REGRESSION');
  const back: PlanCommand[] = [...(post.status === 'PENDING' ? [] : [post.key]), key].map((stage) => ({ do: 'put-back-stage', stage }));
  return preceded(back, planRegression(facts, run, { ...regression, status: 'PENDING' }, now));
}

/**
 * No slot was left when regression ended, so one that is planned was added since, by somebody who called off what was open of post-regression.
 * The gate that was passed stays passed for its candidate: without another cycle the release goes on where it was.
 */
function isReopened(facts: ReleaseFacts, run: RunView): boolean {
  const post = stageOf(run, 'POST_REGRESSION');
  const distribution = run.stages.find(({ key }) => key === 'DISTRIBUTION');
  const mayBe = (post.status === 'PENDING' || isDrained(post)) && (distribution === undefined || distribution.status === 'PENDING');
  return mayBe && facts.slots.some(({ status }) => status === 'PLANNED');
}

/** From the end of kickoff to the end of the gate. Cycles follow each other as attempts of one stage that stays open between them. */
function planRegression(facts: ReleaseFacts, run: RunView, stage: StageView, now: Date): ReleasePlan {
  const current = run.tasks.filter((task) => task.stageKey === stage.key && task.stageAttempt === stage.attempt);
  const gates = current.filter((task) => task.type === 'APPROVE_REGRESSION');
  const openGates = gates.filter(isOpen);
  const openCancellations = current.filter((task) => task.type === 'CANCEL_SUPERSEDED_BUILDS' && isOpen(task));
  if (stage.openTasks > openGates.length + openCancellations.length) return idle;

  const closeCycle = cycleToClose(facts, current);
  const lastCycle = lastDone(facts, closeCycle?.status === 'DONE' ? closeCycle.id : null);
  const { skips, next } = pickSlots(facts, { hasCandidate: lastCycle > 0, now });
  const decided: ReleasePlan = { ...idle, closeCycle, slots: skips.map(toWrite) };
  const stopRuns = cancelAbandoned(facts, run, stage, closeCycle);

  if (next?.due) {
    const number = Math.max(0, ...facts.cycles.map((cycle) => cycle.number)) + 1;
    const supersedes = lastOf(facts.cycles.filter(({ hasRunningBuilds }) => hasRunningBuilds));
    const tasks = planCycle(facts, { number, automation: next.slot.flags.automation, supersedes });
    return {
      ...decided,
      commands: [...superseding([...openGates, ...openCancellations]), { do: 'open-stage', stage: stage.key, tasks }],
      slots: [...decided.slots, { id: next.slot.id, status: 'USED', reason: null }],
      openCycle: { number, slotId: next.slot.id },
    };
  }
  if (next !== null) return { ...decided, commands: [...superseding(openGates), ...stopRuns], ...untilSlot(facts, next.slot, now) };
  if (lastCycle === 0) return { ...decided, commands: stopRuns, attention: nothingToRelease };
  if (stopRuns.length + openCancellations.length > 0 && gates.some(isPassed)) return { ...decided, commands: stopRuns };
  return preceded(stopRuns, planGateOf(facts, run, stage, gates, lastCycle, decided));
}

function superseding(tasks: readonly TaskView[]): PlanCommand[] {
  return tasks.length === 0 ? [] : [{ do: 'cancel-tasks', taskIds: tasks.map(({ id }) => id), why: 'a new cycle supersedes it' }];
}

/**
 * Stops what an abandoned cycle left running at the CI, asked for once; what is left then is tried again with the next cycle. Nothing starts by
 * that, so no hold keeps it back.
 */
function cancelAbandoned(facts: ReleaseFacts, run: RunView, stage: StageView, closing: ReleasePlan['closeCycle'] = null): PlanCommand[] {
  const isAbandoned = ({ id, status }: CycleFact) => status === 'ABANDONED' || (id === closing?.id && closing.status === 'ABANDONED');
  const through = lastOf(facts.cycles.filter((cycle) => cycle.hasRunningBuilds && isAbandoned(cycle)));
  if (through === null || stage.status !== 'IN_PROGRESS') return [];
  const key = cancellationKey(through);
  const isAsked = run.tasks.some((task) => task.stageKey === stage.key && task.stageAttempt === stage.attempt && task.key === key);
  return isAsked ? [] : [{ do: 'add-tasks', stage: stage.key, tasks: planCancellation(facts, through) }];
}

/** Number of the last of these cycles; null = there is none. */
const lastOf = (cycles: readonly CycleFact[]): number | null =>
  cycles.length === 0 ? null : Math.max(...cycles.map(({ number }) => number));

/** The next cycle begins at its slot; an hour before, people hear of it. */
function untilSlot(facts: ReleaseFacts, slot: Slot, now: Date): Pick<ReleasePlan, 'wakeAt' | 'remindOf'> {
  const at = remindAt(slot);
  if (at === null) return { wakeAt: slot.date, remindOf: null };
  if (now < at) return { wakeAt: at, remindOf: null };
  return { wakeAt: slot.date, remindOf: { slotId: slot.id, date: slot.date, cycle: facts.cycles.length + 1 } };
}

const nothingToRelease =
  'No regression slot is left and no cycle has been finished, so there is no release candidate. Trigger a regression, or move the target release date and add a slot.';

function planGateOf(
  facts: ReleaseFacts,
  run: RunView,
  stage: StageView,
  gates: readonly TaskView[],
  lastCycle: number,
  decided: ReleasePlan,
): ReleasePlan {
  const gate = gates.find((task) => task.status !== 'CANCELLED');
  if (gate === undefined) {
    const tasks = planGate(facts, lastCycle, gates.length + 1);
    return { ...decided, commands: [{ do: 'add-tasks', stage: stage.key, tasks }] };
  }
  if (isOpen(gate)) return decided;
  return {
    ...decided,
    commands: [{ do: 'close-stage', stage: stage.key, status: 'COMPLETED' }, openPostRegression(facts, run, lastCycle)],
  };
}

function planAfterRegression(facts: ReleaseFacts, run: RunView): ReleasePlan {
  const post = stageOf(run, 'POST_REGRESSION');
  if (post.status === 'PENDING') return { ...idle, commands: [openPostRegression(facts, run, lastDone(facts, null))] };
  if (!isOver(post) && !isDrained(post)) return idle;
  const distribution = run.stages.find((stage) => stage.key === 'DISTRIBUTION');
  if (distribution?.status === 'IN_PROGRESS' && !isDrained(distribution)) return preceded(closing(post), idle);
  // Post-regression ends with the gate before the stores, so whoever comes here may distribute.
  const tasks = distribution?.status === 'PENDING' ? planDistribution(facts, lastDone(facts, null)) : [];
  if (distribution !== undefined && tasks.length > 0) {
    return { ...idle, commands: [...closing(post), { do: 'open-stage', stage: distribution.key, tasks }] };
  }
  return { ...idle, commands: [...closing(post), ...(distribution === undefined ? [] : closing(distribution)), { do: 'complete' }] };
}

function openPostRegression(facts: ReleaseFacts, run: RunView, lastCycle: number): PlanCommand {
  return { do: 'open-stage', stage: stageOf(run, 'POST_REGRESSION').key, tasks: planPostRegression(facts, lastCycle) };
}

/** The stage of a cycle still under way has no open task: the cycle is over, and abandoned if its work was called off. */
function cycleToClose(facts: ReleaseFacts, current: readonly TaskView[]): ReleasePlan['closeCycle'] {
  const active = facts.cycles.find((cycle) => cycle.status === 'NOT_STARTED' || cycle.status === 'IN_PROGRESS');
  if (active === undefined) return null;
  return { id: active.id, status: current.some((task) => task.status === 'CANCELLED') ? 'ABANDONED' : 'DONE' };
}

/** Number of the last finished cycle; 0 = none. @param closing a cycle that this very plan finishes */
function lastDone(facts: ReleaseFacts, closing: string | null): number {
  const done = facts.cycles.filter((cycle) => cycle.status === 'DONE' || cycle.id === closing);
  return Math.max(0, ...done.map((cycle) => cycle.number));
}

function stageOf(run: RunView, key: StageKey): StageView {
  const stage = run.stages.find((candidate) => candidate.key === key);
  if (stage === undefined) throw new Error(`run ${run.id} has no stage ${key}`);
  return stage;
}

const isOver = (stage: StageView) => stage.status === 'COMPLETED' || stage.status === 'SKIPPED';
const isDrained = (stage: StageView) => stage.status === 'IN_PROGRESS' && stage.openTasks === 0;
const isPassed = (gate: TaskView) => gate.status === 'COMPLETED' || gate.status === 'SKIPPED';
const isOpen = (task: TaskView) => task.status !== 'COMPLETED' && task.status !== 'SKIPPED' && task.status !== 'CANCELLED';

/** A stage that had work is COMPLETED; one never opened is SKIPPED; one that is over already stays as it is. */
function closing(stage: StageView): PlanCommand[] {
  if (isOver(stage)) return [];
  return [{ do: 'close-stage', stage: stage.key, status: stage.status === 'PENDING' ? 'SKIPPED' : 'COMPLETED' }];
}

const preceded = (commands: readonly PlanCommand[], plan: ReleasePlan): ReleasePlan => ({
  ...plan,
  commands: [...commands, ...plan.commands],
});

const toWrite = ({ id, reason }: SlotSkip) => ({ id, status: 'SKIPPED' as const, reason });
