import { boolean, index, int, mysqlTable, text, uniqueIndex } from 'drizzle-orm/mysql-core';
import { id, instant, json, name, now, word } from './columns.ts';

/**
 * One table per category, as operators know them, all with the same connection columns, so that one set of use cases serves every
 * category. `credentials` is sealed (AES-256-GCM with a key id), never in clear.
 */
const connection = () => ({
  id: id('id').primaryKey(),
  tenantId: id('tenant_id').notNull(),
  provider: word('provider', { length: 32 }).notNull(),
  displayName: name('display_name', { length: 200 }).notNull(),
  baseUrl: name('base_url', { length: 1024 }).notNull(),
  settings: json<Record<string, unknown>>('settings').notNull(),
  credentials: text('credentials').notNull(),
  webhookSecret: text('webhook_secret'),
  webhookEnabled: boolean('webhook_enabled').notNull().default(false),
  isActive: boolean('is_active').notNull().default(true),
  verificationStatus: word('verification_status', { length: 16 }).notNull(),
  lastVerifiedAt: instant('last_verified_at'),
  /** Next verification by the scheduler; NULL = none due. */
  verifyAt: instant('verify_at'),
  verificationError: name('verification_error', { length: 2000 }),
  providerAccount: name('provider_account', { length: 320 }),
  credentialExpiresAt: instant('credential_expires_at'),
  rateLimit: json<{ limit: number; remaining: number; resetsAt: string | null; seenAt: string }>('rate_limit'),
  createdByAccountId: id('created_by_account_id').notNull(),
  createdAt: instant('created_at').notNull().default(now),
  updatedAt: instant('updated_at').notNull().default(now),
});

export const tenantScmIntegrations = mysqlTable(
  'tenant_scm_integrations',
  {
    ...connection(),
    owner: name('owner', { length: 200 }),
    repo: name('repo', { length: 200 }),
    defaultBranch: name('default_branch', { length: 255 }),
  },
  (t) => [
    index('tenant_scm_integrations_tenant').on(t.tenantId, t.isActive, t.id),
    index('tenant_scm_integrations_verify').on(t.isActive, t.verifyAt),
  ],
);

