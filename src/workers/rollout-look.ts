import { decideRollout } from '../domain/rollout/decide-rollout.ts';
import { analysisOf, type Evidence } from '../domain/rollout/evidence.ts';
import type { RolloutAct } from '../domain/rollout/rollout.ts';
import type { RolloutDecision } from '../domain/rollout/situation.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import type { StoreRelease, StoreReleaseQuery } from '../integrations/capabilities/app-store.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import { assertAttemptOurs } from '../services/execution/attempt-scope.ts';
import type { Seen, StoredRollout } from '../services/execution/stores/rollout-service.ts';
import type { StoreEvidenceService } from '../services/execution/stores/store-evidence-service.ts';
import type { NamedStore, OpenStore, StoreService } from '../services/execution/stores/store-service.ts';
import type { WindowStanding } from '../services/execution/window-service.ts';
import { windowSignals } from '../services/windows/window-signals.ts';
import { rolloutWindows, windowWaitOutput } from './release-windows.ts';
import { storeSignals } from './store-target.ts';

/*
 * A reconciler. Each look reads the store and what is measured first; `decideRollout` says what that means and what is next; the decision, with what is about to be done, is
 * written before it is done; and what the store shows afterwards is looked at like anything it shows. Commands of people write their wish and make
 * this task due. A crash between any two steps is one more look, which finds what was intended and what is there.
 */

/** Rounds of one look: an act or two, and commands that came in between. Whatever needs more goes on in a moment. */
const MAX_ROUNDS = 6;
const SOON_MS = 1_000;

/** A version that has passed review, on its way to everybody. */
export interface RollingOut {
  tenantId: string;
  /** Release or deployment. */
  scopeId: string;
  store: NamedStore;
  version: string;
  /** What was submitted; null = it is not known here. */
  buildNumber: string | null;
  windows(): Promise<WindowStanding>;
  open(): Promise<StoredRollout>;
  /** @returns false when somebody wrote the row since it was read */
  write(rollout: StoredRollout, decision: RolloutDecision, seen: Seen | null): Promise<boolean>;
  /** What a person can do about a failure; may be empty. */
  remedy: string;
}

interface LookContext {
  pollMs: number;
  services: { stores: StoreService; evidence: StoreEvidenceService };
}

export async function lookAtRollout(context: LookContext, rolling: RollingOut): Promise<Outcome> {
  const { tenantId, store, version, buildNumber } = rolling;
  const open = await context.services.stores.open(tenantId, store);
  const query = { app: open.app, version, buildNumber };
  let refused: ProviderError | null = null;
  let seen = await open.appStore.findRelease(query);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const rollout = await rolling.open();
    const windows = await rolling.windows();
    const evidence = await evidenceOf(context, rolling, rollout);
    const decision = decide(rollout, open, { seen, windows, evidence });
    const shown = seen === null ? null : { buildNumber: query.buildNumber, url: seen.url };
    // Somebody wrote their wish meanwhile: it counts.
    if (!(await rolling.write(rollout, decision, shown))) continue;
    if (decision.act === null) {
      // What is to be measured from here on begins in this look.
      const begins = analysisOf(rollout.plan, decision.state)?.key ?? evidence?.key;
      if (begins !== evidence?.key) continue;
      return outcomeOf(context, rolling, rollout, decision, { seen, windows, evidence });
    }
    if (refused !== null) throw refused;
    const done = await act(open, query, decision.act);
    refused = done instanceof ProviderError ? done : null;
    // The store may have changed since it was looked at: if it still wants the same after another look, a person has to.
    seen = done instanceof ProviderError ? await open.appStore.findRelease(query) : done;
  }
  return { kind: 'waiting', reason: 'CALLBACK', forMs: SOON_MS, signals: storeSignals(store) };
}

function evidenceOf(
  { services }: LookContext,
  { tenantId, scopeId, store, version, buildNumber }: RollingOut,
  rollout: StoredRollout,
): Promise<Evidence | null> {
  const { appId: app, track, target } = store;
  return services.evidence.look({ tenantId, scopeId, words: { version, buildNumber: buildNumber ?? '', app, track, target } }, rollout);
}

const decide = ({ state, plan, held, now }: StoredRollout, { appStore }: OpenStore, { seen, windows, evidence }: Looked): RolloutDecision =>
  decideRollout({
    ...{ state, plan, held, now, evidence, windows: rolloutWindows(windows) },
    ...{ abilities: appStore.abilities, observed: seen?.state ?? null },
  });

/** @returns what the store shows then, or why its state does not allow it */
async function act(
  { appStore, stagedRollout }: OpenStore,
  query: StoreReleaseQuery,
  what: RolloutAct,
): Promise<StoreRelease | ProviderError> {
  assertAttemptOurs();
  try {
    switch (what.do) {
      case 'release':
        return await appStore.ensureReleased(query);
      case 'set-fraction':
        if (stagedRollout === null) throw new Error('steps of ours were planned for a store that has days of its own');
        return await stagedRollout.setFraction(query, what.to);
      case 'halt':
        return await appStore.halt(query);
      case 'resume':
        return await appStore.resume(query);
      case 'complete':
        return await appStore.complete(query);
      default:
        return what satisfies never;
    }
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'conflict') return error;
    throw error;
  }
}

const reasonOf = { time: 'TIMER', person: 'HALTED', window: 'WINDOW', store: 'CALLBACK', analysis: 'CALLBACK' } as const;

interface Looked {
  seen: StoreRelease | null;
  windows: WindowStanding;
  evidence: Evidence | null;
}

function outcomeOf(
  { pollMs }: LookContext,
  { tenantId, store, version, remedy }: RollingOut,
  { plan, now }: StoredRollout,
  decision: RolloutDecision,
  { seen, windows, evidence }: Looked,
): Outcome {
  const { state, wait, failure } = decision;
  const { status, pauseReason, step, fraction, wanted } = state;
  const output = {
    ...{ target: store.target, version, status, pauseReason, step, fraction, wanted, url: seen?.url ?? null },
    steps: plan.kind === 'staged' ? plan.steps.length : null,
    until: wait !== null && 'until' in wait ? (wait.until?.toISOString() ?? null) : null,
    analysis: evidence === null ? null : { verdict: evidence.verdict, reason: evidence.reason },
    why: wait === null || wait.for === 'time' ? null : wait.why,
    ...(wait?.for === 'window' ? windowWaitOutput(windows) : {}),
  };
  if (failure !== null) {
    const message = `${version} on ${store.target}: ${failure} ${remedy}`.trim();
    return { kind: 'failed', failure: { kind: 'conflict', message, provider: store.provider } };
  }
  if (wait === null) return { kind: 'completed', output };
  // Also while it is a step's time, or a window, that is waited for: people act in the console meanwhile.
  const untils = ['until' in wait ? (wait.until ?? null) : null, evidence?.nextLookAt ?? null].filter((at) => at !== null);
  const forMs = Math.min(pollMs, ...untils.map((at) => Math.max(0, at.getTime() - now.getTime())));
  const signals = [...storeSignals(store), ...windowSignals(tenantId)];
  return { kind: 'waiting', reason: reasonOf[wait.for], forMs, output, signals };
}
