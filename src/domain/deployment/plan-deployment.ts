import type { Plan, PlanCommand, RunView, StageView, TaskPlan, TaskView } from '../run.ts';
import { rollBackTask } from './default-pipeline.ts';
import { expandStage } from './expand-pipeline.ts';
import type { DeploymentPlan } from './plan.ts';
import type { DeploymentOutcome, DeploymentStage, ServiceDeploymentStatus } from './vocabulary.ts';

export interface DeploymentFacts {
  plan: DeploymentPlan;
  services: readonly ServiceFact[];
  cancellation: { reason: string; deadlineAt: Date } | null;
  /** The last words of tasks that failed, by task id. */
  failures: ReadonlyMap<string, string>;
}

export interface ServiceFact {
  serviceId: string;
  name: string;
  status: ServiceDeploymentStatus;
  /** 1 for the one that was changed first; null = not changed. */
  changeOrder: number | null;
}

/** What comes next, and the deployment's own rows to write in the same transaction. */
export interface DeploymentStep extends Plan {
  /** How it ended. ROLLBACK_FAILED keeps its locks, every other outcome gives them back. */
  ending: { outcome: DeploymentOutcome; failure: string | null } | null;
  /** Services that could not be brought back, and why. */
  stranded: readonly { serviceId: string; why: string }[];
  /** Everything has to be taken back, for this reason. */
  rollsBackFor: string | null;
  /** The cancellation has not come to its end in the time it was given: a person must hear of it. */
  overdue: boolean;
}

const idle: DeploymentStep = { commands: [], wakeAt: null, ending: null, stranded: [], rollsBackFor: null, overdue: false };

/**
 * What comes next for a deployment. Pure, and a fixed point. Stages follow each other while nothing fails. A failure that the pipeline does not
 * leave to a person, and a cancellation, end what is under way: nothing changed → it is over; something changed → every changed service is taken
 * back, the last changed first. That happens once: what fails on the way back stays as it is, with its locks, for a person.
 */
export function planDeployment(facts: DeploymentFacts, run: RunView, now: Date): DeploymentStep {
  if (run.status === 'COMPLETED' || run.status === 'CANCELLED') return idle;
  const step = planStages(facts, run);
  const started = run.status === 'PENDING' ? { ...step, commands: [{ do: 'start' } as const, ...step.commands] } : step;
  return withDeadline(facts, started, now);
}

function planStages(facts: DeploymentFacts, run: RunView): DeploymentStep {
  const back = run.stages.find(({ key }) => key === 'ROLL_BACK');
  if (back !== undefined && back.status === 'IN_PROGRESS') return planWayBack(facts, run, back);
  const failed = run.tasks.find((task) => task.status === 'FAILED' && isFinal(facts.plan, task));
  if (failed !== undefined || facts.cancellation !== null) return planEnd(facts, run, failed);
  return planNext(facts, run);
}

/** Whether a failed task ends the deployment, or waits for a person. */
function isFinal({ pipeline }: DeploymentPlan, { stageKey, key }: TaskView): boolean {
  const stage = pipeline.stages.find((candidate) => candidate.key === stageKey);
  const task = stage?.tasks.find((candidate) => key === candidate.key || key.startsWith(`${candidate.key}/`));
  return task?.onFailure !== 'halt';
}

function planNext(facts: DeploymentFacts, run: RunView): DeploymentStep {
  const forward = run.stages.filter(({ key }) => key !== 'ROLL_BACK');
  const current = forward.find(({ status }) => status === 'IN_PROGRESS');
  if (current !== undefined && current.openTasks > 0) return idle;
  const closing: PlanCommand[] = current === undefined ? [] : [{ do: 'close-stage', stage: current.key, status: 'COMPLETED' }];
  const next = forward.find(({ status }) => status === 'PENDING');
  if (next !== undefined) return { ...idle, commands: [...closing, openStage(facts.plan, next)] };
  return {
    ...idle,
    commands: [...closing, ...finishing(run)],
    ending: { outcome: 'SUCCEEDED', failure: null },
  };
}

const openStage = (plan: DeploymentPlan, { key }: StageView): PlanCommand => ({
  ...{ do: 'open-stage', stage: key },
  tasks: expandStage(plan, key as DeploymentStage),
});

/** The run ends here or turns round. */
function planEnd(facts: DeploymentFacts, run: RunView, failed: TaskView | undefined): DeploymentStep {
  const { plan, cancellation } = facts;
  const why = failed === undefined ? `cancelled: ${cancellation?.reason ?? ''}` : failureOf(facts, failed);
  const stopping = [...cancelling(run.tasks, why), ...closingAs(run.stages, 'CANCELLED')];
  const changed = changedLastFirst(facts);
  if (changed.length === 0) {
    const outcome = failed === undefined ? 'CANCELLED' : 'FAILED';
    return { ...idle, commands: [...stopping, ...finishing(run)], ending: { outcome, failure: why } };
  }
  if (plan.kind === 'ROLLBACK') {
    return {
      ...idle,
      commands: [...stopping, ...finishing(run)],
      ending: { outcome: 'ROLLBACK_FAILED', failure: why },
      stranded: stranded(facts, run.tasks, 'DEPLOY_SERVICE'),
    };
  }
  const forward = run.stages.filter(({ key }) => key !== 'ROLL_BACK');
  return {
    ...idle,
    commands: [
      ...stopping,
      ...skipping(forward),
      { do: 'lift-holds', reasons: ['USER_REQUESTED', 'FREEZE', 'TASK_FAILURE'], why: 'what was changed is taken back' },
      { do: 'open-stage', stage: 'ROLL_BACK', tasks: wayBack(changed) },
    ],
    rollsBackFor: why,
  };
}

