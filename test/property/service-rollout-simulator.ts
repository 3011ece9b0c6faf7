import type { Verdict } from '../../src/domain/analysis/judge-metric.ts';
import type { Probe } from '../../src/domain/deployment/health.ts';
import { dueProbes } from '../../src/domain/deployment/health.ts';
import { analysesOf } from '../../src/domain/deployment/rollout/analyses.ts';
import { decideServiceRollout } from '../../src/domain/deployment/rollout/decide-service-rollout.ts';
import type { RolloutProgram } from '../../src/domain/deployment/rollout/program.ts';
import { isOver, pendingRollout, type ServiceRolloutAct, type ServiceRolloutState } from '../../src/domain/deployment/rollout/rollout.ts';
import type {
  AnalysisSeen,
  ServiceRolloutDecision,
  ServiceRolloutSituation,
  SideSeen,
  WindowsSeen,
} from '../../src/domain/deployment/rollout/situation.ts';
import { otherSide, type Side } from '../../src/domain/deployment/vocabulary.ts';

const ROUNDS = 12;
const READY_AFTER_MS = 5_000;

interface Workload {
  version: 'old' | 'new';
  readyAt: number;
  failed: boolean;
}

export const invariants = [
  'terminal states never change',
  'at most one external effect per key',
  'weight never rises while aborting',
  'aborted means observed zero',
  'stable and canary are a hundred',
  'no exposure increase when the window denies',
  'no exposure increase while people pause it',
  'nothing reaches it before it is ready and healthy',
  'weight never above the step of the plan',
  'no measurement never passes',
  'the old version is ended only after everything reached the new one and drained',
  'asked again it says the same',
  'it acts, waits or ends',
  'no wait without a deadline',
] as const;
export type Invariant = (typeof invariants)[number];

export interface Weather {
  driver: 'well' | 'silent' | 'hung' | 'refuses';
  router: 'well' | 'silent' | 'hung' | 'refuses';
  /** The worker dies before so many acts were done; null = it lives. */
  dies: { before: number } | { after: number } | null;
}

export const fair: Weather = { driver: 'well', router: 'well', dies: null };

/**
 * Driver, router, metrics, windows, people and the task that looks: everything around `decideServiceRollout`, in memory. Each act and each look is held
 * against what must hold of any, without the decision's own reasoning.
 */
export class ServiceRolloutSimulator {
  now = 1_000_000;
  state: ServiceRolloutState = pendingRollout;
  readonly sides: Record<Side, Workload | null> = { blue: null, green: null };
  /** Share of the new version. */
  weight = 0;
  headerRoute: { header: string; value: string } | null = null;
  windows: WindowsSeen = { allowed: true, blocking: [], nextChangeAt: null, onClose: 'pause' };
  held = false;
  healthy = true;
  /** What analyses that begin from now on come to. */
  verdict: Verdict = 'successful';
  readonly broken: { invariant: Invariant; what: string }[] = [];
  readonly met = { raised: 0, lowered: 0, completed: 0, aborted: 0, crashed: 0, drifted: 0, denied: 0, paused: 0 };
  installs = 0;
  readonly program: RolloutProgram;
  readonly #runs = new Map<string, { endsAt: number; verdict: Verdict }>();
  #reachedAllAt: number | null = null;
  #everOver: string | null = null;
  /** Some traffic was given by the rollout itself. */
  #isUnderWay = false;

  constructor(program: RolloutProgram) {
    this.program = program;
    if (program.from !== null) this.sides[program.from] = { version: 'old', readyAt: 0, failed: false };
    if (program.inPlace) {
      this.sides[program.to] = { version: 'old', readyAt: 0, failed: false };
      this.weight = 100;
    }
  }

  get over() {
    return isOver(this.state);
  }

  pass(seconds: number): void {
    this.now += seconds * 1_000;
  }

  /** A person, whom the API refuses once it is over. */
  command(wish: Partial<Pick<ServiceRolloutState, 'wanted' | 'advanceRequestedAt'>>): void {
    if (!this.over && this.state.wanted !== 'ABORT') this.state = { ...this.state, ...wish };
  }

  /** The router restarted, or somebody moved it by hand. */
  drift(weight: number): void {
    if (!this.over) {
      this.weight = weight;
      this.met.drifted += 1;
    }
  }

  windowsAre(windows: WindowsSeen): void {
    this.windows = windows;
  }

  /** People pause the deployment, or let it go on. */
  hold(held: boolean): void {
    this.held = held;
  }

  answerProbes(healthy: boolean): void {
    this.healthy = healthy;
  }

  measure(verdict: Verdict): void {
    this.verdict = verdict;
  }

  breakDown(): void {
    const workload = this.sides[this.program.to];
    if (workload !== null && workload.version === 'new') workload.failed = true;
  }

