import { rollbackPipeline } from '../../../src/domain/deployment/default-pipeline.ts';
import { dueProbes } from '../../../src/domain/deployment/health.ts';
import type { PipelineBody } from '../../../src/domain/deployment/pipeline.ts';
import type { DeploymentPlan } from '../../../src/domain/deployment/plan.ts';
import { type DeploymentFacts, type DeploymentStep, planDeployment } from '../../../src/domain/deployment/plan-deployment.ts';
import { decideRollBack, type RollBackProgress } from '../../../src/domain/deployment/rollout/decide-roll-back.ts';
import { programOf } from '../../../src/domain/deployment/rollout/program.ts';
import type { SideSeen } from '../../../src/domain/deployment/rollout/situation.ts';
import type { DeploymentOutcome, ServiceDeploymentStatus, Side } from '../../../src/domain/deployment/vocabulary.ts';
import { otherSide } from '../../../src/domain/deployment/vocabulary.ts';
import type { HoldReason } from '../../../src/domain/run.ts';
import { deploymentPlan, plannedService } from '../../data/deployment-facts.ts';
import { fair, ServiceRolloutSimulator, type Weather } from '../service-rollout-simulator.ts';
import { type SimulatedDeploymentTask, SimulatedRun } from './simulated-run.ts';

export const deploymentInvariants = [
  'terminal states never change',
  'no mutation before a snapshot',
  'no mutation before people approved it',
  "a terminal deployment's services are all new and healthy, or all at snapshot, or it says ROLLBACK_FAILED",
  'rollback order is the reverse of actual order',
  'no service before its dependencies are healthy',
  'no more services change at once than the environment takes',
  'the rollout of each service keeps its own invariants',
  'nothing starts while people pause it, unless it takes back',
  'it is taken back once',
  'a failure is named',
  'asked again it says the same',
  'it never stands still without a person, a time or a task',
] as const;
export type DeploymentInvariant = (typeof deploymentInvariants)[number];

export interface ModelService {
  name: string;
  /** Names of others that stand before it. */
  after: readonly string[];
  target: Parameters<typeof programOf>[0];
  /** Whether something ran before. */
  wasThere: boolean;
}

export interface ModelOptions {
  services: readonly ModelService[];
  maxParallel: number;
  kind: 'DEPLOY' | 'ROLLBACK';
  pipeline: PipelineBody;
  asksPeople: boolean;
}

interface Standing {
  rollout: ServiceRolloutSimulator;
  hadOld: boolean;
  status: ServiceDeploymentStatus;
  changeOrder: number | null;
  /** Sides and weight as the snapshot has them. */
  before: string;
  back: RollBackProgress;
}

/** A whole deployment over its pure parts: planner, pipeline, rollouts and ways back; the engine, drivers, routers and people are simulated. */
export class DeploymentModel {
  now = 1_000_000;
  readonly run: SimulatedRun;
  readonly plan: DeploymentPlan;
  readonly services = new Map<string, Standing>();
  readonly broken: { invariant: DeploymentInvariant; what: string }[] = [];
  outcome: DeploymentOutcome | null = null;
  failure: string | null = null;
  readonly takenBack: string[] = [];
  readonly met = { succeeded: 0, failed: 0, cancelled: 0, rolledBack: 0, rollbackFailed: 0, halted: 0, paused: 0, approved: 0 };
  #cancellation: DeploymentFacts['cancellation'] = null;
  #changes = 0;
  #hasSnapshot = false;
  #isApproved = false;
  #turns = 0;
  #end: string | null = null;

  constructor({ services, maxParallel, kind, pipeline, asksPeople }: ModelOptions) {
    const planned = services.map(({ name, after, target }) => plannedService(name, { after, target }));
    const base = deploymentPlan(planned);
    const environment = { ...base.environment, maxParallel, approval: asksPeople ? ({} as never) : null };
    this.plan = { ...base, kind, environment, pipeline: kind === 'ROLLBACK' ? rollbackPipeline : pipeline };
    for (const { name, target, wasThere } of services) {
      const rollout = new ServiceRolloutSimulator(programOf(target, { kind, from: wasThere ? 'blue' : null, unchanged: false }));
      const hadOld = wasThere || rollout.program.inPlace;
      const standing: Standing = {
        ...{ rollout, hadOld, status: 'PENDING', changeOrder: null, before: '' },
        back: { notReadySince: null, health: null },
      };
      standing.before = shown(standing);
      this.services.set(name, standing);
    }
    this.run = new SimulatedRun(this.plan);
    this.ask();
  }

