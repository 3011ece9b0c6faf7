import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deploymentPlan, plannedService } from '../../../test/data/deployment-facts.ts';
import type { PlanCommand, RunView, StageView, TaskPlan, TaskStatus, TaskView } from '../run.ts';
import { rollbackPipeline } from './default-pipeline.ts';
import { expandStage, stagesOf } from './expand-pipeline.ts';
import type { DeploymentPlan } from './plan.ts';
import { type DeploymentFacts, type DeploymentStep, planDeployment } from './plan-deployment.ts';

const now = new Date('2026-03-01T12:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);

/** A run as the engine would keep it: it carries out what the planner says, and tasks end as the test says. */
class Run {
  readonly facts: { -readonly [K in keyof DeploymentFacts]: DeploymentFacts[K] };
  status: RunView['status'] = 'PENDING';
  stages: StageView[];
  tasks: (TaskView & { dependsOn: readonly string[] })[] = [];
  holds: { reason: 'USER_REQUESTED' | 'TASK_FAILURE'; subject: string }[] = [];
  ending: DeploymentStep['ending'] = null;
  rolledBackFor: string | null = null;
  #order = 0;

  constructor(plan: DeploymentPlan) {
    const services = plan.services.map(({ serviceId, name }) => ({ serviceId, name, status: 'PENDING' as const, changeOrder: null }));
    this.facts = { plan, services, cancellation: null, failures: new Map() };
    this.stages = stagesOf(plan).map((key) => ({ id: key, key, status: 'PENDING', attempt: 0, openTasks: 0 }));
    const [first] = this.stages;
    if (first !== undefined) this.#open(first.key, expandStage(plan, first.key as 'PREFLIGHT'));
  }

  get view(): RunView {
    const stages = this.stages.map((stage) => ({
      ...stage,
      openTasks: this.tasks.filter((task) => task.stageKey === stage.key && !isOver(task)).length,
    }));
    return { id: 'R', tenantId: 'T', subjectId: 'D', status: this.status, holds: this.holds, stages, tasks: this.tasks };
  }

  plan(at = now): DeploymentStep {
    const step = planDeployment(this.facts, this.view, at);
    for (const command of step.commands) this.#carryOut(command);
    this.ending = step.ending ?? this.ending;
    this.rolledBackFor ??= step.rollsBackFor;
    return step;
  }

  /** Tasks that may end now. */
  startable() {
    return this.tasks.filter(
      (task) =>
        ['READY', 'PENDING'].includes(task.status) &&
        task.dependsOn.every((key) => isOver(this.tasks.find((other) => other.key === key && other.stageKey === task.stageKey))),
    );
  }

  end(key: string, status: TaskStatus): void {
    const task = this.tasks.findLast((candidate) => candidate.key === key);
    if (task === undefined) throw new Error(`no task ${key}`);
    if (task.type === 'DEPLOY_SERVICE') this.change(key.split('/')[1] as string);
    task.status = status;
    if (status === 'FAILED') this.facts.failures = new Map([...this.facts.failures, [task.id, 'it broke']]);
  }

  change(name: string): void {
    this.facts.services = this.facts.services.map((service) => {
      if (service.name !== name || service.changeOrder !== null) return service;
      this.#order += 1;
      return { ...service, status: 'CHANGING', changeOrder: this.#order };
    });
  }

  through(...stages: string[]): this {
    for (const stage of stages) {
      for (const { key } of this.tasks.filter(({ stageKey }) => stageKey === stage)) this.end(key, 'COMPLETED');
      this.plan();
    }
    return this;
  }

  stage = (key: string) => this.stages.find((stage) => stage.key === key)?.status;

  #open(key: string, plans: readonly TaskPlan[]): void {
    this.stages = this.stages.map((stage) => (stage.key === key ? { ...stage, status: 'IN_PROGRESS', attempt: 1 } : stage));
    this.tasks.push(
      ...plans.map((plan) => ({
        id: `${key}/${plan.key}`,
        stageKey: key,
        stageAttempt: 1,
        key: plan.key,
        type: plan.type,
        status: 'READY' as const,
        dependsOn: plan.dependsOn,
      })),
    );
  }

  #carryOut(command: PlanCommand): void {
    switch (command.do) {
      case 'start':
        this.status = 'IN_PROGRESS';
        break;
      case 'complete':
        this.status = 'COMPLETED';
        break;
      case 'open-stage':
        this.#open(command.stage, command.tasks);
        break;
      case 'close-stage':
        this.stages = this.stages.map((stage) => (stage.key === command.stage ? { ...stage, status: command.status } : stage));
        break;
      case 'cancel-tasks':
        for (const task of this.tasks) if (command.taskIds.includes(task.id)) task.status = 'CANCELLED';
        break;
      case 'lift-holds':
        this.holds = this.holds.filter(({ reason }) => !command.reasons.includes(reason));
        break;
      default:
        throw new Error(`deployments do not want ${command.do}`);
    }
  }
}

