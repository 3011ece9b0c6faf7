import type { Verdict } from '../../src/domain/analysis/judge-metric.ts';
import { decideRollout } from '../../src/domain/rollout/decide-rollout.ts';
import { analysisOf, type Evidence } from '../../src/domain/rollout/evidence.ts';
import type { RolloutPlan } from '../../src/domain/rollout/plan.ts';
import { firstTarget } from '../../src/domain/rollout/progress.ts';
import type { ObservedState, RolloutAbilities, RolloutAct, RolloutState, RolloutWindows } from '../../src/domain/rollout/rollout.ts';
import type { RolloutDecision } from '../../src/domain/rollout/situation.ts';

const LOOKS = 6;

const openWindows: RolloutWindows = { exposureAllowed: true, opensAt: null, closedBy: [], onClose: 'finish' };

/**
 * A store, its console, the people and the task that looks: everything around `decideRollout`, in memory. Each act and each look is held
 * against what must hold of any, without the decision's own reasoning.
 */
export class RolloutSimulator {
  now = new Date(0);
  store: ObservedState;
  state: RolloutState = {
    ...{ status: 'PENDING', pauseReason: null, step: 0, stepReachedAt: null, fraction: 0 },
    ...{ wanted: 'RUN', advanceRequestedAt: null, intended: null },
  };
  held = false;
  windows: RolloutWindows = openWindows;
  /** What an analysis that is measured now comes to. */
  health: Verdict = 'successful';
  /** Violations found; a property expects none. */
  readonly broken: string[] = [];
  readonly met = {
    raised: 0,
    halted: 0,
    completed: 0,
    outside: 0,
    crashes: 0,
    keptBack: 0,
    haltedByWindow: 0,
    haltedByAnalysis: 0,
    unproven: 0,
  };
  readonly #plan: RolloutPlan;
  readonly #abilities: RolloutAbilities;
  /** Since when the store has shown this share to the look that saw it first. */
  #seen: { fraction: number; at: Date } = { fraction: 0, at: new Date(0) };
  /** Analyses by their keys: what is final stays as it is. */
  readonly #measured = new Map<string, Evidence & { begunAt: Date }>();
  /** When it was let go on last after a halt. */
  #resumedAt = new Date(0);

  constructor(plan: RolloutPlan, abilities: RolloutAbilities) {
    this.#plan = plan;
    this.#abilities = abilities;
    this.store = abilities.releasesOnRequest ? { kind: 'approved' } : this.#released();
  }

  pass(minutes: number): void {
    this.now = new Date(this.now.getTime() + minutes * 60_000);
  }

  /** A person of ours, whom the API refuses once it is over. */
  command(wish: Partial<Pick<RolloutState, 'wanted' | 'advanceRequestedAt'>>): void {
    if (!this.over) this.state = { ...this.state, ...wish };
  }

  hold(held: boolean): void {
    this.held = held;
  }

  close(onClose: RolloutWindows['onClose'] | null): void {
    this.windows = onClose === null ? openWindows : { exposureAllowed: false, opensAt: null, closedBy: ['Freeze'], onClose };
  }

  /** Somebody in the console, or the store itself. */
  change(to: ObservedState): void {
    if (!this.over) this.store = to;
  }

  get over() {
    return this.state.status === 'COMPLETED' || this.state.status === 'ABORTED';
  }

  get fraction(): number {
    if (this.store.kind === 'live') return 1;
    return this.store.kind === 'rolling-out' || this.store.kind === 'halted' ? this.store.fraction : 0;
  }

