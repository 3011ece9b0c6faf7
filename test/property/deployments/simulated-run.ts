import { stagesOf } from '../../../src/domain/deployment/expand-pipeline.ts';
import type { DeploymentPlan } from '../../../src/domain/deployment/plan.ts';
import type { FailureAction, HoldReason, PlanCommand, RunStatus, RunView, StageView, TaskPlan, TaskView } from '../../../src/domain/run.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface SimulatedDeploymentTask extends Mutable<TaskView> {
  dependsOn: readonly string[];
  onFailure: FailureAction;
  service: string | null;
}

const ended = ['COMPLETED', 'SKIPPED', 'CANCELLED'];

/** The run of a deployment as the engine keeps it, in memory. */
export class SimulatedRun {
  status: RunStatus = 'PENDING';
  holds: { reason: HoldReason; subject: string }[] = [];
  readonly stages: Mutable<StageView>[];
  readonly tasks: SimulatedDeploymentTask[] = [];
  readonly failures = new Map<string, string>();

  constructor(plan: DeploymentPlan) {
    this.stages = stagesOf(plan).map((key) => ({ id: key, key, status: 'PENDING', attempt: 0, openTasks: 0 }));
  }

  get view(): RunView {
    return {
      ...{ id: 'run', tenantId: 'tenant', subjectId: 'deployment', status: this.status, holds: [...this.holds] },
      stages: this.stages.map((stage) => ({ ...stage })),
      tasks: this.tasks.map(({ id, stageKey, stageAttempt, key, type, status }) => ({ id, stageKey, stageAttempt, key, type, status })),
    };
  }

  get isHeld() {
    return this.holds.length > 0;
  }

  /** What has begun goes on while the run is held; nothing else starts. */
  get runnable(): SimulatedDeploymentTask[] {
    if (this.status === 'COMPLETED') return [];
    const isDone = (id: string) => this.tasks.some((task) => task.id === id && (task.status === 'COMPLETED' || task.status === 'SKIPPED'));
    return this.tasks.filter(
      ({ status, dependsOn }) => status === 'WAITING' || (status === 'READY' && !this.isHeld && dependsOn.every(isDone)),
    );
  }

  hold(reason: HoldReason, on: boolean): void {
    this.holds = this.holds.filter((hold) => hold.reason !== reason);
    if (on) this.holds.push({ reason, subject: '' });
  }

  end(task: SimulatedDeploymentTask, status: 'COMPLETED' | 'SKIPPED' | 'CANCELLED'): void {
    task.status = status;
    const stage = this.stages.find(({ key }) => key === task.stageKey);
    if (stage !== undefined) stage.openTasks -= 1;
  }

  fail(task: SimulatedDeploymentTask, why: string): 'held' | 'told' {
    this.failures.set(task.id, why);
    if (task.onFailure === 'continue') {
      this.end(task, 'SKIPPED');
      return 'told';
    }
    task.status = 'FAILED';
    if (task.onFailure === 'plan') return 'told';
    this.holds.push({ reason: 'TASK_FAILURE', subject: task.id });
    return 'held';
  }

  retry(task: SimulatedDeploymentTask): void {
    task.status = 'READY';
    this.holds = this.holds.filter(({ subject }) => subject !== task.id);
  }

  /** @returns what the engine would not have taken; null = all is well */
  carryOut(commands: readonly PlanCommand[]): string | null {
    let trouble: string | null = null;
    for (const command of commands) trouble ??= this.#carryOut(command);
    return trouble;
  }

  #carryOut(command: PlanCommand): string | null {
    switch (command.do) {
      case 'start':
        this.status = 'IN_PROGRESS';
        return null;
      case 'open-stage':
        return this.#open(command.stage, command.tasks);
      case 'close-stage':
        return this.#close(command.stage, command.status);
      case 'cancel-tasks':
        for (const task of this.tasks.filter(({ id, status }) => command.taskIds.includes(id) && !ended.includes(status)))
          this.end(task, 'CANCELLED');
        return null;
      case 'lift-holds':
        this.holds = this.holds.filter(({ reason }) => !command.reasons.includes(reason));
        return null;
      case 'complete':
        this.status = 'COMPLETED';
        return this.stages.some(({ status }) => status === 'PENDING' || status === 'IN_PROGRESS') && !this.#isTurned
          ? 'completed with open stages'
          : null;
      default:
        return `a deployment asks for ${command.do}`;
    }
  }

  get #isTurned() {
    return this.stages.some(({ key, status }) => key === 'ROLL_BACK' && status !== 'PENDING');
  }

  #open(key: string, plans: readonly TaskPlan[]): string | null {
    const stage = this.stages.find((candidate) => candidate.key === key);
    if (stage === undefined) return `there is no stage ${key}`;
    if (stage.status !== 'PENDING') return `${key} is opened twice`;
    if (plans.length === 0) return `${key} is opened without tasks`;
    stage.status = 'IN_PROGRESS';
    stage.attempt += 1;
    stage.openTasks = plans.length;
    const idOf = (taskKey: string) => `${key}-${taskKey}`;
    for (const { key: taskKey, type, dependsOn, onFailure, input } of plans) {
      this.tasks.push({
        ...{ id: idOf(taskKey), stageKey: key, stageAttempt: stage.attempt, key: taskKey, type, status: 'READY' },
        ...{ dependsOn: dependsOn.map(idOf), onFailure: onFailure ?? 'hold', service: (input?.service as string | undefined) ?? null },
      });
    }
    return null;
  }

  #close(key: string, status: StageView['status']): string | null {
    const stage = this.stages.find((candidate) => candidate.key === key);
    if (stage === undefined) return `there is no stage ${key}`;
    stage.status = status;
    const open = this.tasks.some((task) => task.stageKey === key && !ended.includes(task.status) && task.status !== 'FAILED');
    return open ? `${key} is closed over open tasks` : null;
  }
}
