import { createHash } from 'node:crypto';
import { ulid } from 'ulid';
import type { Database } from '../../../db/client.ts';
import { parseJson } from '../../../db/schema/columns.ts';
import type { DeploymentMessageType } from '../../../domain/deployment/messages.ts';
import type { PlannedMigration } from '../../../domain/deployment/plan.ts';
import type { ServiceSnapshot, Snapshot } from '../../../domain/deployment/snapshot.ts';
import type { ArtifactSource, Side } from '../../../domain/deployment/vocabulary.ts';
import { writeHistory } from '../../../engine/history.ts';
import { engineActor } from '../../../engine/vocabulary.ts';
import { numbered } from '../../deployments/known-artifacts.ts';
import { type GivenApproval, givenApprovals } from '../../gates/given-approvals.ts';
import { type GateReminder, remindApprovers } from '../../gates/remind-approvers.ts';
import type { DeploymentContext } from './deployment-source.ts';

/** What is known of services in an environment besides what their drivers show. */
export interface KnownService {
  installed: ServiceSnapshot['installed'];
  schemaVersion: string | null;
  /** Fingerprints of the secrets it gets, by name. */
  secrets: Readonly<Record<string, string>>;
}

/** The rows of deployments, for their task handlers. */
export interface DeploymentRecords {
  /** The database's clock. */
  now(): Promise<Date>;
  approvals(deployment: DeploymentContext): Promise<GivenApproval[]>;
  /** Tells people that the deployment still waits for them, once for each instant at which that is due. */
  remindApprovers(deployment: DeploymentContext, reminder: Omit<GateReminder, 'types'>): Promise<void>;
  /** Of the plan's services, by service id. A constant number of queries. */
  known(deployment: DeploymentContext): Promise<ReadonlyMap<string, KnownService>>;
  /** Of the services it deploys and those it depends on: the side that serves; a service of which nothing is installed has none. */
  activeSides(deployment: DeploymentContext): Promise<ReadonlyMap<string, Side>>;
  /** Ids of its services whose new version is there and was healthy: their rollouts are over. */
  brought(deployment: DeploymentContext): Promise<ReadonlySet<string>>;
  snapshot(deployment: DeploymentContext): Promise<{ id: string; hash: string } | null>;
  /** Whether everybody got from its store already, when the snapshot was taken, what the service is to have. */
  wasLive(deployment: DeploymentContext, serviceId: string): Promise<boolean>;
  /** Keeps the first for ever: whoever comes second finds it. */
  keepSnapshot(deployment: DeploymentContext, snapshot: Snapshot): Promise<{ id: string; hash: string }>;
}

interface InstalledRow {
  serviceId: string;
  artifactId: string;
  version: string;
  digest: string;
  commit: string | null;
  buildNumber: string | null;
  source: unknown;
  migrations: unknown;
  configVersion: string;
  side: Side;
  healthy: number;
  deploymentId: string;
  serviceReleaseId: string | null;
}

const reminderTypes = {
  reminder: 'DEPLOYMENT_APPROVAL_REMINDER',
  escalation: 'DEPLOYMENT_APPROVAL_ESCALATION',
} as const satisfies Record<string, DeploymentMessageType>;