  get over() {
    return this.outcome !== null;
  }

  get isTurned() {
    return this.run.stages.some(({ key, status }) => key === 'ROLL_BACK' && status === 'IN_PROGRESS');
  }

  pass(seconds: number): void {
    this.now += seconds * 1_000;
    for (const { rollout } of this.services.values()) rollout.pass(seconds);
  }

  /** The n-th task that could be worked at is worked at once. */
  work(n: number, weather: Weather = fair): void {
    const due = this.run.runnable;
    const task = due[n % Math.max(1, due.length)];
    if (task !== undefined) this.#work(task, weather);
  }

  /** Something goes wrong for good with a task that is no rollout. */
  fail(n: number): void {
    const due = this.run.runnable.filter(({ type }) => type !== 'DEPLOY_SERVICE' && type !== 'ROLL_BACK_SERVICE');
    const task = due[n % Math.max(1, due.length)];
    if (task === undefined) return;
    this.#failed(task, 'it went wrong');
    this.ask();
  }

  approve(): void {
    if (this.over) return;
    this.#isApproved = true;
    this.met.approved += 1;
  }

  hold(reason: HoldReason, on: boolean): void {
    if (this.over || this.isTurned) return;
    this.run.hold(reason, on);
    if (on) this.met.paused += 1;
    for (const { rollout } of this.services.values()) rollout.hold(on);
    this.ask();
  }

