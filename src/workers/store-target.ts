import type { FrozenStore } from '../domain/release/config.ts';
import type { Outcome } from '../engine/vocabulary.ts';
import { signalKey } from '../integrations/capabilities/webhook-source.ts';
import { ProviderError } from '../integrations/kit/provider-error.ts';
import type { ReleaseContext, ReleasePlatform } from '../services/execution/release-source.ts';
import type { TaskContext } from './task-context.ts';

type Wait = Extract<Outcome, { kind: 'waiting' }>;

/** The target that a task of distribution is about, by its plan's input, and the store it goes to. */
export function storeTargetOf(release: ReleaseContext, input: Record<string, unknown>): { store: FrozenStore; platform: ReleasePlatform } {
  return storeTarget(release, (candidate) => candidate.target === input.target);
}

export function storeTarget(
  release: ReleaseContext,
  isIt: (store: FrozenStore) => boolean,
): { store: FrozenStore; platform: ReleasePlatform } {
  const store = release.config.stores.find(isIt);
  const platform = release.platforms.find(({ target }) => target === store?.target);
  if (store === undefined || platform === undefined) throw new Error(`release ${release.id} goes to no such store`);
  return { store, platform };
}

/** What a store's webhooks hurry: not every one says which app it is about. */
export const storeSignals = ({ integrationId, appId }: Pick<FrozenStore, 'integrationId' | 'appId'>) => [
  { integrationId, key: signalKey.storeApp(appId) },
  { integrationId, key: signalKey.storeConnection() },
];

/**
 * Trouble that passes is no failure of a task that looks at a store for weeks: it shows, and the task looks again. It goes on looking while the
 * release is held, which a failure would not.
 * @throws whatever a person must mend
 */
export async function lookAgainOnTrouble(
  context: Pick<TaskContext, 'task' | 'pollMs'>,
  wait: Pick<Wait, 'reason' | 'signals'>,
  look: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof ProviderError) || !passing.has(error.kind)) throw error;
    const output = { ...context.task.output, trouble: error.message };
    return { kind: 'waiting', ...wait, forMs: Math.max(context.pollMs, error.retryAfterMs ?? 0), output };
  }
}

const passing: ReadonlySet<ProviderError['kind']> = new Set(['rate-limited', 'unavailable', 'timeout', 'malformed']);
