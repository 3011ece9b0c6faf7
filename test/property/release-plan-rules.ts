import type { ReleaseFacts, ReleasePlan } from '../../src/domain/release/plan-release.ts';
import type { Slot } from '../../src/domain/release/slots.ts';
import type { RunView, TaskStatus } from '../../src/domain/run.ts';

/** What a plan was made on. */
interface Situation {
  facts: ReleaseFacts;
  run: RunView;
  now: Date;
}

const ended: readonly TaskStatus[] = ['COMPLETED', 'SKIPPED', 'CANCELLED'];

/** What a plan must never want, written without the planner's own reasoning. @returns a sentence per broken rule */
export function brokenByPlan(plan: ReleasePlan, at: Situation): string[] {
  return [
    ...brokenByGate(plan, at),
    ...brokenByDistribution(plan, at),
    ...brokenByCancellation(plan, at),
    ...plan.slots.flatMap(({ id, status }) => brokenByDecision(id, status, plan, at)),
  ];
}

/** No gate before every slot is used up, and nothing beyond the gate before it is passed. */
function brokenByGate(plan: ReleasePlan, { facts, run }: Situation): string[] {
  const decided = new Map(plan.slots.map(({ id, status }) => [id, status]));
  const planned = facts.slots.filter((slot) => (decided.get(slot.id) ?? slot.status) === 'PLANNED');
  const running = facts.cycles.filter((cycle) => cycle.status === 'IN_PROGRESS' && cycle.id !== plan.closeCycle?.id);
  const lastGate = run.tasks.findLast((task) => task.type === 'APPROVE_REGRESSION')?.status;
  return plan.commands.flatMap((command) => {
    const opensPost = command.do === 'open-stage' && command.stage === 'POST_REGRESSION';
    const addsGate = command.do === 'add-tasks' && command.tasks.some(({ type }) => type === 'APPROVE_REGRESSION');
    if (!addsGate && !opensPost) return [];
    return [
      ...(planned.length > 0 ? [`${command.do} with ${planned.length} slots left`] : []),
      ...(running.length > 0 ? [`${command.do} with a cycle running`] : []),
      ...(opensPost && lastGate !== 'COMPLETED' && lastGate !== 'SKIPPED' ? [`post-regression opens while its gate is ${lastGate}`] : []),
    ];
  });
}

/** Nothing goes to a store before everything of post-regression has ended, its gate included. */
function brokenByDistribution(plan: ReleasePlan, { facts, run }: Situation): string[] {
  if (!plan.commands.some((command) => command.do === 'open-stage' && command.stage === 'DISTRIBUTION')) return [];
  const before = run.tasks.filter((task) => task.stageKey === 'POST_REGRESSION');
  const open = before.filter(({ status }) => !ended.includes(status));
  return [
    ...(open.length > 0 ? [`distribution opens while ${open[0]?.key} is ${open[0]?.status}`] : []),
    ...(before.some(({ type }) => type === 'APPROVE_DISTRIBUTION') ? [] : ['distribution opens without its gate']),
    ...(facts.config.stores.length === 0 ? ['distribution opens without a store'] : []),
  ];
}

/** Only CI runs of cycles that are over are stopped: abandoned ones, or all before the one that opens. Nothing else begins while it is paused. */
function brokenByCancellation(plan: ReleasePlan, { facts, run }: Situation): string[] {
  const paused = run.holds.some(({ reason }) => reason === 'USER_REQUESTED');
  return plan.commands.flatMap((command) => {
    if (command.do !== 'add-tasks' && command.do !== 'open-stage') return paused ? [`${command.do} while it is paused`] : [];
    const others = command.tasks.filter(({ type }) => type !== 'CANCEL_SUPERSEDED_BUILDS');
    const stopped = command.tasks.filter(({ type }) => type === 'CANCEL_SUPERSEDED_BUILDS').map(({ input }) => Number(input?.through));
    const active = facts.cycles.filter(({ id, status }) => status === 'IN_PROGRESS' && id !== plan.closeCycle?.id);
    return [
      ...(paused && others.length > 0 ? [`${others[0]?.key} is planned while it is paused`] : []),
      ...stopped.flatMap((through) =>
        active.some(({ number }) => number <= through) ? [`the builds of cycle ${through} are stopped under it`] : [],
      ),
      ...stopped.flatMap((through) =>
        facts.cycles.some((cycle) => cycle.number === through && cycle.hasRunningBuilds) ? [] : ['nothing is stopped'],
      ),
    ];
  });
}

/** A slot becomes a cycle in its turn and time, or because somebody wants it now; it is skipped only when it may not any more. */
function brokenByDecision(id: string, status: 'USED' | 'SKIPPED', plan: ReleasePlan, { facts, now }: Situation): string[] {
  const slot = facts.slots.find((candidate) => candidate.id === id);
  if (slot?.status !== 'PLANNED') return [`slot ${id} is decided although it is ${slot?.status}`];
  const late = slot.date >= facts.targetReleaseDate || now > facts.targetReleaseDate;
  const candidate = plan.closeCycle?.status === 'DONE' || facts.cycles.some((cycle) => cycle.status === 'DONE');
  const early = facts.preReleaseRequested && candidate;
  if (status === 'SKIPPED')
    return late || early || isCaughtUp(slot, plan, { facts, now }) ? [] : [`slot ${id} is skipped although it could still be used`];

  const skipped = new Set(plan.slots.filter((entry) => entry.status === 'SKIPPED').map((entry) => entry.id));
  const older = facts.slots.filter((other) => other.status === 'PLANNED' && !skipped.has(other.id) && other.date < slot.date);
  const inTime = slot.date <= now && !late && !early;
  return [
    ...(older.length > 0 ? [`slot ${id} is used before ${older[0]?.id}`] : []),
    ...(inTime || facts.regressionRequested ? [] : [`slot ${id} is used at the wrong time`]),
  ];
}

/** Where the newest late slot stands for all, the others go with the cycle it becomes. */
function isCaughtUp(slot: Slot, plan: ReleasePlan, { facts, now }: Pick<Situation, 'facts' | 'now'>): boolean {
  const used = facts.slots.find(({ id }) => id === plan.openCycle?.slotId);
  const isDue = slot.date <= now || facts.regressionRequested;
  return facts.config.slotCatchUp === 'LATEST' && used !== undefined && used.date >= slot.date && isDue;
}

/** After a plan nobody is asked to approve while a slot is still to come, and no slot that is due or too late is left lying. */
export function brokenAtRest({ facts, run, now }: Situation): string[] {
  const paused = run.holds.some((hold) => hold.reason === 'USER_REQUESTED');
  const kickoff = run.stages.find((stage) => stage.key === 'KICKOFF');
  if (paused || run.status === 'PENDING' || kickoff?.status === 'IN_PROGRESS') return [];
  const planned = facts.slots.filter((slot) => slot.status === 'PLANNED');
  const waits = run.tasks.some((task) => task.type === 'APPROVE_REGRESSION' && !ended.includes(task.status));
  const running = facts.cycles.some((cycle) => cycle.status === 'IN_PROGRESS');
  const lying = planned.filter((slot) => slot.date <= now || slot.date >= facts.targetReleaseDate);
  return [
    ...(waits && planned.length > 0 ? ['the gate waits although a slot is left'] : []),
    ...(!running && lying.length > 0 ? [`slot ${lying[0]?.id} is due or past the target date and left lying`] : []),
  ];
}