  cancel(): void {
    if (this.over || this.#cancellation !== null) return;
    this.#cancellation = { reason: 'wrong version', deadlineAt: new Date(this.now + 7_200_000) };
    this.ask();
  }

  /** A person retries what the pipeline left to them. */
  retry(): void {
    const task = this.run.tasks.find(({ status }) => status === 'FAILED');
    if (task === undefined || this.over || this.isTurned) return;
    // A rollout that was taken back is not begun again by itself.
    if (task.type === 'DEPLOY_SERVICE') return;
    this.run.retry(task);
  }

  /** Somebody turns the router's knobs while the service is on its way; what else others do is not the deployment's. */
  drift(n: number, weight: number): void {
    const standing = [...this.services.values()][n % this.services.size];
    if (!this.over && standing?.status === 'CHANGING') standing.rollout.drift(weight);
  }

  breakDown(name: string): void {
    this.services.get(name)?.rollout.breakDown();
  }

  each(does: (rollout: ServiceRolloutSimulator) => void): void {
    for (const { rollout } of this.services.values()) does(rollout);
  }

  /** Whether something can still happen: a task, or a person who was told. */
  get movable() {
    return this.over || this.run.runnable.length > 0 || this.run.holds.length > 0;
  }

  /** As the engine: asks, carries out, asks again; the second answer must change nothing. */
  ask(): void {
    for (let rounds = 0; rounds < 12; rounds += 1) {
      const step = planDeployment(this.#facts(), this.run.view, new Date(this.now));
      this.#judge(step);
      if (step.commands.length === 0) break;
      const what = this.run.carryOut(step.commands);
      if (what !== null) this.#must('asked again it says the same', false, what);
      if (step.ending !== null) this.#ended(step.ending);
    }
    const again = planDeployment(this.#facts(), this.run.view, new Date(this.now));
    this.#must('asked again it says the same', again.commands.length === 0 && again.ending === null, JSON.stringify(again.commands));
    this.#must('it never stands still without a person, a time or a task', this.movable, JSON.stringify(this.run.view.tasks));
    if (this.#end !== null)
      this.#must('terminal states never change', this.#end === this.#standing(), `${this.#end} → ${this.#standing()}`);
  }

  #facts(): DeploymentFacts {
    const services = [...this.services].map(([name, { status, changeOrder }]) => ({
      ...{ serviceId: this.plan.services.find((service) => service.name === name)?.serviceId ?? '', name, status, changeOrder },
    }));
    return { plan: this.plan, services, cancellation: this.#cancellation, failures: this.run.failures };
  }

  #judge({ commands, rollsBackFor, ending }: DeploymentStep): void {
    const opened = commands.find((command) => command.do === 'open-stage' && command.stage === 'ROLL_BACK');
    if (opened !== undefined && opened.do === 'open-stage') {
      this.#turns += 1;
      this.#must('it is taken back once', this.#turns === 1 && rollsBackFor !== null, `${this.#turns} times for ${rollsBackFor}`);
      const order = opened.tasks.filter(({ type }) => type === 'ROLL_BACK_SERVICE').map(({ input }) => String(input?.service));
      const changed = [...this.services].filter(([, { changeOrder }]) => changeOrder !== null);
      const reverse = changed.sort(([, a], [, b]) => (b.changeOrder ?? 0) - (a.changeOrder ?? 0)).map(([name]) => name);
      this.#must('rollback order is the reverse of actual order', String(order) === String(reverse), `${order} of ${reverse}`);
    }
    if (ending !== null && ending.outcome !== 'SUCCEEDED')
      this.#must('a failure is named', (ending.failure ?? '').length > 3, String(ending.failure));
  }

  #ended({ outcome, failure }: NonNullable<DeploymentStep['ending']>): void {
    this.outcome = outcome;
    this.failure = failure;
    const all = [...this.services.values()];
    const isNew = ({ rollout, status }: Standing) =>
      rollout.state.status === 'COMPLETED' && rollout.sides[rollout.program.to]?.version === 'new' && status === 'HEALTHY';
    const isBack = (standing: Standing) => standing.status !== 'ROLLBACK_FAILED' && shown(standing) === standing.before;
    const holds = {
      SUCCEEDED: all.every(isNew),
      ROLLED_BACK: all.every(isBack),
      FAILED: all.every(isBack),
      CANCELLED: all.every(isBack),
      ROLLBACK_FAILED: true,
    }[outcome];
    const stands = JSON.stringify(all.map((standing) => [standing.before, shown(standing), standing.status]));
    this.#must(
      "a terminal deployment's services are all new and healthy, or all at snapshot, or it says ROLLBACK_FAILED",
      holds,
      `${outcome}: ${stands}`,
    );
    const counted = {
      SUCCEEDED: 'succeeded',
      FAILED: 'failed',
      CANCELLED: 'cancelled',
      ROLLED_BACK: 'rolledBack',
      ROLLBACK_FAILED: 'rollbackFailed',
    };
    this.met[counted[outcome] as keyof typeof this.met] += 1;
    this.#end = this.#standing();
  }

  #work(task: SimulatedDeploymentTask, weather: Weather): void {
    const isStart = task.status === 'READY';
    if (isStart) task.status = 'WAITING';
    const back = this.isTurned;
    if (isStart) this.#must('nothing starts while people pause it, unless it takes back', !this.run.isHeld || back, task.key);
    if (task.type === 'DEPLOY_SERVICE') this.#deploy(task, weather);
    else if (task.type === 'ROLL_BACK_SERVICE') this.#rollBack(task, weather);
    else if (task.type === 'APPROVE_DEPLOYMENT') {
      if (this.#isApproved) this.run.end(task, 'COMPLETED');
    } else {
      if (task.type === 'TAKE_SNAPSHOT') this.#hasSnapshot = true;
      // The worker died before it settled: whoever comes next does it again.
      if (weather.dies === null) this.run.end(task, 'COMPLETED');
    }
    this.ask();
  }

  #deploy(task: SimulatedDeploymentTask, weather: Weather): void {
    const name = task.service ?? '';
    const standing = this.services.get(name) as Standing;
    const { rollout } = standing;
    const [shownBefore, lengthBefore] = [shown(standing), rollout.broken.length];
    rollout.look(weather);
    for (const { invariant, what } of rollout.broken.slice(lengthBefore))
      this.#must('the rollout of each service keeps its own invariants', false, `${name}: ${invariant}: ${what}`);
    // It is given its place with the first act that is written down.
    const isTouched = shown(standing) !== shownBefore || rollout.installs > 0 || rollout.state.intended !== null;
    if (isTouched && standing.changeOrder === null) {
      this.#changes += 1;
      standing.changeOrder = this.#changes;
      standing.status = 'CHANGING';
      this.#judgeFirstChange(name);
    }
    if (!rollout.over) return;
    // The worker died before it settled: the next look finds the rollout over.
    if (weather.dies !== null) return;
    if (rollout.state.status === 'COMPLETED') {
      standing.status = 'HEALTHY';
      this.run.end(task, 'COMPLETED');
      return;
    }
    if (standing.changeOrder !== null) standing.status = 'FAILED';
    this.#failed(task, 'it was aborted');
  }

