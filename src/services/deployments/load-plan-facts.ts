import { isValid } from 'ulid';
import type { Sql } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { approvalRulesOf, withApproval } from '../../domain/deployment/asked-people.ts';
import { defaultPipeline } from '../../domain/deployment/default-pipeline.ts';
import type { DependencyEdge } from '../../domain/deployment/order.ts';
import type { PipelineBody } from '../../domain/deployment/pipeline.ts';
import type { PlannedMigration, ServiceRecipe } from '../../domain/deployment/plan.ts';
import type { PlanFacts, PlanServiceFact } from '../../domain/deployment/resolve-plan.ts';
import { migrationsOf, type ServiceTarget } from '../../domain/deployment/target.ts';
import { type DependencyKind, type EnvironmentKind, type EnvironmentTier, homeOf, type Side } from '../../domain/deployment/vocabulary.ts';
import type { ApprovalRules } from '../../domain/gates/approval-rules.ts';
import { invalid, type Problem } from '../service-error.ts';
import { type DatabaseFacts, factsOnDatabase, loadDatabaseFacts } from './database-facts.ts';
import type { DeploymentRequest } from './deployment-request.ts';
import { type KnownArtifact, knownArtifacts } from './known-artifacts.ts';
import { plannedTarget, refuseStrangers, type ServiceRow, servicesOf, type TargetFacts } from './plan-services.ts';

export interface LoadedFacts {
  facts: PlanFacts;
  pipelineVersionId: string | null;
  problems: Problem[];
}

interface EnvironmentRow {
  id: string;
  name: string;
  tier: EnvironmentTier;
  kind: EnvironmentKind;
  maxParallel: number;
  approval: unknown;
  commsConfigId: string | null;
}

interface InstalledRow {
  serviceId: string;
  artifactId: string;
  configVersion: string;
  side: Side;
  healthy: number;
}

/**
 * Everything a plan is resolved from, in a constant number of queries.
 * @param targets by service id
 * @throws ServiceError invalid where app or environment are none of the tenant's
 */
export async function loadPlanFacts(
  sql: Sql,
  tenantId: string,
  request: DeploymentRequest,
  targets: ReadonlyMap<string, TargetFacts>,
): Promise<LoadedFacts> {
  const problems: Problem[] = [];
  const environment = await findEnvironment(sql, tenantId, request.environmentId);
  const [app] = isValid(request.appId)
    ? await sql.rows<{ id: string; name: string }>('SELECT id, name FROM apps WHERE tenant_id = ? AND id = ?', [tenantId, request.appId])
    : [];
  if (environment === null || app === undefined) {
    throw invalid([
      ...(environment === null ? [{ field: '/environmentId', message: 'is no environment of the tenant' }] : []),
      ...(app === undefined ? [{ field: '/appId', message: 'is no app of the tenant' }] : []),
    ]);
  }
  const all = await servicesOf(sql, tenantId, app.id, environment.id);
  // The others live elsewhere: they are neither deployed here nor depended on here.
  const services = all.filter((service) => homeOf(service.kind) === environment.kind);
  refuseStrangers(request, { environment, strangers: all.filter((service) => !services.includes(service)) }, problems);
  const serviceRelease = await findRelease(sql, tenantId, request, problems);
  const source = await findSource(sql, tenantId, request, problems);
  const installed = await installedIn(sql, tenantId, environment.id);
  const wantedIds = wantedArtifacts(request, services, serviceRelease?.items ?? [], source, problems);
  const databases = await loadDatabaseFacts(
    sql,
    tenantId,
    services.flatMap((service) => databaseOf(parseJson(service.target) as ServiceTarget | null) ?? []),
  );
  const artifacts = await knownArtifacts(sql, tenantId, [...wantedIds.values(), ...installed.map(({ artifactId }) => artifactId)]);
  const pipeline = await findPipeline(sql, tenantId, request, app.id, environment.tier, problems);
  const rules = approvalRulesOf({ tier: environment.tier, approval: parseJson(environment.approval) as ApprovalRules | null });
  const { id, name, tier, maxParallel, commsConfigId } = environment;
  return {
    problems,
    pipelineVersionId: pipeline.versionId,
    facts: {
      kind: request.sourceEnvironmentId === undefined ? 'DEPLOY' : 'PROMOTE',
      scope:
        request.sourceEnvironmentId !== undefined
          ? 'cross-environment'
          : request.services !== undefined
            ? 'partial'
            : (request.scope ?? 'full'),
      environment: { id, name, tier, maxParallel, commsConfigId, approval: rules },
      app,
      serviceRelease: serviceRelease === null ? null : { id: serviceRelease.id, version: serviceRelease.version },
      pipeline: withApproval(pipeline.body, rules),
      services: services.map((service) => factOf(service, { request, targets, installed, databases, artifacts, wantedIds, problems })),
      edges: await edgesOf(sql, tenantId, services),
      listed: listedNames(request, services, problems),
      commit: request.commit ?? null,
      allowIrreversible: request.allowIrreversible ?? false,
      notes: request.notes ?? null,
    },
  };
}

