import type { Tx } from '../../db/client.ts';
import type { ReleaseConfigBody, StoreChoice } from '../../domain/release/config.ts';
import type { Target } from '../../domain/release/vocabulary.ts';
import { metricsOf } from '../../domain/rollout/plan.ts';
import { validatePlan } from '../../domain/rollout/validate-plan.ts';
import type { Provider } from '../../integrations/kit/define-provider.ts';
import { findProvider } from '../../integrations/registry.ts';
import type { Problem } from '../service-error.ts';
import { NAMED_CONNECTION, type NamedConnection, standing, together, type Usability } from './connection-standing.ts';

interface FoundConfig extends NamedConnection {
  id: string;
  target: Target;
  provider: string;
}

/** What is wrong with the way into the stores; share locks keep what was found as it is until the commit. */
export async function storeProblems(tx: Tx, tenantId: string, body: ReleaseConfigBody): Promise<Usability> {
  if (body.stores.length === 0) return { problems: [], warnings: [] };
  const found = await tx.rows<FoundConfig>(
    `SELECT c.id, c.target, i.provider, ${NAMED_CONNECTION} FROM store_configs c
     JOIN tenant_store_integrations i ON i.id = c.integration_id AND i.tenant_id = c.tenant_id AND i.is_active = 1
     WHERE c.tenant_id = ? AND c.id IN (?) LOCK IN SHARE MODE`,
    [tenantId, body.stores.map(({ storeConfigId }) => storeConfigId)],
  );
  const sources = await metricsSources(tx, tenantId, body);
  const targets = body.platformTargets.map(({ target }) => target);
  const checked = body.stores.map((choice, index): Usability => {
    const field = `/stores/${index}`;
    const config = found.find(({ id }) => id === choice.storeConfigId);
    const missing = 'is no config of this tenant with an active integration';
    const { problems, warnings } = standing(config, { tenantId, category: 'store', field: `${field}/storeConfigId`, missing });
    const wrong = [
      ...targetProblems(choice, `${field}/target`, targets, body.stores.slice(0, index)),
      ...problems,
      ...(config === undefined ? [] : configProblems(choice, config, field)),
    ];
    return together([
      { problems: wrong, warnings },
      metricsUsability(choice, sources, { tenantId, field: `${field}/rolloutPlan/metrics/integrationId` }),
    ]);
  });
  return together(checked);
}

type FoundSource = NamedConnection & { provider: string };

/** The connections that rollout plans are measured by. */
async function metricsSources(tx: Tx, tenantId: string, { stores }: ReleaseConfigBody): Promise<FoundSource[]> {
  const ids = stores.flatMap(({ rolloutPlan }) => metricsOf(rolloutPlan) ?? []);
  if (ids.length === 0) return [];
  return tx.rows<FoundSource>(
    `SELECT i.provider, ${NAMED_CONNECTION} FROM tenant_monitoring_integrations i
     WHERE i.tenant_id = ? AND i.id IN (?) AND i.is_active = 1 LOCK IN SHARE MODE`,
    [tenantId, ids],
  );
}

function metricsUsability(
  { rolloutPlan }: StoreChoice,
  sources: readonly FoundSource[],
  { tenantId, field }: { tenantId: string; field: string },
): Usability {
  const id = metricsOf(rolloutPlan);
  if (id === null) return { problems: [], warnings: [] };
  const source = sources.find(({ integrationId }) => integrationId === id);
  const missing = 'is no active connection of the category monitoring of this tenant';
  const usable = standing(source, { tenantId, category: 'monitoring', field, missing });
  if (source === undefined || findProvider(source.provider)?.metricsSource !== undefined) return usable;
  return {
    ...usable,
    problems: [...usable.problems, { field, message: `names the provider ${source.provider}, which answers no queries` }],
  };
}

function targetProblems({ target }: StoreChoice, field: string, targets: readonly Target[], before: readonly StoreChoice[]): Problem[] {
  const problems: Problem[] = [];
  if (!targets.includes(target)) problems.push({ field, message: 'is none of the platform targets' });
  if (before.some((other) => other.target === target)) problems.push({ field, message: 'has a store already' });
  return problems;
}

function configProblems({ target, rolloutPlan }: StoreChoice, config: FoundConfig, field: string): Problem[] {
  const provider = findProvider(config.provider);
  const problems: Problem[] = [];
  if (config.target !== target) problems.push({ field: `${field}/storeConfigId`, message: `is a config for ${config.target}` });
  if (provider === null)
    problems.push({ field: `${field}/storeConfigId`, message: `names the provider ${config.provider}, which is not installed` });
  else
    problems.push(
      ...validatePlan(rolloutPlan, rolloutOf(provider)).map((problem) => ({ ...problem, field: `${field}/rolloutPlan${problem.field}` })),
    );
  return problems;
}

/** A store takes shares of ours, or has days of its own: its manifest tells without asking it. */
const rolloutOf = ({ stagedRollout }: Provider): 'staged' | 'phased' => (stagedRollout === undefined ? 'phased' : 'staged');