  #judgeFirstChange(name: string): void {
    const service = this.plan.services.find((candidate) => candidate.name === name);
    this.#must('no mutation before a snapshot', this.#hasSnapshot, name);
    const asks = this.plan.environment.approval !== null && this.plan.kind !== 'ROLLBACK';
    this.#must('no mutation before people approved it', !asks || this.#isApproved, name);
    for (const before of service?.after ?? [])
      this.#must(
        'no service before its dependencies are healthy',
        this.services.get(before)?.status === 'HEALTHY',
        `${name} before ${before}`,
      );
    const changing = [...this.services.values()].filter(({ status }) => status === 'CHANGING').length;
    this.#must('no more services change at once than the environment takes', changing <= this.plan.environment.maxParallel, `${changing}`);
  }

  #rollBack(task: SimulatedDeploymentTask, weather: Weather): void {
    const name = task.service ?? '';
    const standing = this.services.get(name) as Standing;
    const { rollout, hadOld } = standing;
    const { to, inPlace, routed, health } = rollout.program;
    const oldSide = inPlace ? to : otherSide(to);
    const old = hadOld ? { side: oldSide, seen: seen(rollout, oldSide, 'old') } : null;
    const weight = weather.router === 'silent' ? null : rollout.weight;
    const decision = decideRollBack({
      ...{ to, old, checks: health, progress: standing.back, readyWithinMs: 600_000, now: this.now },
      next: seen(rollout, to, 'new'),
      route: routed ? { weight, headerRoute: rollout.headerRoute, why: null, isRead: weather.router !== 'silent' } : null,
      probes:
        old?.seen.state === 'ready'
          ? dueProbes(health, standing.back.health, this.now).map((check) => ({
              check,
              at: this.now,
              ok: rollout.healthy,
              detail: 'probed',
            }))
          : [],
    });
    if (weather.dies !== null && 'before' in weather.dies) return;
    if (decision.failure !== null) {
      standing.status = 'ROLLBACK_FAILED';
      this.#failed(task, decision.failure);
      return;
    }
    if (decision.isDone) {
      this.takenBack.push(name);
      standing.status = 'ROLLED_BACK';
      this.run.end(task, 'COMPLETED');
      return;
    }
    const { act } = decision;
    const mood = act?.do === 'install' || act?.do === 'remove' ? weather.driver : weather.router;
    if (act !== null && mood === 'refuses') {
      standing.status = 'ROLLBACK_FAILED';
      this.#failed(task, 'it was refused');
      return;
    }
    if (act !== null && mood === 'well') this.#undo(rollout, act);
    if (weather.dies === null) standing.back = decision.progress;
  }

  #undo(rollout: ServiceRolloutSimulator, act: NonNullable<ReturnType<typeof decideRollBack>['act']>): void {
    if (act.do === 'install') rollout.sides[act.side] = { version: 'old', readyAt: this.now + 1_000, failed: false };
    if (act.do === 'remove') rollout.sides[act.side] = null;
    if (act.do === 'set-weights') rollout.weight = act.weights[rollout.program.to];
    if (act.do === 'set-header-route') rollout.headerRoute = null;
  }

  #failed(task: SimulatedDeploymentTask, why: string): void {
    if (this.run.fail(task, why) === 'held') this.met.halted += 1;
  }

  #standing(): string {
    return JSON.stringify([this.outcome, this.failure, this.run.view.tasks, [...this.services.values()].map(shown)]);
  }

  #must(invariant: DeploymentInvariant, holds: boolean, what: string): void {
    if (!holds) this.broken.push({ invariant, what });
  }
}

function seen(rollout: ServiceRolloutSimulator, side: Side, expected: 'old' | 'new'): SideSeen {
  const workload = rollout.sides[side];
  if (workload === null) return { state: 'absent', why: null };
  if (workload.version !== expected) return { state: 'other', why: null };
  if (workload.failed) return { state: 'failed', why: 'it crashed' };
  return { state: workload.readyAt <= rollout.now ? 'ready' : 'progressing', why: null };
}

const shown = ({ rollout }: Pick<Standing, 'rollout'>): string =>
  JSON.stringify([rollout.sides.blue?.version ?? null, rollout.sides.green?.version ?? null, rollout.weight, rollout.headerRoute]);
