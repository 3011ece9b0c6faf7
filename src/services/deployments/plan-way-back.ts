import type { Tx } from '../../db/client.ts';
import { parseJson } from '../../db/schema/columns.ts';
import { rollbackPipeline } from '../../domain/deployment/default-pipeline.ts';
import { schemaObstacle } from '../../domain/deployment/migration-rules.ts';
import { type DeploymentPlan, isDriven, isOnTrack, type PlannedService } from '../../domain/deployment/plan.ts';
import {
  chooseSnapshot,
  type Rejected,
  SNAPSHOTS_LOOKED_BACK,
  type Snapshot,
  type SnapshotCandidate,
  todaysValues,
} from '../../domain/deployment/snapshot.ts';
import { isStoreTarget, migrationsOf, type PlannedTarget, type TargetBody } from '../../domain/deployment/target.ts';
import type { Side } from '../../domain/deployment/vocabulary.ts';
import { conflict } from '../service-error.ts';
import { referToConfigVersion } from './config-version-row.ts';
import { contractionsFor, loadDatabaseFacts } from './database-facts.ts';
import type { LockedDeployment } from './deployment-row.ts';
import { knownArtifacts } from './known-artifacts.ts';

/**
 * The services that a deployment changed, in the reverse order, each to what the snapshot says of it.
 * @throws ServiceError conflict where there is no way back, or nothing to take back
 */
export async function planWayBack(tx: Tx, { id, tenantId, displayId, plan }: LockedDeployment): Promise<DeploymentPlan> {
  const order = await tx.rows<{ serviceId: string }>(
    `SELECT service_id AS serviceId FROM service_deployments WHERE tenant_id = ? AND deployment_id = ? AND change_order IS NOT NULL
     ORDER BY change_order DESC`,
    [tenantId, id],
  );
  const all = order.flatMap(({ serviceId }) => plan.services.filter((service) => service.serviceId === serviceId));
  const gone = all.find(isOnTrack);
  if (gone !== undefined) {
    const why = `stores take only higher builds, and who has ${gone.revision?.version ?? 'it'} keeps it. Deploy a corrected version with a higher build number`;
    throw conflict(`${displayId} cannot be rolled back: ${why}; until then halt it in the store's console, where the store can.`);
  }
  const changed = all.filter(isDriven);
  const chosen = chooseSnapshot(
    await candidatesOf(tx, tenantId, plan.environment.id, id),
    changed,
    await rejectedIn(tx, tenantId, plan.environment.id, id),
  );
  if ('reasons' in chosen) throw conflict(`${displayId} cannot be rolled back: ${chosen.reasons.join('; ')}.`);
  const current = await currentOf(tx, tenantId, plan.environment.id);
  const services: PlannedService[] = [];
  const stuck: string[] = [];
  for (const service of changed) {
    const installed = chosen.snapshot.services.find(({ serviceId }) => serviceId === service.serviceId)?.installed ?? null;
    const from = current.installed.get(service.serviceId) ?? null;
    if (installed === null) continue;
    const place = { tenantId, environmentId: plan.environment.id, serviceId: service.serviceId };
    const target = current.targets.get(service.serviceId) ?? service.target;
    const configured = await configuredAs(tx, place, installed.configVersion, target);
    if (from?.revision.artifactId === installed.revision.artifactId) {
      if (from.configVersion === installed.configVersion) continue;
      if (configured.note !== null) {
        stuck.push(service.name);
        continue;
      }
    }
    services.push({
      ...service,
      ...{ revision: installed.revision, from, commit: null, recipe: null, migrations: [], because: `${displayId} is taken back` },
      ...{ layer: services.length, after: services.slice(-1).map(({ name }) => name) },
      ...configured,
    });
  }
  if (services.length === 0 && stuck.length > 0) {
    const why = `the values that the variables of ${stuck.join(', ')} had before are not kept any more. Set them, and deploy it`;
    throw conflict(`${displayId} cannot be rolled back: ${why}.`);
  }
  if (services.length === 0) throw conflict(`${displayId} is taken back already: what ran before it runs now.`);
  await demandSchemas(tx, tenantId, displayId, services);
  return {
    ...{ kind: 'ROLLBACK', scope: 'partial', app: plan.app, serviceRelease: null, pipeline: rollbackPipeline, services, outside: [] },
    environment: { ...plan.environment, maxParallel: 1, approval: null },
    layers: services.map(({ name }) => [name]),
  };
}