async function findEnvironment(sql: Sql, tenantId: string, id: string): Promise<EnvironmentRow | null> {
  if (!isValid(id)) return null;
  const [row] = await sql.rows<EnvironmentRow>(
    `SELECT id, name, tier, kind, max_parallel AS maxParallel, approval, comms_config_id AS commsConfigId
     FROM environments WHERE tenant_id = ? AND id = ?`,
    [tenantId, id],
  );
  return row ?? null;
}

async function findRelease(sql: Sql, tenantId: string, { serviceReleaseId, appId }: DeploymentRequest, problems: Problem[]) {
  if (serviceReleaseId === undefined) return null;
  const rows = isValid(serviceReleaseId)
    ? await sql.rows<{ id: string; version: string; serviceId: string | null; artifactId: string | null }>(
        `SELECT r.id, r.version, i.service_id AS serviceId, i.artifact_id AS artifactId
         FROM service_releases r LEFT JOIN service_release_items i ON i.tenant_id = r.tenant_id AND i.service_release_id = r.id
         WHERE r.tenant_id = ? AND r.id = ? AND r.app_id = ?`,
        [tenantId, serviceReleaseId, appId],
      )
    : [];
  const [first] = rows;
  if (first === undefined) {
    problems.push({ field: '/serviceReleaseId', message: 'is no release of the app' });
    return null;
  }
  const items = rows.flatMap(({ serviceId, artifactId }) => (serviceId === null || artifactId === null ? [] : [{ serviceId, artifactId }]));
  return { id: first.id, version: first.version, items };
}

async function findSource(sql: Sql, tenantId: string, request: DeploymentRequest, problems: Problem[]): Promise<InstalledRow[]> {
  const { sourceEnvironmentId: id, environmentId } = request;
  if (id === undefined) return [];
  const environment = await findEnvironment(sql, tenantId, id);
  if (environment === null) problems.push({ field: '/sourceEnvironmentId', message: 'is no environment of the tenant' });
  else if (id === environmentId) problems.push({ field: '/sourceEnvironmentId', message: 'is the environment itself' });
  else return installedIn(sql, tenantId, id);
  return [];
}

const installedIn = (sql: Sql, tenantId: string, environmentId: string): Promise<InstalledRow[]> =>
  sql.rows<InstalledRow>(
    `SELECT service_id AS serviceId, artifact_id AS artifactId, config_version AS configVersion, side, healthy
     FROM installed_services WHERE tenant_id = ? AND environment_id = ?`,
    [tenantId, environmentId],
  );

async function findPipeline(
  sql: Sql,
  tenantId: string,
  { pipelineId }: DeploymentRequest,
  appId: string,
  tier: EnvironmentTier,
  problems: Problem[],
): Promise<{ versionId: string | null; body: PipelineBody }> {
  if (pipelineId === undefined) return { versionId: null, body: defaultPipeline };
  const [row] = isValid(pipelineId)
    ? await sql.rows<{ id: string; body: unknown }>(
        `SELECT v.id, v.body FROM pipelines p JOIN pipeline_versions v ON v.tenant_id = p.tenant_id AND v.pipeline_id = p.id AND v.version = p.version
         WHERE p.tenant_id = ? AND p.id = ? AND p.app_id = ?`,
        [tenantId, pipelineId, appId],
      )
    : [];
  if (row === undefined) {
    problems.push({ field: '/pipelineId', message: 'is no pipeline of the app' });
    return { versionId: null, body: defaultPipeline };
  }
  const body = parseJson(row.body) as PipelineBody;
  if (!body.tiers.includes(tier)) problems.push({ field: '/pipelineId', message: `is not meant for environments of the tier ${tier}` });
  return { versionId: row.id, body };
}

