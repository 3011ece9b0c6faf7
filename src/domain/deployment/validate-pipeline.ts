import { findCycle } from './order.ts';
import { type PipelineBody, type PipelineTask, pipelineTaskTypes } from './pipeline.ts';
import { deploymentStages } from './vocabulary.ts';

export interface PipelineProblem {
  /** JSON pointer into the body. */
  field: string;
  message: string;
}

type Stage = PipelineBody['stages'][number];
const suites = ['smoke', 'e2e', 'full'];
const MAX_BAKE_MS = 14 * 86_400_000;

/** Everything wrong with a pipeline at once; none = it may be saved. */
export function validatePipeline(body: PipelineBody): PipelineProblem[] {
  return [
    ...stageProblems(body),
    ...body.stages.flatMap((stage, index) => tasksProblems(stage, `/stages/${index}`)),
    ...wholeProblems(body),
  ];
}

function stageProblems({ tiers, stages }: PipelineBody): PipelineProblem[] {
  const problems: PipelineProblem[] = tiers.length === 0 ? [{ field: '/tiers', message: 'names no tier, so nothing could use it' }] : [];
  let reached = -1;
  stages.forEach(({ key }, index) => {
    const position = deploymentStages.indexOf(key);
    const field = `/stages/${index}/key`;
    if (position === -1 || (key as string) === 'ROLL_BACK') problems.push({ field, message: 'is no stage of a pipeline' });
    else if (position === reached || stages.findIndex((other) => other.key === key) < index) {
      problems.push({ field, message: `${key} stands there twice` });
    } else if (position < reached)
      problems.push({ field, message: `${key} comes too late: the order is ${deploymentStages.slice(0, -1).join(', ')}` });
    reached = Math.max(reached, position);
  });
  return problems;
}

function tasksProblems({ key: stage, tasks }: Stage, field: string): PipelineProblem[] {
  const keys = new Set(tasks.map(({ key }) => key));
  const problems = tasks.flatMap((task, index) => {
    const at = `${field}/tasks/${index}`;
    const found = taskProblems(task, at);
    const type = pipelineTaskTypes[task.type];
    if (type !== undefined && !(type.stages as readonly string[]).includes(stage)) {
      found.push({ field: `${at}/type`, message: `${task.type} belongs to ${type.stages.join(', ')}, not to ${stage}` });
    }
    if (tasks.findIndex((other) => other.key === task.key) < index) {
      found.push({ field: `${at}/key`, message: `${task.key} stands there twice` });
    }
    task.dependsOn.forEach((other, position) => {
      if (!keys.has(other)) found.push({ field: `${at}/dependsOn/${position}`, message: `${stage} has no task ${other}` });
    });
    return found;
  });
  const cycle = findCycle(tasks.flatMap((task) => task.dependsOn.map((to) => ({ from: task.key, to }))));
  if (cycle !== null) problems.push({ field: `${field}/tasks`, message: `depend on each other in a circle: ${cycle.join(' → ')}` });
  return problems;
}