function planWayBack(facts: DeploymentFacts, run: RunView, back: StageView): DeploymentStep {
  const tasks = run.tasks.filter(({ stageKey }) => stageKey === back.key);
  const failed = tasks.find(({ status }) => status === 'FAILED');
  if (failed !== undefined) {
    const why = failureOf(facts, failed);
    return {
      ...idle,
      commands: [...cancelling(tasks, why), { do: 'close-stage', stage: back.key, status: 'CANCELLED' }, { do: 'complete' }],
      ending: { outcome: 'ROLLBACK_FAILED', failure: why },
      stranded: stranded(facts, tasks, 'ROLL_BACK_SERVICE'),
    };
  }
  if (back.openTasks > 0) return idle;
  const first = run.tasks.find((task) => task.status === 'FAILED');
  const why = first === undefined ? `cancelled: ${facts.cancellation?.reason ?? ''}` : failureOf(facts, first);
  return {
    ...idle,
    commands: [{ do: 'close-stage', stage: back.key, status: 'COMPLETED' }, { do: 'complete' }],
    ending: { outcome: 'ROLLED_BACK', failure: why },
  };
}

/** Each service after the one that was changed after it; all together are looked at in the end. */
function wayBack(changed: readonly ServiceFact[]): TaskPlan[] {
  const keys = changed.map(({ name }) => `ROLL_BACK_SERVICE/${name}`);
  const services = changed.map(({ serviceId, name }, index) => ({
    ...rollBackTask(keys[index] as string, 'ROLL_BACK_SERVICE'),
    dependsOn: keys.slice(Math.max(0, index - 1), index),
    input: { serviceId, service: name },
  }));
  return [...services, { ...rollBackTask('VERIFY_HEALTH', 'VERIFY_HEALTH'), dependsOn: keys.slice(-1), input: null }];
}

const changedLastFirst = ({ services }: DeploymentFacts): ServiceFact[] =>
  services.filter(({ changeOrder }) => changeOrder !== null).sort((a, b) => (b.changeOrder as number) - (a.changeOrder as number));

const failureOf = ({ failures }: DeploymentFacts, { id, key }: TaskView) => `${key}: ${failures.get(id) ?? 'it failed'}`;

/** Whatever ended its task: the driver's word, its attempts or its deadline. */
const stranded = ({ services, failures }: DeploymentFacts, tasks: readonly TaskView[], type: string): DeploymentStep['stranded'] =>
  services.flatMap(({ serviceId, name }) => {
    const task = tasks.find(({ key, status }) => key === `${type}/${name}` && status === 'FAILED');
    return task === undefined ? [] : [{ serviceId, why: failures.get(task.id) ?? 'it failed' }];
  });

const isOpen = ({ status }: TaskView) => ['PENDING', 'READY', 'IN_PROGRESS', 'WAITING'].includes(status);

/** What failed stays as it is: it tells why. */
function cancelling(tasks: readonly TaskView[], why: string): PlanCommand[] {
  const taskIds = tasks.filter(isOpen).map(({ id }) => id);
  return taskIds.length === 0 ? [] : [{ do: 'cancel-tasks', taskIds, why: why.slice(0, 1000) }];
}

const closingAs = (stages: readonly StageView[], status: 'CANCELLED'): PlanCommand[] =>
  stages.filter((stage) => stage.status === 'IN_PROGRESS').map(({ key }) => ({ do: 'close-stage', stage: key, status }));

const skipping = (stages: readonly StageView[]): PlanCommand[] =>
  stages.filter((stage) => stage.status === 'PENDING').map(({ key }) => ({ do: 'close-stage', stage: key, status: 'SKIPPED' }));

/** Nothing holds what is over. */
const finishing = (run: RunView): PlanCommand[] => [
  ...skipping(run.stages),
  ...(run.holds.length === 0
    ? []
    : [{ do: 'lift-holds', reasons: [...new Set(run.holds.map(({ reason }) => reason))], why: 'the deployment is over' } as const]),
  { do: 'complete' },
];

function withDeadline({ cancellation }: DeploymentFacts, step: DeploymentStep, now: Date): DeploymentStep {
  if (cancellation === null || step.ending !== null) return step;
  if (now >= cancellation.deadlineAt) return { ...step, overdue: true };
  return { ...step, wakeAt: cancellation.deadlineAt };
}
