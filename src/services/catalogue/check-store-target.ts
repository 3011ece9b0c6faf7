import type { PlannedStoreTarget, StoreTargetBody } from '../../domain/deployment/target.ts';
import type { ServiceKind } from '../../domain/deployment/vocabulary.ts';
import type { StoreTarget } from '../../domain/release/vocabulary.ts';
import { metricsOf } from '../../domain/rollout/plan.ts';
import type { RolloutAbilities } from '../../domain/rollout/rollout.ts';
import { validatePlan } from '../../domain/rollout/validate-plan.ts';
import type { AppStore } from '../../integrations/capabilities/app-store.ts';
import type { Provider } from '../../integrations/kit/define-provider.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { ServiceDeps } from '../context.ts';
import type { Problem } from '../service-error.ts';

const OPEN_MS = 10_000;

/** What a store declares, as a plan holds it. */
export type StoreFacts = Pick<PlannedStoreTarget['store'], 'provider' | 'target' | 'abilities'>;

/**
 * What a target's store declares, and everything of the target that it does not take. Looks at manifests and forms; no provider is called.
 * @returns facts null where it cannot be opened, or is no store
 */
export async function storeFacts(
  { connector }: Pick<ServiceDeps, 'connector'>,
  tenantId: string,
  { store }: StoreTargetBody,
  kind: ServiceKind,
): Promise<{ facts: StoreFacts | null; problems: Problem[] }> {
  const unmeasured = await metricsProblems(connector, tenantId, metricsOf(store.rollout));
  const without = (message: string) => ({ facts: null, problems: [{ field: '/store/integrationId', message }, ...unmeasured] });
  try {
    const { provider, connection, deps } = await connector.open('store', tenantId, store.integrationId, AbortSignal.timeout(OPEN_MS));
    const appStore = provider.appStore?.(connection, deps);
    if (appStore === undefined || provider.storeTarget === undefined) return without(`${provider.displayName} releases no apps`);
    return {
      facts: { provider: provider.id, target: provider.storeTarget, abilities: abilitiesOf(appStore) },
      problems: [...kindProblems(provider, kind), ...abilityProblems(provider, appStore, store), ...unmeasured],
    };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return without(error.message);
  }
}

/** @param integrationId what the analyses of its rollout are measured by; null = it names nothing */
async function metricsProblems(connector: ServiceDeps['connector'], tenantId: string, integrationId: string | null): Promise<Problem[]> {
  if (integrationId === null) return [];
  const wrong = (message: string) => [{ field: '/store/rollout/metrics/integrationId', message }];
  try {
    const { provider } = await connector.open('monitoring', tenantId, integrationId, AbortSignal.timeout(OPEN_MS));
    return provider.metricsSource === undefined ? wrong(`${provider.displayName} does not answer queries`) : [];
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return wrong(error.message);
  }
}

const abilitiesOf = ({ abilities: { rollout, haltsLive, releasesOnRequest } }: AppStore): RolloutAbilities => ({
  rollout,
  haltsLive,
  releasesOnRequest,
});

const targetOf: Partial<Record<ServiceKind, StoreTarget>> = { android: 'PLAY_STORE', ios: 'APP_STORE' };

function kindProblems({ displayName, storeTarget }: Provider, kind: ServiceKind): Problem[] {
  if (storeTarget === targetOf[kind]) return [];
  return [{ field: '/store/integrationId', message: `is ${displayName}, which takes no services of the kind ${kind}` }];
}

function abilityProblems(provider: Provider, { abilities }: AppStore, { rollout, updatePriority }: StoreTargetBody['store']): Problem[] {
  // Shares of ours take both: that the store has no days of its own, and a way to set them.
  const kind = abilities.rollout.kind === 'staged' && provider.stagedRollout !== undefined ? 'staged' : 'phased';
  const problems = validatePlan(rollout, kind).map(({ field, message }) => ({ field: `/store/rollout${field}`, message }));
  if (updatePriority !== null && !abilities.updatePriority) {
    problems.push({ field: '/store/updatePriority', message: `must be null: ${provider.displayName} knows no such priority` });
  }
  return problems;
}
