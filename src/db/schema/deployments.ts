import { boolean, double, index, int, mediumtext, mysqlTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import { id, instant, json, name, now, word } from './columns.ts';

/* Deployments and what they leave behind. Runs, stages, tasks and attempts are the engine's; locks of services are rows of their own. */

export const deployments = mysqlTable(
  'deployments',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    runId: id('run_id').notNull(),
    /** `DEP-1`, `DEP-2`, … within the tenant. */
    displayNumber: int('display_number', { unsigned: true }).notNull(),
    appId: id('app_id').notNull(),
    environmentId: id('environment_id').notNull(),
    kind: word('kind', { length: 16 }).notNull(),
    scope: word('scope', { length: 24 }).notNull(),
    serviceReleaseId: id('service_release_id'),
    /** Of a ROLLBACK: the deployment it takes back. */
    revertsId: id('reverts_id'),
    sourceEnvironmentId: id('source_environment_id'),
    pipelineVersionId: id('pipeline_version_id'),
    /** Everything resolved at creation: `DeploymentPlan` of `src/domain/deployment/plan.ts`. Nothing configured later touches it. */
    plan: json<object>('plan').notNull(),
    reason: text('reason'),
    /** What a person let it pass, with who and why. */
    overrides: json<object[]>('overrides').notNull(),
    requestedByAccountId: id('requested_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    cancelRequestedAt: instant('cancel_requested_at'),
    cancelReason: text('cancel_reason'),
    /** When a cancellation that has not come to an end becomes a person's business. */
    cancelDeadlineAt: instant('cancel_deadline_at'),
    /** NULL = under way. */
    outcome: word('outcome', { length: 16 }),
    /** Why it did not succeed, in words. */
    failure: text('failure'),
    endedAt: instant('ended_at'),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('deployments_number').on(t.tenantId, t.displayNumber),
    index('deployments_tenant').on(t.tenantId, t.id),
    index('deployments_environment').on(t.tenantId, t.environmentId, t.id),
    index('deployments_run').on(t.runId),
  ],
);

/** At most one deployment changes a service in an environment. Taken when it is created, given back in the transaction that ends it. */
export const deploymentLocks = mysqlTable(
  'deployment_locks',
  {
    tenantId: id('tenant_id').notNull(),
    environmentId: id('environment_id').notNull(),
    serviceId: id('service_id').notNull(),
    deploymentId: id('deployment_id').notNull(),
    since: instant('since').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.environmentId, t.serviceId] }), index('deployment_locks_deployment').on(t.deploymentId)],
);

/** One service within a deployment. */
export const serviceDeployments = mysqlTable(
  'service_deployments',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    deploymentId: id('deployment_id').notNull(),
    serviceId: id('service_id').notNull(),
    /** Kahn layer, 0 first; within it by name. */
    layer: int('layer', { unsigned: true }).notNull(),
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    /** What is to run; NULL until it is built. */
    artifactId: id('artifact_id'),
    /** What ran before, and may have to again; NULL = nothing was known to. */
    fromArtifactId: id('from_artifact_id'),
    configVersion: word('config_version', { length: 64 }),
    status: word('status', { length: 16 }).notNull(),
    /** Why its new version was taken back, or why it could not be; NULL = nothing went wrong. */
    failure: text('failure'),
    /** What people should know of how it was changed, e.g. that it got the values of today; NULL = nothing. */
    note: text('note'),
    /** 1 for the service that was changed first; NULL = not changed. Rollback goes backwards by it. */
    changeOrder: int('change_order', { unsigned: true }),
    startedAt: instant('started_at'),
    endedAt: instant('ended_at'),
  },
  (t) => [uniqueIndex('service_deployments_service').on(t.tenantId, t.deploymentId, t.serviceId)],
);

/** How the environment stood before anything was changed; never changed itself. */
export const snapshots = mysqlTable(
  'snapshots',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    deploymentId: id('deployment_id').notNull(),
    environmentId: id('environment_id').notNull(),
    /** `Snapshot` of `src/domain/deployment/snapshot.ts`. */
    content: json<object>('content').notNull(),
    hash: word('hash', { length: 64 }).notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [uniqueIndex('snapshots_deployment').on(t.deploymentId), index('snapshots_environment').on(t.tenantId, t.environmentId, t.id)],
);

/** What an environment runs of a service, as the last deployment that ended there left it. */
export const installedServices = mysqlTable(
  'installed_services',
  {
    tenantId: id('tenant_id').notNull(),
    environmentId: id('environment_id').notNull(),
    serviceId: id('service_id').notNull(),
    artifactId: id('artifact_id').notNull(),
    configVersion: word('config_version', { length: 64 }).notNull(),
    side: word('side', { length: 8 }).notNull(),
    deploymentId: id('deployment_id').notNull(),
    healthy: boolean('healthy').notNull(),
    since: instant('since').notNull().default(now),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.environmentId, t.serviceId] })],
);

/**
 * What a service was configured with under a config version, kept before a workload gets it, so that a rollback brings back the values of then. No route
 * reads it.
 */
export const configVersions = mysqlTable(
  'config_versions',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    environmentId: id('environment_id').notNull(),
    serviceId: id('service_id').notNull(),
    version: word('version', { length: 64 }).notNull(),
    /** Connection to the driver that `deployConfig` is meant for. */
    deployIntegrationId: id('deploy_integration_id').notNull(),
    deployConfig: json<object>('deploy_config').notNull(),
    replicas: int('replicas', { unsigned: true }).notNull(),
    /** Of each secret by name: its fingerprint and when it expires. */
    secrets: json<object>('secrets').notNull(),
    /** All variables by name, sealed together. */
    variables: mediumtext('variables').notNull(),
    /** When it was brought somewhere, or planned to be, last. */
    keptAt: instant('kept_at').notNull().default(now),
  },
  (t) => [uniqueIndex('config_versions_version').on(t.tenantId, t.environmentId, t.serviceId, t.version)],
);