  /** The task looks, and does what it is told until there is nothing to do. `lose` = it dies right after so many acts. */
  look(lose: number | null, shows: 'truth' | 'nothing' | 'riddle' = 'truth'): void {
    let acts = 0;
    for (let looked = 0; looked < LOOKS && !this.over; looked += 1) {
      const observed = shows === 'truth' ? this.store : shows === 'nothing' ? null : ({ kind: 'unknown', raw: 'FROBBED' } as const);
      const evidence = this.#measure();
      const decision = this.#decide(observed, evidence);
      const before = this.state;
      this.state = decision.state;
      this.#judge(decision, observed, before, evidence);
      if (decision.act === null) return;
      this.#act(
        decision.act,
        before,
        decision.events.some(({ kind, outside }) => kind === 'resumed' && outside),
        evidence,
      );
      acts += 1;
      if (lose !== null && acts > lose) {
        this.met.crashes += 1;
        return;
      }
    }
    this.#must(this.over, 'it never comes to rest');
  }

  /** One look: what is not final comes to what it would come to now. */
  #measure(): (Evidence & { begunAt: Date }) | null {
    const wanted = analysisOf(this.#plan, this.state);
    if (wanted === null) return null;
    const known = this.#measured.get(wanted.key);
    if (known !== undefined && known.endedAt !== null) return known;
    const endedAt = this.health === 'running' ? null : this.now;
    const found = {
      key: wanted.key,
      verdict: this.health,
      reason: 'measured',
      nextLookAt: null,
      endedAt,
      begunAt: known?.begunAt ?? this.now,
    };
    this.#measured.set(wanted.key, found);
    return found;
  }

  #decide(observed: ObservedState | null, evidence: Evidence | null): RolloutDecision {
    const situation = {
      ...{ plan: this.#plan, abilities: this.#abilities, observed, held: this.held, now: this.now, windows: this.windows },
      evidence,
    };
    const decision = decideRollout({ ...situation, state: this.state });
    const again = decideRollout({ ...situation, state: decision.state });
    this.#must(again.events.length === 0, `asked again it tells ${JSON.stringify(again.events)}`);
    this.#must(same(again.act, decision.act), `asked again it does ${JSON.stringify(again.act)}`);
    this.#must(same(again.state, decision.state), `asked again it is ${JSON.stringify(again.state)}`);
    this.#must(same(again.wait, decision.wait), 'asked again it waits for something else');
    return decision;
  }

  #judge(decision: RolloutDecision, observed: ObservedState | null, before: RolloutState, evidence: Evidence | null): void {
    const { state, act, wait, failure } = decision;
    const shown = observed !== null && observed.kind !== 'unknown';
    this.#must(shown || same(before, state), 'it learnt from nothing');
    this.#must(act === null || shown, 'it acts without knowing');
    this.#must(state.status !== 'COMPLETED' || observed?.kind === 'live' || before.status === 'COMPLETED', 'completed unseen');
    this.#must(state.fraction >= 0 && state.fraction <= 1, `the share is ${state.fraction}`);
    const ends = state.status === 'COMPLETED' || failure !== null;
    this.#must([act !== null, wait !== null, ends].filter(Boolean).length === 1, 'it acts, waits or ends: exactly one of them');
    this.#must(wait?.for !== 'window' || !this.windows.exposureAllowed, 'it waits for windows that are open');
    this.met.keptBack += Number(wait?.for === 'window');
    this.#must(wait?.for !== 'time' || wait.until > this.now, 'it waits for what has passed');
    if (shown && Math.abs(this.fraction - this.#seen.fraction) > 1e-6) this.#seen = { fraction: this.fraction, at: this.now };
    const wantsHalt = state.wanted === 'HALT' || this.#mayBeTakenBack;
    this.#must(observed?.kind !== 'rolling-out' || !wantsHalt || act?.do === 'halt', 'it is to be halted, and is not');
    const resumed = decision.events.some(({ kind }) => kind === 'resumed');
    if (resumed) this.#resumedAt = this.now;
    const isBad = evidence?.verdict === 'failed' && !resumed;
    this.#must(observed?.kind !== 'rolling-out' || !isBad || act?.do === 'halt', 'it fails, and is not halted');
    const unproven = decision.events.some(({ kind }) => kind === 'unproven');
    this.#must(!unproven || (state.pauseReason === 'inconclusive' && evidence !== null), 'it is told unproven, and is not');
    this.met.unproven += Number(unproven);
    this.met.completed += Number(state.status === 'COMPLETED');
    this.met.outside += Number(decision.events.some((event) => event.outside));
  }

  /** What the store does, and what nobody may ask of it. */
  #act(act: RolloutAct, before: RolloutState, resumedOutside: boolean, evidence: (Evidence & { begunAt: Date }) | null): void {
    const from = this.fraction;
    const reachesMore = act.do === 'set-fraction' || act.do === 'complete' || act.do === 'release' || act.do === 'resume';
    if (reachesMore) {
      this.#must(!this.held, `${act.do} while the release is paused`);
      const { exposureAllowed, onClose } = this.windows;
      this.#must(exposureAllowed || (onClose === 'finish' && from > 0), `${act.do} while no window allows it`);
      this.#must(before.wanted !== 'HALT' || resumedOutside, `${act.do} while a person wants it halted`);
    }
    switch (act.do) {
      case 'release':
        this.#must(this.store.kind === 'approved', `released from ${this.store.kind}`);
        this.store = this.#released();
        return;
      case 'set-fraction':
        this.#must(this.store.kind === 'rolling-out', `raised from ${this.store.kind}`);
        this.#must(act.to > from && act.to < 1, `raised from ${from} to ${act.to}`);
        this.#mustHaveWaited(before);
        this.#mustBeProven(before, evidence);
        this.store = { kind: 'rolling-out', fraction: act.to };
        this.met.raised += 1;
        return;
      case 'complete':
        this.#must(this.store.kind === 'rolling-out', `completed from ${this.store.kind}`);
        if (before.wanted !== 'COMPLETE') {
          this.#mustHaveWaited(before);
          this.#mustBeProven(before, evidence);
        }
        this.store = { kind: 'live' };
        return;
      case 'halt':
        this.#must(before.wanted === 'HALT' || this.#mayBeTakenBack || isDoubtful(evidence), 'halted though nobody wants it');
        this.met.haltedByAnalysis += Number(act.analysis !== undefined);
        this.met.haltedByWindow += Number(act.windows !== undefined);
        this.#must(this.store.kind === 'rolling-out' || this.store.kind === 'live', `halted from ${this.store.kind}`);
        this.store = { kind: 'halted', fraction: from };
        this.met.halted += 1;
        return;
      case 'resume':
        this.#must(this.store.kind === 'halted', `resumed from ${this.store.kind}`);
        this.store = from === 1 ? { kind: 'live' } : { kind: 'rolling-out', fraction: from };
        return;
      default:
        act satisfies never;
    }
  }

  get #mayBeTakenBack(): boolean {
    const { exposureAllowed, onClose } = this.windows;
    // Where the store goes on by itself, standing still takes a halt.
    const halts = onClose === 'abort' || (onClose === 'pause' && this.#abilities.rollout.kind === 'phased');
    return !exposureAllowed && halts && this.store.kind !== 'live';
  }

  /** Nobody is reached by the next step before this one stood as long as planned, unless a person wants it. */
  #mustHaveWaited(before: RolloutState): void {
    if (before.advanceRequestedAt !== null || this.#plan.kind !== 'staged') return;
    const { steps } = this.#plan;
    const current = steps.filter(({ percent }) => percent / 100 <= this.fraction + 1e-6).at(-1) ?? steps[0];
    const stood = this.now.getTime() - this.#seen.at.getTime();
    const planned = current?.waitMinutes ?? null;
    this.#must(planned !== null && stood >= planned * 60_000, `raised after ${stood} ms at ${this.fraction}`);
  }

  /** Nor before what was measured of this very stay has passed, where the step asks for it. */
  #mustBeProven(before: RolloutState, evidence: (Evidence & { begunAt: Date }) | null): void {
    if (before.advanceRequestedAt !== null || this.#plan.kind !== 'staged') return;
    const { steps } = this.#plan;
    const current = steps.filter(({ percent }) => percent / 100 <= this.fraction + 1e-6).at(-1) ?? steps[0];
    if (current?.analysis === null || current?.analysis === undefined) return;
    const isOwn = evidence !== null && evidence.begunAt >= this.#seen.at && evidence.begunAt >= this.#resumedAt;
    this.#must(isOwn && evidence.verdict === 'successful', `raised at ${this.fraction} on ${JSON.stringify(evidence)}`);
  }

  #released(): ObservedState {
    const { rollout } = this.#abilities;
    const fraction =
      rollout.kind === 'phased' && this.#plan.kind === 'phased' ? (rollout.dailyPercents[0] ?? 100) / 100 : firstTarget(this.#plan);
    return fraction < 1 ? { kind: 'rolling-out', fraction } : { kind: 'live' };
  }

  #must(holds: boolean, otherwise: string): void {
    if (!holds) this.broken.push(`${this.now.toISOString()}: ${otherwise}`);
  }
}

const isDoubtful = (evidence: Evidence | null) => evidence !== null && evidence.verdict !== 'successful' && evidence.verdict !== 'running';

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