  /** The task looks, and does what it is told until there is nothing to do. */
  look(weather: Weather = fair): void {
    let done = 0;
    let refused: string | null = null;
    let last = '';
    for (let round = 0; round < ROUNDS; round += 1) {
      const situation = { ...this.#situation(weather), refused };
      const decision = this.#decide(situation);
      this.#judge(situation, decision);
      this.state = decision.state;
      refused = null;
      if (decision.act === null) {
        const wait = decision.wait;
        if (wait !== null && (wait.for === 'health' || wait.for === 'analysis') && wait.until <= this.now) continue;
        return;
      }
      if (JSON.stringify(decision.act) === last) return;
      if (weather.dies !== null && 'before' in weather.dies && weather.dies.before === done) {
        this.met.crashed += 1;
        return;
      }
      refused = this.#act(decision.act, weather, situation);
      last = refused === null ? JSON.stringify(decision.act) : '';
      done += 1;
      if (weather.dies !== null && 'after' in weather.dies && weather.dies.after < done) {
        this.met.crashed += 1;
        return;
      }
    }
  }

  #situation({ driver, router }: Weather): Omit<ServiceRolloutSituation, 'refused'> {
    const { program, state, now } = this;
    // Since when it has everything, as far as looks can tell.
    if (router !== 'silent') this.#reachedAllAt = this.weight === 100 ? (this.#reachedAllAt ?? now) : null;
    const side = driver === 'silent' ? ({ state: 'unknown', why: null } as const) : this.#seen(program.to, 'new');
    const analyses = new Map<string, AnalysisSeen>();
    for (const { key } of analysesOf(program, state)) {
      const run = this.#runs.get(key) ?? { endsAt: now + 30_000, verdict: this.verdict };
      this.#runs.set(key, run);
      const ended = now >= run.endsAt;
      analyses.set(key, { verdict: ended ? run.verdict : 'running', reason: 'as it went', nextLookAt: ended ? null : run.endsAt });
    }
    return {
      ...{ state, program, side, analyses, now, held: this.held, windows: this.windows },
      oldSide: program.from === null ? null : this.#seen(program.from, 'old'),
      route: program.routed
        ? { weight: router === 'silent' ? null : this.weight, headerRoute: router === 'silent' ? null : this.headerRoute, why: null }
        : null,
      probes: side.state === 'ready' && state.healthyAt === null ? this.#probes() : [],
    };
  }