/** Service id → artifact id. What was named for itself wins over the release, and that over the other environment. */
function wantedArtifacts(
  { artifacts = [] }: DeploymentRequest,
  services: readonly ServiceRow[],
  items: readonly { serviceId: string; artifactId: string }[],
  source: readonly InstalledRow[],
  problems: Problem[],
): Map<string, string> {
  const wanted = new Map(source.map(({ serviceId, artifactId }) => [serviceId, artifactId]));
  for (const { serviceId, artifactId } of items) wanted.set(serviceId, artifactId);
  artifacts.forEach(({ serviceId, artifactId }, index) => {
    if (!services.some(({ id }) => id === serviceId))
      problems.push({ field: `/artifacts/${index}/serviceId`, message: 'is no service of the app' });
    else wanted.set(serviceId, artifactId);
  });
  for (const { serviceId, healthy } of source) {
    const service = services.find(({ id }) => id === serviceId);
    if (healthy !== 1 && service !== undefined) {
      problems.push({ field: '/sourceEnvironmentId', message: `runs a ${service.name} that is not healthy` });
    }
  }
  return wanted;
}

interface Known {
  request: DeploymentRequest;
  targets: ReadonlyMap<string, TargetFacts>;
  installed: readonly InstalledRow[];
  databases: DatabaseFacts;
  artifacts: ReadonlyMap<string, KnownArtifact>;
  wantedIds: ReadonlyMap<string, string>;
  problems: Problem[];
}

function factOf({ id, name, source, recipe, target }: ServiceRow, known: Known): PlanServiceFact {
  const { request, targets, installed, databases, artifacts, wantedIds } = known;
  const body = parseJson(target) as ServiceTarget | null;
  const runs = installed.find(({ serviceId }) => serviceId === id);
  const now = runs === undefined ? undefined : artifacts.get(runs.artifactId);
  const { paths = null, integrationId = null } = (parseJson(source) as { paths: string[]; integrationId: string } | null) ?? {};
  return {
    ...{ serviceId: id, name, paths, sourceIntegrationId: integrationId },
    recipe: parseJson(recipe) as ServiceRecipe | null,
    target: plannedTarget(body, targets.get(id)?.store ?? null),
    ...factsOnDatabase(databases, {
      ...{ serviceId: id, environmentId: request.environmentId },
      integrationId: databaseOf(body),
    }),
    targetProblems: targets.get(id)?.problems ?? [],
    sources: targets.get(id)?.sources ?? null,
    installed:
      runs === undefined || now === undefined
        ? null
        : {
            ...{ revision: now.revision, migrations: now.migrations as readonly PlannedMigration[], healthy: runs.healthy === 1 },
            ...{ configVersion: runs.configVersion, side: runs.side },
          },
    wanted: wantedOf(id, name, wantedIds, known),
    changedFiles: request.changedFiles ?? null,
  };
}

/** Connection to the database that moves with a service there; null = none does. */
const databaseOf = (body: ServiceTarget | null): string | null => (body === null ? null : migrationsOf(body))?.integrationId ?? null;

function wantedOf(
  serviceId: string,
  name: string,
  wantedIds: ReadonlyMap<string, string>,
  { artifacts, problems }: Known,
): PlanServiceFact['wanted'] {
  const artifactId = wantedIds.get(serviceId);
  if (artifactId === undefined) return null;
  const artifact = artifacts.get(artifactId);
  if (artifact !== undefined && artifact.serviceId === serviceId) return { revision: artifact.revision, migrations: artifact.migrations };
  problems.push({ field: '/artifacts', message: `${artifactId} is no artifact of ${name}` });
  return null;
}

async function edgesOf(sql: Sql, tenantId: string, services: readonly ServiceRow[]): Promise<DependencyEdge[]> {
  if (services.length === 0) return [];
  const names = new Map(services.map(({ id, name }) => [id, name]));
  const rows = await sql.rows<{ serviceId: string; dependsOnId: string; kind: DependencyKind }>(
    'SELECT service_id AS serviceId, depends_on_id AS dependsOnId, kind FROM service_dependencies WHERE tenant_id = ? AND service_id IN (?)',
    [tenantId, [...names.keys()]],
  );
  return rows.map(({ serviceId, dependsOnId, kind }) => ({
    ...{ from: names.get(serviceId) ?? serviceId, to: names.get(dependsOnId) ?? dependsOnId },
    kind,
  }));
}

function listedNames({ services: listed }: DeploymentRequest, services: readonly ServiceRow[], problems: Problem[]): string[] | null {
  if (listed === undefined) return null;
  return listed.flatMap((id, index) => {
    const service = services.find((candidate) => candidate.id === id);
    if (service === undefined) problems.push({ field: `/services/${index}`, message: 'is no service of the app' });
    return service === undefined ? [] : [service.name];
  });
}