const isOver = (task: TaskView | undefined) => task !== undefined && ['COMPLETED', 'SKIPPED', 'CANCELLED'].includes(task.status);
const services = ['api', 'auth', 'web'].map((name) => plannedService(name));
const deploying = () => {
  const run = new Run(deploymentPlan(services));
  run.plan();
  return run.through('PREFLIGHT', 'SNAPSHOT');
};
const cancel = (run: Run, deadlineAt = later(60_000)) => {
  run.facts.cancellation = { reason: 'wrong version', deadlineAt };
};

/** Tasks end in any order, well or badly, and somebody may cancel. @returns the services that were taken back, in that order */
function wander(run: Run, steps: readonly { pick: number; fails: number; cancels: number }[]): string[] {
  const takenBack: string[] = [];
  for (const { pick, fails, cancels } of steps) {
    run.plan();
    expect(run.plan().commands).toEqual([]);
    if (run.status === 'COMPLETED') break;
    if (cancels === 0) cancel(run);
    const startable = run.startable();
    const task = startable[pick % startable.length];
    if (task === undefined) continue;
    if (task.type === 'ROLL_BACK_SERVICE' && fails > 0) takenBack.push(task.key.split('/')[1] as string);
    run.end(task.key, fails === 0 ? 'FAILED' : 'COMPLETED');
  }
  return takenBack;
}

