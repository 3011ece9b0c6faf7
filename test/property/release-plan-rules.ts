import type { ReleaseFacts, ReleasePlan } from '../../src/domain/release/plan-release.ts';
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
    if (command.do !== 'add-tasks' && !opensPost) return [];
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

/** A slot becomes a cycle in its turn and time, or because somebody wants it now; it is skipped only when it may not any more. */
function brokenByDecision(id: string, status: 'USED' | 'SKIPPED', plan: ReleasePlan, { facts, now }: Situation): string[] {
  const slot = facts.slots.find((candidate) => candidate.id === id);
  if (slot?.status !== 'PLANNED') return [`slot ${id} is decided although it is ${slot?.status}`];
  const late = slot.date >= facts.targetReleaseDate || now > facts.targetReleaseDate;
  const candidate = plan.closeCycle?.status === 'DONE' || facts.cycles.some((cycle) => cycle.status === 'DONE');
  const early = facts.preReleaseRequested && candidate;
  if (status === 'SKIPPED') return late || early ? [] : [`slot ${id} is skipped although it could still be used`];

  const skipped = new Set(plan.slots.filter((entry) => entry.status === 'SKIPPED').map((entry) => entry.id));
  const older = facts.slots.filter((other) => other.status === 'PLANNED' && !skipped.has(other.id) && other.date < slot.date);
  const inTime = slot.date <= now && !late && !early;
  return [
    ...(older.length > 0 ? [`slot ${id} is used before ${older[0]?.id}`] : []),
    ...(inTime || facts.regressionRequested ? [] : [`slot ${id} is used at the wrong time`]),
  ];
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