  #probes(): Probe[] {
    return dueProbes(this.program.health, this.state.health, this.now).map((check) => ({
      ...{ check, at: this.now, ok: this.healthy },
      detail: 'probed',
    }));
  }

  #seen(side: Side, expected: 'old' | 'new'): SideSeen {
    const workload = this.sides[side];
    if (workload === null) return { state: 'absent', why: null };
    if (workload.version !== expected) return { state: 'other', why: null };
    if (workload.failed) return { state: 'failed', why: 'it crashed' };
    return { state: workload.readyAt <= this.now ? 'ready' : 'progressing', why: null };
  }

  #decide(situation: ServiceRolloutSituation): ServiceRolloutDecision {
    const decision = decideServiceRollout(situation);
    // Measured again, what has begun in the meantime may say more: only what was known is asked about.
    const again = decideServiceRollout({ ...situation, state: decision.state });
    const told = (of: ServiceRolloutDecision) =>
      JSON.stringify([of.act, of.wait?.for, of.failure, of.state.status, of.state.step, of.state.phase]);
    if (situation.refused === null)
      this.#must('asked again it says the same', told(again) === told(decision), `${told(decision)} then ${told(again)}`);
    return decision;
  }

  #judge(situation: ServiceRolloutSituation, { state, act, wait, failure }: ServiceRolloutDecision): void {
    const before = situation.state;
    if (this.#everOver !== null)
      this.#must('terminal states never change', state.status === this.#everOver, `${this.#everOver} → ${state.status}`);
    const wasOver = isOver(before);
    if (isOver(state)) this.#everOver = state.status;
    if (state.status === 'ABORTED' && !wasOver) {
      this.met.aborted += 1;
      const seen = situation.route?.weight === 0 || !this.program.routed || this.program.inPlace || state.installedAt === null;
      this.#must('aborted means observed zero', seen, `the router shows ${situation.route?.weight}`);
    }
    if (state.status === 'COMPLETED' && !wasOver) this.met.completed += 1;
    this.met.paused += Number(state.status === 'PAUSED');
    this.met.denied += Number(wait?.for === 'window');
    const ends = isOver(state) || failure !== null;
    this.#must(
      'it acts, waits or ends',
      [act !== null, wait !== null, ends].filter(Boolean).length === 1,
      JSON.stringify({ act, wait, failure }),
    );
    if (wait?.for === 'person' && state.pauseReason === 'inconclusive') {
      this.#must('no wait without a deadline', wait.until !== null && wait.until > this.now, JSON.stringify(wait));
    }
    if (wait?.for === 'time') this.#must('no wait without a deadline', wait.until > this.now, JSON.stringify(wait));
    this.#judgeEvidence(situation, state);
  }

  /** No analysis is left behind unless it was seen to succeed, or a person went on. */
  #judgeEvidence({ state: before, analyses }: ServiceRolloutSituation, state: ServiceRolloutState): void {
    if (state.step <= before.step || before.advanceRequestedAt !== null || before.wanted === 'PROMOTE') return;
    for (let step = before.step; step < state.step; step += 1) {
      const kind = this.program.steps[step]?.do;
      if (kind !== 'analysis' && kind !== 'judge') continue;
      this.#must('no measurement never passes', analyses.get(`step-${step + 1}`)?.verdict === 'successful', `step ${step + 1} was left`);
    }
  }

  /** @returns why it was refused for good */
  #act(act: ServiceRolloutAct, weather: Weather, situation: ServiceRolloutSituation): string | null {
    const mood = act.do === 'install' || act.do === 'remove' ? weather.driver : weather.router;
    this.#judgeAct(act, situation);
    if (mood === 'refuses') return 'it was refused';
    if (mood === 'hung') return null;
    switch (act.do) {
      case 'install': {
        const there = this.sides[act.side];
        if (there?.version === 'new') return null;
        this.installs += 1;
        this.#must('at most one external effect per key', this.installs === 1, `installed ${this.installs} times`);
        this.sides[act.side] = { version: 'new', readyAt: this.now + READY_AFTER_MS, failed: false };
        return null;
      }
      case 'remove':
        this.sides[act.side] = null;
        return null;
      case 'set-weights': {
        const to = act.weights[this.program.to];
        this.met[to > this.weight ? 'raised' : 'lowered'] += 1;
        this.weight = to;
        this.#isUnderWay ||= to > 0;
        return null;
      }
      case 'set-header-route':
        this.#isUnderWay ||= act.route !== null;
        this.headerRoute = act.route === null ? null : { header: act.route.header, value: act.route.value };
        return null;
      default:
        return act satisfies never;
    }
  }

  #judgeAct(act: ServiceRolloutAct, { state: before, windows, held, route }: ServiceRolloutSituation): void {
    const { program, state } = this;
    const shown = route?.weight ?? 0;
    const exposes = this.#exposes(act, shown);
    if (act.do === 'set-weights') {
      const { blue, green } = act.weights;
      this.#must('stable and canary are a hundred', blue + green === 100 && blue >= 0 && green >= 0, `${blue} + ${green}`);
      const to = act.weights[program.to];
      this.#must('weight never above the step of the plan', to <= this.#allowedBy(state), `${to} on step ${state.step}`);
      if (state.status === 'ABORTING') this.#must('weight never rises while aborting', to === 0, `set to ${to}`);
    }
    if (state.status === 'ABORTING') this.#must('weight never rises while aborting', !exposes, JSON.stringify(act));
    if (act.do === 'remove' && before.phase !== 'REMOVING') this.#judgeRemoval(act.side);
    if (!exposes || state.phase === 'REMOVING') return;
    const mayFinish = windows.onClose === 'finish' && this.#isUnderWay;
    this.#must('no exposure increase when the window denies', windows.allowed || mayFinish, JSON.stringify(act));
    this.#must('no exposure increase while people pause it', !held && before.wanted !== 'PAUSE', JSON.stringify(act));
    if (act.do === 'install') return;
    const ready = this.#seen(program.to, 'new').state === 'ready' && state.healthyAt !== null;
    this.#must('nothing reaches it before it is ready and healthy', ready, JSON.stringify(act));
  }

  #exposes(act: ServiceRolloutAct, shown: number): boolean {
    if (act.do === 'set-weights') return !this.program.inPlace && act.weights[this.program.to] > shown;
    if (act.do === 'set-header-route') return act.route !== null;
    return act.do === 'install' && this.program.inPlace && this.sides[act.side]?.version !== 'new';
  }

  /** The largest share that its steps have come to. */
  #allowedBy({ step, wanted }: ServiceRolloutState): number {
    if (wanted === 'PROMOTE') return 100;
    const come = this.program.steps.slice(0, step + 1).map((one) => (one.do === 'set-weight' ? one.percent : 0));
    return Math.max(0, ...come);
  }

  #judgeRemoval(side: Side): void {
    const drained = this.#reachedAllAt !== null && this.now - this.#reachedAllAt >= this.program.drainMs;
    const isOld = side === otherSide(this.program.to);
    this.#must(
      'the old version is ended only after everything reached the new one and drained',
      drained && this.weight === 100 && isOld,
      `${side} at ${this.weight} %`,
    );
  }

  #must(invariant: Invariant, holds: boolean, what: string): void {
    if (!holds) this.broken.push({ invariant, what });
  }
}