export const tenantCiCdIntegrations = mysqlTable('tenant_ci_cd_integrations', connection(), (t) => [
  index('tenant_ci_cd_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('tenant_ci_cd_integrations_verify').on(t.isActive, t.verifyAt),
]);

export const projectManagementIntegrations = mysqlTable('project_management_integrations', connection(), (t) => [
  index('project_management_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('project_management_integrations_verify').on(t.isActive, t.verifyAt),
]);

export const testManagementIntegrations = mysqlTable('test_management_integrations', connection(), (t) => [
  index('test_management_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('test_management_integrations_verify').on(t.isActive, t.verifyAt),
]);

export const tenantCommIntegrations = mysqlTable('tenant_comm_integrations', connection(), (t) => [
  index('tenant_comm_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('tenant_comm_integrations_verify').on(t.isActive, t.verifyAt),
]);

export const tenantStoreIntegrations = mysqlTable('tenant_store_integrations', connection(), (t) => [
  index('tenant_store_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('tenant_store_integrations_verify').on(t.isActive, t.verifyAt),
]);

/** Where services run, what shares their traffic, and their databases. */
export const tenantDeploymentIntegrations = mysqlTable('tenant_deployment_integrations', connection(), (t) => [
  index('tenant_deployment_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('tenant_deployment_integrations_verify').on(t.isActive, t.verifyAt),
]);

/** Where measurements of what runs come from. */
export const tenantMonitoringIntegrations = mysqlTable('tenant_monitoring_integrations', connection(), (t) => [
  index('tenant_monitoring_integrations_tenant').on(t.tenantId, t.isActive, t.id),
  index('tenant_monitoring_integrations_verify').on(t.isActive, t.verifyAt),
]);

/** What `ciConfigId` names: a set of workflows of one CI connection. */
export const ciCdConfigs = mysqlTable(
  'ci_cd_configs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    /** The release config it was written into, and goes with when that lets go of it; NULL = it stands by itself. */
    ownedByReleaseConfigId: id('owned_by_release_config_id'),
    /** The release it was copied for, and lives as long as; NULL = people's own. */
    frozenForReleaseId: id('frozen_for_release_id'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('ci_cd_configs_frozen').on(t.tenantId, t.frozenForReleaseId, t.id)],
);

export const tenantCiCdWorkflows = mysqlTable(
  'tenant_ci_cd_workflows',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    configId: id('config_id').notNull(),
    platform: word('platform', { length: 16 }).notNull(),
    workflowType: word('workflow_type', { length: 32 }).notNull(),
    /** Id of the workflow at the provider. */
    workflowId: name('workflow_id', { length: 512 }).notNull(),
    displayName: name('display_name', { length: 200 }).notNull(),
    /** Fixed inputs, merged under those that Signalbox supplies. */
    inputs: json<Record<string, string>>('inputs').notNull(),
  },
  (t) => [uniqueIndex('tenant_ci_cd_workflows_role').on(t.tenantId, t.configId, t.platform, t.workflowType)],
);

export const projectManagementConfigs = mysqlTable(
  'project_management_configs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    /** Per platform: project, issue type, status that counts as done, labels, … */
    platforms:
      json<
        {
          platform: string;
          project: string;
          issueType: string;
          completedStatus: string | null;
          labels: string[];
          assignee: string | null;
          parent: string | null;
          priority: string | null;
        }[]
      >('platforms').notNull(),
    /** The release config it was written into, and goes with when that lets go of it; NULL = it stands by itself. */
    ownedByReleaseConfigId: id('owned_by_release_config_id'),
    /** The release it was copied for, and lives as long as; NULL = people's own. */
    frozenForReleaseId: id('frozen_for_release_id'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('project_management_configs_frozen').on(t.tenantId, t.frozenForReleaseId, t.id)],
);

export const testManagementConfigs = mysqlTable(
  'test_management_configs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    projectId: name('project_id', { length: 200 }).notNull(),
    /** Percentage of tests that must have passed, 0 to 100. */
    passThresholdPercent: int('pass_threshold_percent').notNull(),
    platforms:
      json<{ platform: string; sectionIds: string[]; labelIds: string[]; squadIds: string[]; platformIds: string[] }[]>(
        'platforms',
      ).notNull(),
    /** The release config it was written into, and goes with when that lets go of it; NULL = it stands by itself. */
    ownedByReleaseConfigId: id('owned_by_release_config_id'),
    /** The release it was copied for, and lives as long as; NULL = people's own. */
    frozenForReleaseId: id('frozen_for_release_id'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('test_management_configs_frozen').on(t.tenantId, t.frozenForReleaseId, t.id)],
);

/** What `commsConfigId` names: which channels get which bucket of notifications. */
export const tenantCommChannels = mysqlTable(
  'tenant_comm_channels',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    /** Bucket (`releases`, `builds`, `regression`, `critical`) → channel ids at the provider. */
    channels: json<Record<string, string[]>>('channels').notNull(),
    /** Messages about a release go as replies below its status message, where the provider has threads. */
    threads: boolean('threads').notNull().default(false),
    /** The release config it was written into, and goes with when that lets go of it; NULL = it stands by itself. */
    ownedByReleaseConfigId: id('owned_by_release_config_id'),
    /** The release it was copied for, and lives as long as; NULL = people's own. */
    frozenForReleaseId: id('frozen_for_release_id'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('tenant_comm_channels_frozen').on(t.tenantId, t.frozenForReleaseId, t.id)],
);

/** What `storeConfigId` names: one app on one track of a store connection. */
export const storeConfigs = mysqlTable(
  'store_configs',
  {
    id: id('id').primaryKey(),
    tenantId: id('tenant_id').notNull(),
    integrationId: id('integration_id').notNull(),
    name: name('name', { length: 200 }).notNull(),
    target: word('target', { length: 16 }).notNull(),
    /** Bundle id or package name. */
    appId: name('app_id', { length: 255 }).notNull(),
    track: name('track', { length: 64 }).notNull(),
    /** Who hands builds to the store: CI, or SIGNALBOX with the artifact of the build. */
    uploadBy: word('upload_by', { length: 16 }).notNull(),
    /** 0 to 5; NULL = the store's default. */
    updatePriority: int('update_priority'),
    /** The release config it was written into, and goes with when that lets go of it; NULL = it stands by itself. */
    ownedByReleaseConfigId: id('owned_by_release_config_id'),
    createdAt: instant('created_at').notNull().default(now),
    updatedAt: instant('updated_at').notNull().default(now),
  },
  (t) => [index('store_configs_tenant').on(t.tenantId, t.id)],
);