describe('planDeployment', () => {
  it('goes from stage to stage to success', () => {
    const run = deploying().through('DEPLOY', 'VERIFY');

    expect(run.ending).toEqual({ outcome: 'SUCCEEDED', failure: null });
    expect(run.status).toBe('COMPLETED');
    expect(run.stages.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'SKIPPED']);
  });

  it('fails without a way back when nothing was changed', () => {
    const run = new Run(deploymentPlan(services));
    run.end('CHECK_PREFLIGHT', 'FAILED');
    run.plan();

    expect(run.ending).toEqual({ outcome: 'FAILED', failure: 'CHECK_PREFLIGHT: it broke' });
    expect(run.stage('ROLL_BACK')).toBe('SKIPPED');
    expect(run.tasks.map(({ status }) => status)).toEqual(['FAILED']);
  });

  it('takes back what was changed, the last changed first, and looks at all of it in the end', () => {
    const run = deploying();
    run.end('DEPLOY_SERVICE/auth', 'COMPLETED');
    run.end('DEPLOY_SERVICE/api', 'FAILED');
    run.plan();

    const back = run.tasks.filter(({ stageKey }) => stageKey === 'ROLL_BACK').map(({ key, dependsOn }) => [key, dependsOn]);
    expect(back).toEqual([
      ['ROLL_BACK_SERVICE/api', []],
      ['ROLL_BACK_SERVICE/auth', ['ROLL_BACK_SERVICE/api']],
      ['VERIFY_HEALTH', ['ROLL_BACK_SERVICE/auth']],
    ]);
    expect(run.tasks.find(({ key }) => key === 'DEPLOY_SERVICE/web')?.status).toBe('CANCELLED');
    expect(run.stage('DEPLOY')).toBe('CANCELLED');
    expect(run.ending).toBeNull();

    run.through('ROLL_BACK');

    expect(run.ending).toEqual({ outcome: 'ROLLED_BACK', failure: 'DEPLOY_SERVICE/api: it broke' });
  });

  it('takes back a service whose change had only begun', () => {
    const run = deploying();
    run.change('api');
    cancel(run);
    run.plan();

    expect(run.tasks.map(({ key }) => key)).toContain('ROLL_BACK_SERVICE/api');
    expect(run.through('ROLL_BACK').ending).toEqual({ outcome: 'ROLLED_BACK', failure: 'cancelled: wrong version' });
  });

  it('stops when the way back fails, once and for all', () => {
    const run = deploying();
    run.end('DEPLOY_SERVICE/api', 'FAILED');
    run.plan();
    run.end('ROLL_BACK_SERVICE/api', 'FAILED');
    run.plan();

    expect(run.ending).toEqual({ outcome: 'ROLLBACK_FAILED', failure: 'ROLL_BACK_SERVICE/api: it broke' });
    expect(run.tasks.find(({ stageKey, key }) => stageKey === 'ROLL_BACK' && key === 'VERIFY_HEALTH')?.status).toBe('CANCELLED');
  });

  it('has no way back of a way back', () => {
    const run = new Run(deploymentPlan(services, { kind: 'ROLLBACK', pipeline: rollbackPipeline }));
    run.plan();
    run.through('PREFLIGHT', 'SNAPSHOT').end('DEPLOY_SERVICE/api', 'FAILED');
    run.plan();

    expect(run.ending?.outcome).toBe('ROLLBACK_FAILED');
  });

  it('is cancelled for good where nothing was changed', () => {
    const run = deploying();
    cancel(run);
    run.plan();

    expect(run.ending).toEqual({ outcome: 'CANCELLED', failure: 'cancelled: wrong version' });
    expect(run.tasks.filter((task) => task.stageKey === 'DEPLOY').every(({ status }) => status === 'CANCELLED')).toBe(true);
  });

  it('lets no pause keep the way back, and none outlive the deployment', () => {
    const run = deploying();
    run.holds = [{ reason: 'USER_REQUESTED', subject: '' }];
    run.end('DEPLOY_SERVICE/api', 'FAILED');
    run.plan();

    expect(run.holds).toEqual([]);
  });

  it('leaves to a person what the pipeline leaves to a person', () => {
    const plan = deploymentPlan(services);
    const halting = {
      ...plan.pipeline,
      stages: plan.pipeline.stages.map((stage) => ({
        ...stage,
        tasks: stage.tasks.map((task) => ({ ...task, onFailure: 'halt' as const })),
      })),
    };
    const run = new Run({ ...plan, pipeline: halting });
    run.plan();
    run.through('PREFLIGHT', 'SNAPSHOT').end('DEPLOY_SERVICE/api', 'FAILED');

    expect(run.plan()).toMatchObject({ commands: [], ending: null });
    cancel(run);
    run.plan();
    expect(run.stage('ROLL_BACK')).toBe('IN_PROGRESS');
  });

  it('wakes at the deadline of a cancellation, and then says that it is overdue', () => {
    const run = deploying();
    run.change('api');
    cancel(run);

    expect(run.plan().wakeAt).toEqual(later(60_000));
    expect(run.plan(later(60_000))).toMatchObject({ overdue: true, wakeAt: null, commands: [] });
  });

  it('ends every history: with one outcome, everything taken back in the reverse of its change or all of it new, and asks for nothing twice', () => {
    const step = fc.record({ pick: fc.nat(), fails: fc.integer({ min: 0, max: 9 }), cancels: fc.integer({ min: 0, max: 24 }) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 40, maxLength: 40 }), (steps) => {
        const run = new Run(deploymentPlan(services));
        const takenBack = wander(run, [...steps, ...steps]);
        const changed = run.facts.services.filter(({ changeOrder }) => changeOrder !== null);
        const reverse = [...changed].sort((a, b) => Number(b.changeOrder) - Number(a.changeOrder)).map(({ name }) => name);
        expect(run.ending).not.toBeNull();
        switch (run.ending?.outcome) {
          case 'SUCCEEDED':
            expect(changed).toHaveLength(services.length);
            expect(takenBack).toEqual([]);
            break;
          case 'ROLLED_BACK':
            expect(takenBack).toEqual(reverse);
            break;
          case 'ROLLBACK_FAILED':
            expect(takenBack).toEqual(reverse.slice(0, takenBack.length));
            break;
          default:
            expect(changed).toEqual([]);
        }
      }),
      { numRuns: 150 },
    );
  });
});