/** The way of one service's new version to all traffic. */
export const serviceRollouts = mysqlTable(
  'service_rollouts',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    deploymentId: id('deployment_id').notNull(),
    serviceId: id('service_id').notNull(),
    taskId: id('task_id').notNull(),
    /** The pure state of `src/domain/deployment/rollout`, as decided last. */
    state: json<object>('state').notNull(),
    /** Of the state: PENDING, PROGRESSING, PAUSED, PROMOTING, COMPLETED, ABORTING or ABORTED. */
    status: word('status', { length: 16 }).notNull(),
    pauseReason: word('pause_reason', { length: 16 }),
    step: int('step', { unsigned: true }).notNull().default(0),
    /** Share of traffic of the new version, percent, as the router showed it last; NULL = never read. */
    weight: double('weight'),
    /** What people want: RUN, PAUSE, ABORT or PROMOTE. */
    wanted: word('wanted', { length: 16 }).notNull().default('RUN'),
    /** A person wants the next step now; cleared when it is taken. */
    advanceRequestedAt: instant('advance_requested_at'),
    version: int('version', { unsigned: true }).notNull().default(0),
    observedAt: instant('observed_at'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [uniqueIndex('service_rollouts_service').on(t.tenantId, t.deploymentId, t.serviceId), index('service_rollouts_task').on(t.taskId)],
);

export const analysisRuns = mysqlTable(
  'analysis_runs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** Of `service_rollouts`, or of `rollouts`: a release's in its store. */
    serviceRolloutId: id('service_rollout_id').notNull(),
    /** Which analysis of the rollout, e.g. `step-2`: a later look finds it by this. */
    key: word('analysis_key', { length: 64 }).notNull(),
    /** `analysis` or `judge`. */
    kind: word('kind', { length: 16 }).notNull(),
    definition: json<object>('definition').notNull(),
    verdict: word('verdict', { length: 16 }),
    reason: text('reason'),
    startedAt: instant('started_at').notNull().default(now),
    endedAt: instant('ended_at'),
  },
  (t) => [uniqueIndex('analysis_runs_key').on(t.tenantId, t.serviceRolloutId, t.key)],
);

export const measurements = mysqlTable(
  'measurements',
  {
    tenantId: id('tenant_id').notNull(),
    analysisRunId: id('analysis_run_id').notNull(),
    metric: name('metric', { length: 64 }).notNull(),
    ordinal: int('ordinal', { unsigned: true }).notNull(),
    /** NULL = there was none, or none that is a number. */
    value: double('value'),
    /** success, failure, inconclusive or error. */
    result: word('result', { length: 16 }).notNull(),
    message: name('message', { length: 1000 }),
    at: instant('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.analysisRunId, t.metric, t.ordinal] })],
);

/** What deployments did to schemas, as told to people; the ledger in the database itself decides. */
export const migrationRuns = mysqlTable(
  'migration_runs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    deploymentId: id('deployment_id').notNull(),
    serviceId: id('service_id').notNull(),
    name: name('name', { length: 255 }).notNull(),
    /** expand, contract or irreversible. */
    class: word('class', { length: 16 }).notNull(),
    checksum: word('checksum', { length: 64 }).notNull(),
    /** Connection to the database. */
    integrationId: id('integration_id').notNull(),
    /** Artifacts of the service that worked with the database when it was applied; NULL = it was known before. */
    ranBeside: json<string[]>('ran_beside'),
    status: word('status', { length: 16 }).notNull(),
    error: text('error'),
    at: instant('at').notNull().default(now),
  },
  (t) => [
    uniqueIndex('migration_runs_name').on(t.tenantId, t.deploymentId, t.serviceId, t.name),
    index('migration_runs_database').on(t.tenantId, t.serviceId, t.integrationId),
  ],
);

/** When exposure may grow (`allow`) and when not (`deny`, a freeze). */
export const windows = mysqlTable(
  'windows',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    kind: word('kind', { length: 8 }).notNull(),
    cron: word('cron', { length: 128 }).notNull(),
    durationMinutes: int('duration_minutes', { unsigned: true }).notNull(),
    zone: word('zone', { length: 64 }).notNull(),
    /** `WindowScope` of `src/domain/windows/scope.ts`; empty = everything of the tenant. */
    scope: json<object>('scope').notNull(),
    /** What becomes of what is under way when it closes: finish, pause or abort. */
    onClose: word('on_close', { length: 8 }).notNull(),
    isActive: boolean('is_active').notNull().default(true),
    createdByAccountId: id('created_by_account_id').notNull(),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('windows_tenant').on(t.tenantId, t.isActive, t.id)],
);

/** A person lets one subject pass the windows until it expires. */
export const windowOverrides = mysqlTable(
  'window_overrides',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    /** `release` or `deployment`. */
    subjectKind: word('subject_kind', { length: 16 }).notNull(),
    subjectId: id('subject_id').notNull(),
    reason: text('reason').notNull(),
    accountId: id('account_id').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: instant('created_at').notNull().default(now),
  },
  (t) => [index('window_overrides_subject').on(t.tenantId, t.subjectKind, t.subjectId)],
);
