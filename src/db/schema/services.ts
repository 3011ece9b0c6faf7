import { boolean, index, int, mysqlTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import type { ArtifactSource } from '../../domain/deployment/vocabulary.ts';
import { id, instant, json, name, now, word } from './columns.ts';

/* What there is to deploy, and where: apps and their services, environments and their targets, artifacts, service releases, pipelines. */

export const apps = mysqlTable(
  'apps',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    name: name('name', { length: 63 }).notNull(),
    description: text('description'),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('apps_name').on(t.tenantId, t.name)],
);

export const services = mysqlTable(
  'services',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    appId: id('app_id').notNull(),
    /** Letters, digits, dashes; names places at drivers. */
    name: word('name', { length: 40 }).notNull(),
    kind: word('kind', { length: 16 }).notNull(),
    /** Source control connection and globs by which a change of the service is told; NULL = it changes by its artifacts only. */
    source: json<{ integrationId: string; paths: string[] }>('source'),
    /** How an artifact is built and tested where none is there; NULL = artifacts come from outside. */
    recipe: json<object>('recipe'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('services_name').on(t.tenantId, t.appId, t.name)],
);

/** `service_id` depends on `depends_on_id`; together acyclic. */
export const serviceDependencies = mysqlTable(
  'service_dependencies',
  {
    tenantId: id('tenant_id').notNull(),
    serviceId: id('service_id').notNull(),
    dependsOnId: id('depends_on_id').notNull(),
    kind: word('kind', { length: 16 }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.serviceId, t.dependsOnId, t.kind] }),
    index('service_dependencies_reverse').on(t.tenantId, t.dependsOnId),
  ],
);

export const environments = mysqlTable(
  'environments',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    name: name('name', { length: 63 }).notNull(),
    tier: word('tier', { length: 16 }).notNull(),
    kind: word('kind', { length: 16 }).notNull(),
    /** Who must approve deployments to it; NULL = nobody. */
    approval: json<object>('approval'),
    /** Services changed at once, 1 or more. */
    maxParallel: int('max_parallel', { unsigned: true }).notNull().default(1),
    /** Of `tenant_comm_channels`; NULL = nobody is told. */
    commsConfigId: id('comms_config_id'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('environments_name').on(t.tenantId, t.name), index('environments_tenant').on(t.tenantId, t.id)],
);

/** One service in one environment: by which driver, with which strategy, traffic, metrics, health and migrations. */
export const targets = mysqlTable(
  'targets',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    environmentId: id('environment_id').notNull(),
    serviceId: id('service_id').notNull(),
    /** `TargetBody` of `src/domain/deployment/target.ts`. */
    body: json<object>('body').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('targets_place').on(t.tenantId, t.environmentId, t.serviceId)],
);

/** Environment variables of an environment, or of one service in it. A secret's value is sealed and never read back. */
export const environmentVariables = mysqlTable(
  'environment_variables',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    environmentId: id('environment_id').notNull(),
    /** Empty = of every service in the environment. */
    serviceId: word('service_id', { length: 26 }).notNull().default(''),
    name: word('name', { length: 128 }).notNull(),
    isSecret: boolean('is_secret').notNull(),
    /** In clear, or sealed. */
    value: text('value').notNull(),
    /** HMAC of a secret's value, by which equal ones are told without knowing them. */
    fingerprint: word('fingerprint', { length: 64 }),
    expiresAt: instant('expires_at'),
    updatedByAccountId: id('updated_by_account_id').notNull(),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('environment_variables_name').on(t.tenantId, t.environmentId, t.serviceId, t.name),
    index('environment_variables_fingerprint').on(t.tenantId, t.fingerprint),
  ],
);

/** One version of one service, immutable. */
export const artifacts = mysqlTable(
  'artifacts',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    serviceId: id('service_id').notNull(),
    version: name('version', { length: 64 }).notNull(),
    digest: word('digest', { length: 71 }).notNull(),
    commitSha: word('commit_sha', { length: 64 }),
    /** When the commit was made, for lead time; NULL = unknown. */
    committedAt: instant('committed_at'),
    source: json<ArtifactSource>('source').notNull(),
    /** Of services that go to stores: what a store tells builds of one version apart by; NULL = none. */
    buildNumber: name('build_number', { length: 64 }),
    /** Hash of the recipe it was built by, for the build cache. */
    recipeHash: word('recipe_hash', { length: 64 }),
    /** In order; each `{name, class, sql, checksum}`. */
    migrations: json<object[]>('migrations').notNull(),
    createdByAccountId: id('created_by_account_id'),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('artifacts_digest').on(t.tenantId, t.serviceId, t.digest),
    index('artifacts_service').on(t.tenantId, t.serviceId, t.id),
    index('artifacts_recipe').on(t.tenantId, t.serviceId, t.commitSha, t.recipeHash),
  ],
);

/** Versions of several services that go together. Its items may change until its first deployment seals it. */
export const serviceReleases = mysqlTable(
  'service_releases',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    appId: id('app_id').notNull(),
    version: name('version', { length: 64 }).notNull(),
    description: text('description'),
    sealedHash: word('sealed_hash', { length: 64 }),
    sealedAt: instant('sealed_at'),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('service_releases_version').on(t.tenantId, t.appId, t.version)],
);

export const serviceReleaseItems = mysqlTable(
  'service_release_items',
  {
    tenantId: id('tenant_id').notNull(),
    serviceReleaseId: id('service_release_id').notNull(),
    serviceId: id('service_id').notNull(),
    artifactId: id('artifact_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.serviceReleaseId, t.serviceId] })],
);

/** It was rolled back there: promotion to it stops until a person lifts this. */
export const releaseRejections = mysqlTable(
  'release_rejections',
  {
    tenantId: id('tenant_id').notNull(),
    serviceReleaseId: id('service_release_id').notNull(),
    environmentId: id('environment_id').notNull(),
    deploymentId: id('deployment_id').notNull(),
    reason: text('reason').notNull(),
    at: instant('at').notNull().default(now),
  },
  (t) => [primaryKey({ name: 'release_rejections_pk', columns: [t.tenantId, t.serviceReleaseId, t.environmentId] })],
);

export const pipelines = mysqlTable(
  'pipelines',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    appId: id('app_id').notNull(),
    name: name('name', { length: 63 }).notNull(),
    /** The newest. */
    version: int('version', { unsigned: true }).notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('pipelines_name').on(t.tenantId, t.appId, t.name)],
);

/** Validated once, never changed. */
export const pipelineVersions = mysqlTable(
  'pipeline_versions',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    pipelineId: id('pipeline_id').notNull(),
    version: int('version', { unsigned: true }).notNull(),
    /** `PipelineBody` of `src/domain/deployment/pipeline.ts`. */
    body: json<object>('body').notNull(),
    hash: word('hash', { length: 64 }).notNull(),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('pipeline_versions_version').on(t.tenantId, t.pipelineId, t.version)],
);
