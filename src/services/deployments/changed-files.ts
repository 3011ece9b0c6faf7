import { parseJson } from '../../db/schema/columns.ts';
import { commitsOf, type PlanFacts, type PlanServiceFact } from '../../domain/deployment/resolve-plan.ts';
import { ProviderError } from '../../integrations/kit/provider-error.ts';
import { askConnection } from '../connections/ask-connection.ts';
import { sourceControl } from '../connections/scm-metadata.ts';
import type { ServiceDeps } from '../context.ts';
import { conflict, invalid } from '../service-error.ts';
import type { DeploymentRequest } from './deployment-request.ts';
import { loadPlanFacts } from './load-plan-facts.ts';
import { servicesOf, type TargetFacts } from './plan-services.ts';

/** What git says of the services of a partial deployment: `<service id>` → the files in which the two commits differ. */
export type ChangedFiles = ReadonlyMap<string, { base: string; head: string; files: readonly string[] }>;

/**
 * Asks each service's repository in which files the commit that runs differs from the one that is wanted. A service is left out where nobody knows one of
 * the commits. Not for use in a transaction.
 * @returns null where nothing is to be asked: a person listed services or files, or everything is deployed
 * @throws ProviderError when a repository cannot be asked; ServiceError invalid where it cannot tell
 */
export async function loadChangedFiles(
  deps: Pick<ServiceDeps, 'db' | 'connector'>,
  tenantId: string,
  request: DeploymentRequest,
  targets: ReadonlyMap<string, TargetFacts>,
): Promise<ChangedFiles | null> {
  const { scope, services, sourceEnvironmentId, changedFiles } = request;
  if (scope !== 'partial' || services !== undefined || sourceEnvironmentId !== undefined || changedFiles !== undefined) return null;
  const { facts } = await loadPlanFacts(deps.db, tenantId, request, targets);
  const sources = await servicesOf(deps.db, tenantId, request.appId, request.environmentId);
  const asked = new Map<string, readonly string[]>();
  const changed = new Map<string, { base: string; head: string; files: readonly string[] }>();
  for (const fact of facts.services) {
    const range = rangeOf(fact, facts.commit);
    const source = parseJson(sources.find(({ id }) => id === fact.serviceId)?.source) as { integrationId: string } | null;
    if (range === null || source === null) continue;
    const key = `${source.integrationId} ${range.base} ${range.head}`;
    const files = asked.get(key) ?? (await askRepository(deps, tenantId, source.integrationId, { ...range, name: fact.name }));
    asked.set(key, files);
    changed.set(fact.serviceId, { ...range, files });
  }
  return changed;
}

/** The facts with what git said. @throws ServiceError conflict where something else runs, or is wanted, by now */
export function withChangedFiles(facts: PlanFacts, changed: ChangedFiles | null): PlanFacts {
  if (changed === null) return facts;
  const services = facts.services.map((fact) => {
    const range = rangeOf(fact, facts.commit);
    if (range === null) return fact;
    const told = changed.get(fact.serviceId);
    if (told === undefined || told.base !== range.base || told.head !== range.head) {
      throw conflict(`What runs of ${fact.name} changed while its repository was asked; try again.`);
    }
    return { ...fact, changedFiles: told.files };
  });
  return { ...facts, services };
}

/** The two commits that are to be compared; null = one is not known, or the files of the service play no part. */
function rangeOf(fact: PlanServiceFact, commit: string | null): { base: string; head: string } | null {
  const { deployedCommit: base, wantedCommit: head } = commitsOf(fact, commit);
  return fact.paths === null || base === null || head === null ? null : { base, head };
}

async function askRepository(
  deps: Pick<ServiceDeps, 'connector'>,
  tenantId: string,
  integrationId: string,
  { base, head, name }: { base: string; head: string; name: string },
): Promise<readonly string[]> {
  if (base === head) return [];
  try {
    return await askConnection(deps, { category: 'scm', tenantId, id: integrationId }, async (open) => {
      const files: string[] = [];
      for await (const file of sourceControl(open).changedFiles(base, head)) files.push(file);
      return files;
    });
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.kind !== 'invalid' && error.kind !== 'not-found')) throw error;
    const message = `must be given, or the services named: what changed of ${name} cannot be told: ${error.message}`;
    throw invalid([{ field: '/changedFiles', message }]);
  }
}
