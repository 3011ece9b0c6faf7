import type { FrozenStore } from '../domain/release/config.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import type { StoreBuild } from '../integrations/capabilities/app-store.ts';
import type { Bundle } from '../services/execution/stores/bundle.ts';
import { lookAgainOnTrouble, storeSignals, storeTarget } from './store-target.ts';
import type { TaskContext } from './task-context.ts';

/** What a store build task keeps in its output for those after it. */
export interface StoreBuildOutput {
  storeBuild?: { id: string; buildNumber: string; state: string } | null;
  bundle?: Bundle | null;
}

/** From a build that succeeded to one that its store is ready to release. */
export async function bringToStore(context: TaskContext, store: FrozenStore, output: Record<string, unknown>): Promise<Outcome> {
  const { release, services, task, intent } = context;
  const own = { tenantId: release.tenantId, taskId: task.id };
  const { version } = storeTarget(release, (candidate) => candidate === store).platform;
  const adopted = await services.storeBuilds.adopted(own);
  if (adopted !== null) {
    const query = { tenantId: release.tenantId, version, sha256: null, buildNumber: adopted };
    const shown = standing(context, store, await services.storeBuilds.find(store, query), { ...output, bundle: null });
    if (shown.kind === 'failed') await services.builds.refused(task.id);
    return shown;
  }
  const known = (task.output as StoreBuildOutput | null)?.bundle ?? null;
  const bundle = await services.storeBuilds.bundle(own, known);
  if (store.uploadBy === 'SIGNALBOX') await intent(`upload:${bundle?.sha256 ?? ''}`);
  const build = await services.storeBuilds.ensureThere(store, own, version, bundle);
  const outcome = standing(context, store, build, { ...output, bundle });
  // Another attempt of the same build would be refused, too: whoever retries wants a new one.
  if (outcome.kind === 'failed') await services.builds.refused(task.id);
  return outcome;
}

/** Builds by hand: people upload them to the store, where they are found by their version. */
export function awaitUploaded(context: TaskContext, store: FrozenStore, output: Record<string, unknown>): Promise<Outcome> {
  const { release, services } = context;
  const { version } = storeTarget(release, (candidate) => candidate === store).platform;
  return lookAgainOnTrouble(context, { reason: 'MANUAL_BUILD', signals: storeSignals(store) }, async () => {
    const buildNumber = await services.storeBuilds.adopted({ tenantId: release.tenantId, taskId: context.task.id });
    const query = { tenantId: release.tenantId, version, sha256: null, buildNumber };
    const outcome = standing(context, store, await services.storeBuilds.find(store, query), output);
    // What the store refuses is shown: people upload another.
    if (outcome.kind === 'completed') return outcome;
    const shown = outcome.kind === 'failed' ? { ...output, trouble: outcome.failure.message } : output;
    return { kind: 'waiting', reason: 'MANUAL_BUILD', forMs: context.pollMs, output: shown, signals: storeSignals(store) };
  });
}

function standing({ pollMs }: TaskContext, store: FrozenStore, build: StoreBuild | null, output: Record<string, unknown>): Outcome {
  const storeBuild = build === null ? null : { id: build.id, buildNumber: build.buildNumber, state: build.state.kind };
  const refused = (why: string): Outcome => ({
    kind: 'failed',
    failure: { kind: 'conflict', message: `The store does not take the build ${build?.buildNumber}: ${why}`, provider: store.provider },
  });
  switch (build?.state.kind) {
    case 'ready':
      return { kind: 'completed', output: { ...output, storeBuild } };
    case 'refused':
      return refused(build.state.reason);
    case 'expired':
      return refused('it has expired.');
    default:
      return { kind: 'waiting', reason: 'CALLBACK', forMs: pollMs, output: { ...output, storeBuild }, signals: storeSignals(store) };
  }
}
