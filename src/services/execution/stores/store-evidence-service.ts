import type { Database } from '../../../db/client.ts';
import { analysisOf, type Evidence } from '../../../domain/rollout/evidence.ts';
import { metricsOf } from '../../../domain/rollout/plan.ts';
import type { MetricsSource } from '../../../integrations/capabilities/metrics-source.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { Connector } from '../../connections/connect.ts';
import { attemptSignal } from '../attempt-scope.ts';
import { createAnalysisService } from '../deployments/analysis-service.ts';
import type { StoredRollout } from './rollout-service.ts';

/* What speaks for the next share of a store release: analyses like those of services, in the same rows. */

interface EvidencePlace {
  tenantId: string;
  /** Release or deployment. */
  scopeId: string;
  /** What queries may name, e.g. `version`. */
  words: Readonly<Record<string, string>>;
}

export interface StoreEvidenceService {
  /**
   * Begins the analysis of the stay that a rollout is on where it has not, and measures what is due. A connection that is away is a measurement that is an
   * error: whoever halts the rollout meanwhile is heard. null = nothing is to be measured
   */
  look(place: EvidencePlace, rollout: Pick<StoredRollout, 'id' | 'plan' | 'state'>): Promise<Evidence | null>;
}

/** A store has no sides; the rows of rollouts on store tracks call their only one so. */
const SIDE = 'blue';

export function createStoreEvidenceService(db: Database, connector: Pick<Connector, 'open'>): StoreEvidenceService {
  const analyses = createAnalysisService(db);
  return {
    async look(place, { id, plan, state }) {
      const wanted = analysisOf(plan, state);
      if (wanted === null) return null;
      const metrics = await sourceOf(connector, place.tenantId, metricsOf(plan));
      const seen = await analyses.look({ ...place, rolloutId: id, metrics, side: SIDE }, { ...wanted, kind: 'analysis' });
      return { ...seen, key: wanted.key, nextLookAt: seen.nextLookAt === null ? null : new Date(seen.nextLookAt) };
    },
  };
}

async function sourceOf(connector: Pick<Connector, 'open'>, tenantId: string, integrationId: string | null): Promise<MetricsSource | null> {
  if (integrationId === null) return null;
  try {
    const { provider, connection, deps } = await connector.open('monitoring', tenantId, integrationId, attemptSignal());
    const source = provider.metricsSource?.(connection, deps);
    if (source !== undefined) return source;
    return unanswered(new ProviderError('invalid', `${provider.displayName} answers no queries.`, { provider: provider.id }));
  } catch (error) {
    if (error instanceof ProviderError) return unanswered(error);
    throw error;
  }
}

const unanswered = (error: ProviderError): MetricsSource => ({
  query: () => Promise.reject(error),
  queryRange: () => Promise.reject(error),
});
