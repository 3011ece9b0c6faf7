import { createHash } from 'node:crypto';
import type { Sql } from '../../../db/client.ts';
import type { DrivenService, PlannedService } from '../../../domain/deployment/plan.ts';
import type { TargetBody } from '../../../domain/deployment/target.ts';
import type { Revision, Side } from '../../../domain/deployment/vocabulary.ts';
import type { DeployTarget, Place, Workload } from '../../../integrations/capabilities/deploy-target.ts';
import type { MetricsSource } from '../../../integrations/capabilities/metrics-source.ts';
import type { Route, TrafficRouter } from '../../../integrations/capabilities/traffic-router.ts';
import { ProviderError } from '../../../integrations/kit/provider-error.ts';
import type { ArtifactStore } from '../../../platform/artifact-store.ts';
import type { Connector, OpenConnection } from '../../connections/connect.ts';
import { attemptSignal } from '../attempt-scope.ts';
import type { Configuration } from './configuration-service.ts';
import type { DeploymentContext } from './deployment-source.ts';

/** One service in one environment, at its drivers. */
export interface OpenService {
  deployTarget: DeployTarget;
  traffic: { router: TrafficRouter; route: Route } | null;
  metrics: MetricsSource | null;
  place(side: Side): Place;
  /** What is to run on a side, as it is configured. */
  workload(side: Side, revision: Revision, configuration: Configuration): Workload;
}

/** Which service, and where. */
export interface ServicePlace {
  tenantId: string;
  environment: { id: string; name: string };
  service: { serviceId: string; name: string };
  target: TargetBody;
}

export const placeOf = (deployment: Pick<DeploymentContext, 'tenantId' | 'plan'>, service: DrivenService): ServicePlace => ({
  tenantId: deployment.tenantId,
  environment: deployment.plan.environment,
  service,
  target: service.target,
});

export interface DriverService {
  /** @throws ProviderError where a connection is not there, does not work or is no such driver */
  open(place: ServicePlace): Promise<OpenService>;
  /** What is to run; null = it is not built yet. */
  revisionOf(deployment: Pick<DeploymentContext, 'id' | 'tenantId'>, service: PlannedService): Promise<Revision | null>;
}

interface DriverDeps {
  db: Sql;
  connector: Connector;
  artifacts: Pick<ArtifactStore, 'open'>;
}

export function createDriverService(deps: DriverDeps): DriverService {
  const connect = (category: 'deployment' | 'monitoring', tenantId: string, integrationId: string) =>
    deps.connector.open(category, tenantId, integrationId, attemptSignal());

  return {
    async open({ tenantId, environment, service, target }) {
      const [deploy, traffic, monitoring] = await Promise.all([
        connect('deployment', tenantId, target.deploy.integrationId),
        target.traffic === null ? null : connect('deployment', tenantId, target.traffic.integrationId),
        target.metrics === null ? null : connect('monitoring', tenantId, target.metrics.integrationId),
      ]);
      const name = placeName(environment, service);
      const place = (side: Side): Place => ({ name, side, config: target.deploy.config });
      return {
        deployTarget: capabilityOf(deploy, 'deployTarget', 'runs no services'),
        traffic:
          traffic === null || target.traffic === null
            ? null
            : {
                router: capabilityOf(traffic, 'trafficRouter', 'shares no traffic'),
                route: { name, config: target.traffic.config },
              },
        metrics: monitoring === null ? null : capabilityOf(monitoring, 'metricsSource', 'answers no queries'),
        place,
        workload: (side, revision, { variables, version, replicas, deployConfig }) => ({
          ...{ place: { ...place(side), config: deployConfig }, revision, variables, configVersion: version, replicas },
          open: () => openArtifact(deps.artifacts, revision),
        }),
      };
    },

    async revisionOf(deployment, service) {
      if (service.revision !== null) return service.revision;
      const [row] = await deps.db.rows<Omit<Revision, 'source'> & { source: unknown }>(
        `SELECT a.id AS artifactId, a.version, a.digest, a.commit_sha AS \`commit\`, a.source
         FROM service_deployments d JOIN artifacts a ON a.tenant_id = d.tenant_id AND a.id = d.artifact_id
         WHERE d.tenant_id = ? AND d.deployment_id = ? AND d.service_id = ?`,
        [deployment.tenantId, deployment.id, service.serviceId],
      );
      if (row === undefined) return null;
      const source = typeof row.source === 'string' ? JSON.parse(row.source) : row.source;
      return { ...row, source: source as Revision['source'] };
    },
  };
}

type Capabilities = { deployTarget: DeployTarget; trafficRouter: TrafficRouter; metricsSource: MetricsSource };

function capabilityOf<K extends keyof Capabilities>(opened: OpenConnection, capability: K, otherwise: string): Capabilities[K] {
  const made = opened.provider[capability]?.(opened.connection, opened.deps);
  if (made === undefined) {
    throw new ProviderError('invalid', `${opened.provider.displayName} ${otherwise}.`, { provider: opened.provider.id });
  }
  return made as Capabilities[K];
}

const NAME_CHARS = 50;
const MARK_CHARS = 8;

/**
 * Readable, and a mark that tells services of the same name in different apps apart: they would replace each other.
 * @returns letters, digits and dashes, at most 63
 */
export function placeName(environment: { id: string; name: string }, service: { serviceId: string; name: string }): string {
  const readable = `${environment.name}-${service.name}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, NAME_CHARS)
    .replace(/-+$/, '');
  const mark = createHash('sha256').update(`${environment.id}/${service.serviceId}`).digest('hex').slice(0, MARK_CHARS);
  return readable === '' ? `s-${mark}` : `${readable}-${mark}`;
}

async function openArtifact(artifacts: Pick<ArtifactStore, 'open'>, { source, version }: Revision) {
  if (source.kind !== 'kept') throw new ProviderError('invalid', 'An image has no files of its own here.', { provider: 'deployment' });
  const opened = await artifacts.open(source.key);
  if (opened === null) {
    throw new ProviderError('not-found', `The artifact of ${version} is not kept any more.`, { provider: 'deployment' });
  }
  return opened;
}
