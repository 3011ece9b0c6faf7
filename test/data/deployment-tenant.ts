import { monotonicFactory } from 'ulid';
import type { Database } from '../../src/db/client.ts';
import { type Permission, permissions } from '../../src/domain/access/permissions.ts';
import type { PlannedMigration } from '../../src/domain/deployment/plan.ts';
import type { TargetBody } from '../../src/domain/deployment/target.ts';
import type { DependencyKind, EnvironmentTier } from '../../src/domain/deployment/vocabulary.ts';
import type { ApprovalRules } from '../../src/domain/gates/approval-rules.ts';
import type { Caller } from '../../src/services/context.ts';
import { digestOf, targetBody } from './deployment-facts.ts';

/* What there is to deploy, written straight into the tables. */

const newId = monotonicFactory();
/** Answers probes at once, so that looks need no time between them. */
export const probed: TargetBody['health'] = [
  { kind: 'http', path: '/health', expectStatus: [200], intervalMs: 1, timeoutMs: 1_000, successes: 1, withinMs: 60_000 },
];

/** The words that the file of an artifact is made of. @param key `<service id>/<version>` */
const wordsOf = (key: string) => key.slice(key.indexOf('/') - 12).replace('/', ' ');

/** What the artifact store has under the key of an artifact. */
export const fileOf = (key: string) => ({ body: new Blob([wordsOf(key)]).stream(), sizeBytes: Buffer.byteLength(wordsOf(key)) });

export interface DeploymentTenant {
  tenantId: string;
  appId: string;
  caller: Caller;
  /** Somebody else of the tenant who may do everything. */
  other: Caller;
  environment(
    name: string,
    options?: { tier?: EnvironmentTier; approval?: ApprovalRules; maxParallel?: number; commsConfigId?: string },
  ): Promise<string>;
  /** With a target in each environment. */
  service(name: string, environmentIds: readonly string[], target?: Partial<TargetBody>): Promise<string>;
  dependency(serviceId: string, dependsOnId: string, kind?: DependencyKind): Promise<void>;
  artifact(serviceId: string, version: string, migrations?: readonly PlannedMigration[]): Promise<string>;
  pipeline(name: string, body: object): Promise<string>;
  release(version: string, items: Readonly<Record<string, string>>): Promise<string>;
}

/** A tenant with two owners and an app. */
export async function seedTenant(db: Database): Promise<DeploymentTenant> {
  const [tenantId, accountId, otherId, appId] = [newId(), newId(), newId(), newId()];
  await db.run('INSERT INTO tenants (id, name) VALUES (?)', [[tenantId, 'Shop']]);
  await db.run('INSERT INTO accounts (id, email, display_name) VALUES ?', [
    [
      [accountId, `${accountId}@example.com`, 'Ada'],
      [otherId, `${otherId}@example.com`, 'Ben'],
    ],
  ]);
  await db.run('INSERT INTO members (tenant_id, account_id, role) VALUES ?', [
    [
      [tenantId, accountId, 'owner'],
      [tenantId, otherId, 'owner'],
    ],
  ]);
  await db.run('INSERT INTO apps (id, tenant_id, name, created_by_account_id) VALUES (?)', [[appId, tenantId, 'shop', accountId]]);
  const all = new Set<Permission>(permissions);
  return {
    ...{ tenantId, appId, caller: { tenantId, accountId, permissions: all }, other: { tenantId, accountId: otherId, permissions: all } },
    async environment(name, { tier = 'staging', approval, maxParallel = 1, commsConfigId } = {}) {
      const id = newId();
      await db.run('INSERT INTO environments (id, tenant_id, name, tier, kind, approval, max_parallel, comms_config_id) VALUES (?)', [
        [id, tenantId, name, tier, 'infra', approval === undefined ? null : JSON.stringify(approval), maxParallel, commsConfigId ?? null],
      ]);
      return id;
    },
    async service(name, environmentIds, target = {}) {
      const id = newId();
      await db.run('INSERT INTO services (id, tenant_id, app_id, name, kind) VALUES (?)', [[id, tenantId, appId, name, 'backend']]);
      for (const environmentId of environmentIds) {
        const body = JSON.stringify(targetBody({ health: probed, ...target }));
        await db.run('INSERT INTO targets (id, tenant_id, environment_id, service_id, body) VALUES (?)', [
          [newId(), tenantId, environmentId, id, body],
        ]);
      }
      return id;
    },
    async dependency(serviceId, dependsOnId, kind = 'runtime') {
      await db.run('INSERT INTO service_dependencies (tenant_id, service_id, depends_on_id, kind) VALUES (?)', [
        [tenantId, serviceId, dependsOnId, kind],
      ]);
    },
    async artifact(serviceId, version, migrations = []) {
      const id = newId();
      const source = { kind: 'kept', key: `${serviceId}/${version}`, sizeBytes: fileOf(`${serviceId}/${version}`).sizeBytes };
      await db.run('INSERT INTO artifacts (id, tenant_id, service_id, version, digest, commit_sha, source, migrations) VALUES (?)', [
        [
          id,
          tenantId,
          serviceId,
          version,
          digestOf(wordsOf(`${serviceId}/${version}`)),
          null,
          JSON.stringify(source),
          JSON.stringify(migrations),
        ],
      ]);
      return id;
    },
    async pipeline(name, body) {
      const id = newId();
      await db.run('INSERT INTO pipelines (id, tenant_id, app_id, name, version) VALUES (?)', [[id, tenantId, appId, name, 1]]);
      await db.run('INSERT INTO pipeline_versions (id, tenant_id, pipeline_id, version, body, hash, created_by_account_id) VALUES (?)', [
        [newId(), tenantId, id, 1, JSON.stringify(body), 'f'.repeat(64), accountId],
      ]);
      return id;
    },
    async release(version, items) {
      const id = newId();
      await db.run('INSERT INTO service_releases (id, tenant_id, app_id, version, created_by_account_id) VALUES (?)', [
        [id, tenantId, appId, version, accountId],
      ]);
      await db.run('INSERT INTO service_release_items (tenant_id, service_release_id, service_id, artifact_id) VALUES ?', [
        Object.entries(items).map(([serviceId, artifactId]) => [tenantId, id, serviceId, artifactId]),
      ]);
      return id;
    },
  };
}