/** As our rows tell it; the ledgers of the databases decide in preflight. @throws ServiceError conflict */
async function demandSchemas(tx: Tx, tenantId: string, displayId: string, services: readonly PlannedService[]): Promise<void> {
  const facts = await loadDatabaseFacts(
    tx,
    tenantId,
    services.flatMap(({ target }) => migrationsOf(target)?.integrationId ?? []),
  );
  const artifacts = await knownArtifacts(
    tx,
    tenantId,
    services.flatMap(({ revision }) => (revision === null ? [] : [revision.artifactId])),
  );
  const obstacles = services.flatMap(({ serviceId, name, revision, target }) => {
    const known = revision === null ? undefined : artifacts.get(revision.artifactId);
    if (revision === null || known === undefined) return [];
    const taken = contractionsFor(facts, { serviceId, integrationId: migrationsOf(target)?.integrationId ?? null });
    const obstacle = schemaObstacle({ ...revision, migrations: known.migrations }, taken);
    return obstacle === null ? [] : [`${name}: ${obstacle}`];
  });
  if (obstacles.length > 0) throw conflict(`${displayId} cannot be rolled back: ${obstacles.join('; ')}.`);
}

/** With the config version of then, where its values are kept for the driver of today; the reference keeps them until it is brought back. */
async function configuredAs(
  tx: Tx,
  place: { tenantId: string; environmentId: string; serviceId: string },
  version: string,
  target: PlannedTarget,
): Promise<Configured> {
  if (isStoreTarget(target)) return { target, configVersion: null, note: null };
  const kept = await referToConfigVersion(tx, place, version);
  if (kept === null || kept.deployIntegrationId !== target.deploy.integrationId)
    return { target, configVersion: version, note: todaysValues };
  const { deployConfig: config, replicas } = kept;
  return { target: { ...target, deploy: { ...target.deploy, config, replicas } }, configVersion: version, note: null };
}

type Configured = Required<Pick<PlannedService, 'target' | 'configVersion' | 'note'>>;

async function candidatesOf(tx: Tx, tenantId: string, environmentId: string, upTo: string): Promise<SnapshotCandidate[]> {
  const rows = await tx.rows<{ id: string; deploymentId: string; content: unknown }>(
    `SELECT id, deployment_id AS deploymentId, content FROM snapshots WHERE tenant_id = ? AND environment_id = ? AND deployment_id <= ?
     ORDER BY deployment_id DESC LIMIT ${SNAPSHOTS_LOOKED_BACK}`,
    [tenantId, environmentId, upTo],
  );
  return rows.map(({ id, deploymentId, content }) => ({ id, deploymentId, services: (parseJson(content) as Snapshot).services }));
}

/** What was taken back there, and what is being taken back now, as far as it was new when it came. */
async function rejectedIn(tx: Tx, tenantId: string, environmentId: string, id: string): Promise<Rejected> {
  const releases = await tx.rows<{ id: string }>(
    'SELECT service_release_id AS id FROM release_rejections WHERE tenant_id = ? AND environment_id = ?',
    [tenantId, environmentId],
  );
  const reverted = await tx.rows<{ id: string; plan: unknown; serviceId: string; artifactId: string | null }>(
    `SELECT d.id, d.plan, s.service_id AS serviceId, s.artifact_id AS artifactId
     FROM deployments d JOIN service_deployments s ON s.tenant_id = d.tenant_id AND s.deployment_id = d.id
     WHERE d.tenant_id = ? AND d.environment_id = ? AND (d.id = ? OR d.id IN (
       SELECT r.reverts_id FROM deployments r
       WHERE r.tenant_id = ? AND r.environment_id = ? AND r.kind = 'ROLLBACK' AND (r.outcome IS NULL OR r.outcome = 'SUCCEEDED')))`,
    [tenantId, environmentId, id, tenantId, environmentId],
  );
  const artifactIds = reverted.flatMap(({ plan, serviceId, artifactId }) => {
    const before = (parseJson(plan) as DeploymentPlan).services.find((service) => service.serviceId === serviceId)?.from;
    return artifactId === null || before?.revision.artifactId === artifactId ? [] : [artifactId];
  });
  return { serviceReleaseIds: releases.map((release) => release.id), artifactIds };
}

interface Current {
  installed: ReadonlyMap<string, NonNullable<PlannedService['from']>>;
  targets: ReadonlyMap<string, TargetBody>;
}

async function currentOf(tx: Tx, tenantId: string, environmentId: string): Promise<Current> {
  const installed = await tx.rows<{ serviceId: string; artifactId: string; configVersion: string; side: Side }>(
    `SELECT service_id AS serviceId, artifact_id AS artifactId, config_version AS configVersion, side
     FROM installed_services WHERE tenant_id = ? AND environment_id = ?`,
    [tenantId, environmentId],
  );
  const artifacts = await knownArtifacts(
    tx,
    tenantId,
    installed.map(({ artifactId }) => artifactId),
  );
  const targets = await tx.rows<{ serviceId: string; body: unknown }>(
    'SELECT service_id AS serviceId, body FROM targets WHERE tenant_id = ? AND environment_id = ?',
    [tenantId, environmentId],
  );
  return {
    installed: new Map(
      installed.flatMap(({ serviceId, artifactId, configVersion, side }) => {
        const artifact = artifacts.get(artifactId);
        return artifact === undefined ? [] : [[serviceId, { revision: artifact.revision, configVersion, side }] as const];
      }),
    ),
    targets: new Map(targets.map(({ serviceId, body }) => [serviceId, parseJson(body) as TargetBody])),
  };
}
