import { validateStrategy } from '../../domain/deployment/rollout/validate-strategy.ts';
import { isStoreTarget, type ServiceTarget, type TargetBody } from '../../domain/deployment/target.ts';
import { patternProblem } from '../../domain/deployment/variable-pattern.ts';
import type { ServiceKind } from '../../domain/deployment/vocabulary.ts';
import type { DeployTarget } from '../../integrations/capabilities/deploy-target.ts';
import type { Category } from '../../integrations/kit/define-provider.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import type { OpenConnection } from '../connections/connect.ts';
import type { ServiceDeps } from '../context.ts';
import type { Problem } from '../service-error.ts';
import { storeFacts } from './check-store-target.ts';

const OPEN_MS = 10_000;

/**
 * Everything wrong with a target: connections that are not there or cannot do what is asked of them, configs that their drivers refuse, parts that
 * the strategy needs. Looks at manifests and forms; no provider is called.
 */
export async function targetProblems(
  deps: Pick<ServiceDeps, 'connector'>,
  tenantId: string,
  body: ServiceTarget,
  kind: ServiceKind,
): Promise<Problem[]> {
  if (isStoreTarget(body)) return (await storeFacts(deps, tenantId, body, kind)).problems;
  return drivenProblems(deps, tenantId, body);
}

async function drivenProblems({ connector }: Pick<ServiceDeps, 'connector'>, tenantId: string, body: TargetBody): Promise<Problem[]> {
  const open = async ({ field, category, integrationId, capability, does }: Part): Promise<Opened> => {
    if (integrationId === null) return { connection: null, problems: [] };
    try {
      const connection = await connector.open(category, tenantId, integrationId, AbortSignal.timeout(OPEN_MS));
      if (connection.provider[capability] !== undefined) return { connection, problems: [] };
      const message = `${connection.provider.displayName} does not ${does}`;
      return { connection: null, problems: [{ field: `${field}/integrationId`, message }] };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return { connection: null, problems: [{ field: `${field}/integrationId`, message: error.message }] };
    }
  };
  const [deploy, traffic, metrics, migrations] = await Promise.all([
    open({
      field: '/deploy',
      category: 'deployment',
      integrationId: body.deploy.integrationId,
      capability: 'deployTarget',
      does: 'run services',
    }),
    open({
      ...{ field: '/traffic', category: 'deployment', integrationId: body.traffic?.integrationId ?? null },
      ...{ capability: 'trafficRouter', does: 'share traffic' },
    }),
    open({
      ...{ field: '/metrics', category: 'monitoring', integrationId: body.metrics?.integrationId ?? null },
      ...{ capability: 'metricsSource', does: 'answer queries' },
    }),
    open({
      ...{ field: '/migrations', category: 'deployment', integrationId: body.migrations?.integrationId ?? null },
      ...{ capability: 'schemaMigrator', does: 'migrate schemas' },
    }),
  ]);
  const unopened = [deploy, traffic, metrics, migrations].flatMap(({ problems }) => problems);
  return [...unopened, ...patternProblems(body), ...abilityProblems(body, deploy.connection, traffic.connection)];
}

function patternProblems({ requiredVariables }: TargetBody): Problem[] {
  return requiredVariables.flatMap(({ pattern }, index) => {
    const message = pattern === null ? null : patternProblem(pattern);
    return message === null ? [] : [{ field: `/requiredVariables/${index}/pattern`, message }];
  });
}

interface Part {
  field: string;
  category: Category;
  /** null = the target has no such part. */
  integrationId: string | null;
  capability: 'deployTarget' | 'trafficRouter' | 'metricsSource' | 'schemaMigrator';
  /** For people: what it must do. */
  does: string;
}

interface Opened {
  connection: OpenConnection | null;
  problems: Problem[];
}

/** What could not be opened is a problem already: nothing is said of its abilities. */
function abilityProblems(body: TargetBody, deploy: OpenConnection | null, traffic: OpenConnection | null): Problem[] {
  const target = deploy?.provider.deployTarget?.(deploy.connection, deploy.deps);
  const router = traffic?.provider.trafficRouter?.(traffic.connection, traffic.deps);
  const problems: Problem[] = [];
  if (target !== undefined && deploy !== null) {
    problems.push(...within('/deploy/config', target.configProblems(body.deploy.config)));
    problems.push(...runProblems(target, deploy.provider.displayName, body));
  }
  if (router !== undefined) problems.push(...within('/traffic/config', router.routeProblems(body.traffic?.config ?? {})));
  if (target === undefined || (body.traffic !== null && router === undefined)) return problems;
  const { sideBySide } = target.abilities;
  const abilities = { sideBySide, traffic: router?.abilities ?? null, metrics: body.metrics !== null };
  return [...problems, ...within('/strategy', validateStrategy(body.strategy, abilities))];
}

function runProblems({ abilities }: DeployTarget, name: string, { deploy, health }: TargetBody): Problem[] {
  const problems: Problem[] = [];
  if (deploy.replicas > abilities.maxReplicas) {
    problems.push({ field: '/deploy/replicas', message: `${name} runs at most ${abilities.maxReplicas}` });
  }
  if (health.some(({ kind }) => kind === 'command') && !abilities.commands) {
    problems.push({ field: '/health', message: `${name} runs no commands beside a service` });
  }
  return problems;
}

const within = (prefix: string, found: readonly Problem[]): Problem[] =>
  found.map(({ field, message }) => ({ field: `${prefix}${field}`, message }));
