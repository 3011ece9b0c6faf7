import { decideRollout, type RolloutDecision } from '../../domain/rollout/decide-rollout.ts';
import type { RolloutAct } from '../../domain/rollout/rollout.ts';
import type { Outcome } from '../../engine/vocabulary.ts';
import type { StoreRelease, StoreReleaseQuery } from '../../integrations/capabilities/app-store.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { RolloutPlace, StoredRollout } from '../../services/execution/rollout-service.ts';
import type { OpenStore } from '../../services/execution/store-service.ts';
import { storeLock } from '../../services/releases/store-lock.ts';
import { rolloutDone } from '../done-outside.ts';
import { lookAgainOnTrouble, storeSignals, storeTargetOf } from '../store-target.ts';
import type { TaskContext, TaskHandler } from '../task-context.ts';

/*
 * A reconciler. Each look reads the store first; `decideRollout` says what that means and what is next; the decision, with what is about to be done, is
 * written before it is done; and what the store shows afterwards is looked at like anything it shows. Commands of people write their wish and make
 * this task due. A crash between any two steps is one more look, which finds what was intended and what is there.
 */

/** Rounds of one look: an act or two, and commands that came in between. Whatever needs more goes on in a moment. */
const MAX_ROUNDS = 6;
const SOON_MS = 1_000;

export const rollOut: TaskHandler = {
  verifyDone: rolloutDone,
  locks: (release, task) => [storeLock(storeTargetOf(release, task.input).store)],
  run(context) {
    const { store } = storeTargetOf(context.release, context.task.input);
    return lookAgainOnTrouble(context, { reason: 'CALLBACK', signals: storeSignals(store) }, () => look(context));
  },
};

async function look(context: TaskContext): Promise<Outcome> {
  const { release, services, task } = context;
  const { store, platform } = storeTargetOf(release, task.input);
  const open = await services.stores.open(release.tenantId, store);
  const submission = await services.submissions.latest({ release, platform, taskId: task.id });
  const query = { app: open.app, version: platform.version, buildNumber: submission?.buildNumber ?? null };
  const place: RolloutPlace = { release, platform, task, plan: store.rolloutPlan };
  let refused: ProviderError | null = null;
  let seen = await open.appStore.findRelease(query);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const rollout = await services.rollouts.open(place);
    const decision = decide(rollout, open, seen);
    const shown = seen === null ? null : { buildNumber: query.buildNumber, url: seen.url };
    // Somebody wrote their wish meanwhile: it counts.
    if (!(await services.rollouts.write(place, rollout, decision, shown))) continue;
    if (decision.act === null) return outcomeOf(context, rollout, decision, seen);
    if (refused !== null) throw refused;
    const done = await act(open, query, decision.act);
    refused = done instanceof ProviderError ? done : null;
    // The store may have changed since it was looked at: if it still wants the same after another look, a person has to.
    seen = done instanceof ProviderError ? await open.appStore.findRelease(query) : done;
  }
  return { kind: 'waiting', reason: 'CALLBACK', forMs: SOON_MS, signals: storeSignals(store) };
}

const decide = ({ state, plan, held, now }: StoredRollout, { appStore }: OpenStore, seen: StoreRelease | null): RolloutDecision =>
  decideRollout({ state, plan, held, now, abilities: appStore.abilities, observed: seen?.state ?? null });

/** @returns what the store shows then, or why its state does not allow it */
async function act(
  { appStore, stagedRollout }: OpenStore,
  query: StoreReleaseQuery,
  what: RolloutAct,
): Promise<StoreRelease | ProviderError> {
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

const reasonOf = { time: 'TIMER', person: 'HALTED', store: 'CALLBACK' } as const;

function outcomeOf(context: TaskContext, { plan, now }: StoredRollout, decision: RolloutDecision, seen: StoreRelease | null): Outcome {
  const { release, task, pollMs } = context;
  const { store, platform } = storeTargetOf(release, task.input);
  const { state, wait, failure } = decision;
  const { status, pauseReason, step, fraction, wanted } = state;
  const output = {
    ...{ target: store.target, version: platform.version, status, pauseReason, step, fraction, wanted, url: seen?.url ?? null },
    steps: plan.kind === 'staged' ? plan.steps.length : null,
    until: wait?.for === 'time' ? wait.until.toISOString() : null,
    why: wait === null || wait.for === 'time' ? null : wait.why,
  };
  if (failure !== null) {
    const message = `${platform.version} on ${store.target}: ${failure} Retry the task once the store shows it on its way again.`;
    return { kind: 'failed', failure: { kind: 'conflict', message, provider: store.provider } };
  }
  if (wait === null) return { kind: 'completed', output };
  // Also while it is a step's time that is waited for: people act in the console meanwhile.
  const forMs = wait.for === 'time' ? Math.min(pollMs, Math.max(0, wait.until.getTime() - now.getTime())) : pollMs;
  return { kind: 'waiting', reason: reasonOf[wait.for], forMs, output, signals: storeSignals(store) };
}