export function createDeploymentRecords(db: Database): DeploymentRecords {
  const snapshot: DeploymentRecords['snapshot'] = async ({ tenantId, id }) => {
    const [row] = await db.rows<{ id: string; hash: string }>('SELECT id, hash FROM snapshots WHERE tenant_id = ? AND deployment_id = ?', [
      tenantId,
      id,
    ]);
    return row ?? null;
  };

  return {
    async now() {
      const [row] = await db.rows<{ now: Date }>('SELECT UTC_TIMESTAMP(3) AS now');
      if (row === undefined) throw new Error('the database told no time');
      return row.now;
    },

    approvals: ({ tenantId, id }) => givenApprovals(db, { tenantId, id }, ['APPROVE_DEPLOYMENT']),

    remindApprovers: ({ tenantId, id }, reminder) => remindApprovers(db, { tenantId, id }, { ...reminder, types: reminderTypes }),

    async known({ tenantId, plan }) {
      const environmentId = plan.environment.id;
      const ids = plan.services.map(({ serviceId }) => serviceId);
      const [installed, secrets] = await Promise.all([
        db.rows<InstalledRow>(
          `SELECT i.service_id AS serviceId, a.id AS artifactId, a.version, a.digest, a.commit_sha AS \`commit\`, a.build_number AS buildNumber, a.source, a.migrations,
                  i.config_version AS configVersion, i.side, i.healthy, i.deployment_id AS deploymentId,
                  (SELECT d.service_release_id FROM service_deployments s JOIN deployments d ON d.id = s.deployment_id
                   WHERE s.tenant_id = i.tenant_id AND s.service_id = i.service_id AND s.artifact_id = i.artifact_id
                     AND d.environment_id = i.environment_id AND d.outcome = 'SUCCEEDED' ORDER BY d.id DESC LIMIT 1) AS serviceReleaseId
           FROM installed_services i JOIN artifacts a ON a.tenant_id = i.tenant_id AND a.id = i.artifact_id
           WHERE i.tenant_id = ? AND i.environment_id = ? AND i.service_id IN (?)`,
          [tenantId, environmentId, ids],
        ),
        db.rows<{ serviceId: string; name: string; fingerprint: string | null }>(
          `SELECT service_id AS serviceId, name, fingerprint FROM environment_variables
           WHERE tenant_id = ? AND environment_id = ? AND is_secret = 1 AND service_id IN (?) ORDER BY service_id`,
          [tenantId, environmentId, ['', ...ids]],
        ),
      ]);
      return new Map(
        ids.map((serviceId) => {
          const row = installed.find((candidate) => candidate.serviceId === serviceId);
          const own = secrets.filter((secret) => secret.serviceId === '' || secret.serviceId === serviceId);
          return [
            serviceId,
            {
              installed: row === undefined ? null : installedOf(row),
              schemaVersion: row === undefined ? null : ((parseJson(row.migrations) as PlannedMigration[]).at(-1)?.name ?? null),
              secrets: Object.fromEntries(own.map(({ name, fingerprint }) => [name, fingerprint ?? ''])),
            },
          ];
        }),
      );
    },

    async activeSides({ tenantId, plan }) {
      const ids = [...plan.services, ...plan.outside].map(({ serviceId }) => serviceId);
      const rows = await db.rows<{ serviceId: string; side: Side }>(
        'SELECT service_id AS serviceId, side FROM installed_services WHERE tenant_id = ? AND environment_id = ? AND service_id IN (?)',
        [tenantId, plan.environment.id, ids],
      );
      return new Map(rows.map(({ serviceId, side }) => [serviceId, side]));
    },

    async brought({ tenantId, id }) {
      const rows = await db.rows<{ serviceId: string }>(
        `SELECT service_id AS serviceId FROM service_deployments WHERE tenant_id = ? AND deployment_id = ? AND status = 'HEALTHY'`,
        [tenantId, id],
      );
      return new Set(rows.map(({ serviceId }) => serviceId));
    },

    snapshot,

    async wasLive({ tenantId, id }, serviceId) {
      const [row] = await db.rows<{ content: unknown }>('SELECT content FROM snapshots WHERE tenant_id = ? AND deployment_id = ?', [
        tenantId,
        id,
      ]);
      const services = (parseJson(row?.content) as Snapshot | null)?.services ?? [];
      return services.find((service) => service.serviceId === serviceId)?.store?.wanted?.state === 'live';
    },

    async keepSnapshot(deployment, content) {
      const { tenantId, id, plan } = deployment;
      const text = JSON.stringify(content);
      const hash = createHash('sha256').update(text).digest('hex');
      await db.transact(async (tx) => {
        const snapshotId = ulid();
        const inserted = await tx.run(
          'INSERT IGNORE INTO snapshots (id, tenant_id, deployment_id, environment_id, content, hash) VALUES (?)',
          [[snapshotId, tenantId, id, plan.environment.id, text, hash]],
        );
        if (inserted === 0) return;
        await writeHistory(tx, [
          {
            ...{ tenantId, scopeId: id, entityType: 'snapshot', entityId: snapshotId, action: 'CREATE', actor: engineActor },
            items: [{ field: 'hash', before: null, after: hash }],
          },
        ]);
      });
      const kept = await snapshot(deployment);
      if (kept === null) throw new Error(`the snapshot of ${id} is gone`);
      return kept;
    },
  };
}

function installedOf({
  artifactId,
  version,
  digest,
  commit,
  buildNumber,
  source,
  configVersion,
  side,
  healthy,
  ...row
}: InstalledRow): ServiceSnapshot['installed'] {
  return {
    revision: { artifactId, version, digest, commit, source: parseJson(source) as ArtifactSource, ...numbered(buildNumber) },
    ...{ configVersion, side, healthy: healthy === 1, deploymentId: row.deploymentId, serviceReleaseId: row.serviceReleaseId },
  };
}