function taskProblems(task: PipelineTask, at: string): PipelineProblem[] {
  const problems: PipelineProblem[] = [];
  const wrong = (field: string, message: string) => problems.push({ field: `${at}/${field}`, message });
  if (!/^[A-Za-z0-9_-]{1,48}$/.test(task.key)) wrong('key', 'takes 1 to 48 letters, digits, dashes and underscores');
  if (pipelineTaskTypes[task.type] === undefined) wrong('type', `is none of ${Object.keys(pipelineTaskTypes).join(', ')}`);
  if (!Number.isInteger(task.maxAttempts) || task.maxAttempts < 1 || task.maxAttempts > 20) wrong('maxAttempts', 'takes 1 to 20');
  if (!Number.isInteger(task.timeoutMs) || task.timeoutMs < 1_000 || task.timeoutMs > 30 * 86_400_000) {
    wrong('timeoutMs', 'takes one second to 30 days, in milliseconds');
  }
  if (task.onFailure === 'continue' && !['RUN_TESTS', 'BAKE'].includes(task.type)) {
    wrong('onFailure', `${task.type} cannot be gone on without`);
  }
  const taken = task.type === 'RUN_TESTS' ? ['suite'] : task.type === 'BAKE' ? ['forMs'] : [];
  for (const name of Object.keys(task.input)) if (!taken.includes(name)) wrong(`input/${name}`, `${task.type} takes no such input`);
  if (task.type === 'RUN_TESTS' && !suites.includes(String(task.input.suite))) wrong('input/suite', `is none of ${suites.join(', ')}`);
  if (task.type === 'BAKE' && !isWithin(task.input.forMs, 1_000, MAX_BAKE_MS))
    wrong('input/forMs', 'takes one second to 14 days, in milliseconds');
  if (task.type === 'BAKE' && isWithin(task.input.forMs, task.timeoutMs, MAX_BAKE_MS)) wrong('timeoutMs', 'must be longer than the baking');
  return problems;
}

const isWithin = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

const mutating = ['MIGRATE_SCHEMA', 'DEPLOY_SERVICE'];

/** What a pipeline must have, whatever else is in it. */
function wholeProblems({ tiers, stages }: PipelineBody): PipelineProblem[] {
  const problems: PipelineProblem[] = [];
  const where = (type: string) => stages.findIndex(({ tasks }) => tasks.some((task) => task.type === type));
  const changes = stages.findIndex(({ tasks }) => tasks.some(({ type }) => mutating.includes(type)));
  if (where('DEPLOY_SERVICE') === -1) problems.push({ field: '/stages', message: 'has no DEPLOY_SERVICE' });
  const deploying = stages.flatMap(({ tasks }) => tasks.filter(({ type }) => type === 'DEPLOY_SERVICE'));
  if (deploying.length > 1) problems.push({ field: '/stages', message: 'deploys each service twice: there is one DEPLOY_SERVICE' });
  if (where('CHECK_PREFLIGHT') === -1) problems.push({ field: '/stages', message: 'has no CHECK_PREFLIGHT' });
  const snapshot = where('TAKE_SNAPSHOT');
  if (snapshot === -1 || (changes !== -1 && snapshot > changes)) {
    problems.push({ field: '/stages', message: 'takes no snapshot before something is changed (TAKE_SNAPSHOT)' });
  }
  if (where('VERIFY_HEALTH') <= where('DEPLOY_SERVICE')) {
    problems.push({ field: '/stages', message: 'does not verify health after the deployment (VERIFY_HEALTH)' });
  }
  if (where('MIGRATE_SCHEMA') > where('DEPLOY_SERVICE') && where('DEPLOY_SERVICE') !== -1) {
    problems.push({ field: '/stages', message: 'migrates schemas after the deployment' });
  }
  if (tiers.includes('production') && !isBehindApproval(stages, changes)) {
    problems.push({ field: '/stages', message: 'changes production without an APPROVE_DEPLOYMENT before it' });
  }
  return problems;
}

/** In an earlier stage, or in the same and before every task that changes something. */
function isBehindApproval(stages: readonly Stage[], changes: number): boolean {
  if (changes === -1) return true;
  const approves = ({ tasks }: Stage) => tasks.filter(({ type }) => type === 'APPROVE_DEPLOYMENT').map(({ key }) => key);
  if (stages.slice(0, changes).some((stage) => approves(stage).length > 0)) return true;
  const stage = stages[changes];
  if (stage === undefined) return true;
  const approvals = approves(stage);
  const isAfter = (task: PipelineTask, seen: ReadonlySet<string> = new Set()): boolean =>
    task.dependsOn.some((key) => {
      const before = stage.tasks.find((other) => other.key === key);
      return approvals.includes(key) || (before !== undefined && !seen.has(key) && isAfter(before, new Set([...seen, key])));
    });
  return stage.tasks.filter(({ type }) => mutating.includes(type)).every((task) => isAfter(task));
}
