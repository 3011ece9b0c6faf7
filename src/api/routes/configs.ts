import { z } from '@hono/zod-openapi';
import { buckets, platforms, storeTargets, workflowTypes } from '../../domain/release/vocabulary.ts';
import { checkWorkflows } from '../../services/ci-cd-configs/check-workflows.ts';
import { ciCdConfig } from '../../services/ci-cd-configs/ci-cd-config.ts';
import { checkChannels } from '../../services/comm-channels/check-channels.ts';
import { commChannels } from '../../services/comm-channels/comm-channels.ts';
import { checkTracker } from '../../services/project-management-configs/check-tracker.ts';
import { projectManagementConfig } from '../../services/project-management-configs/project-management-config.ts';
import { checkStore } from '../../services/store-configs/check-store.ts';
import { storeConfig, uploaders } from '../../services/store-configs/store-config.ts';
import { checkTests } from '../../services/test-management-configs/check-tests.ts';
import { testManagementConfig } from '../../services/test-management-configs/test-management-config.ts';
import type { ApiDeps, App } from '../context.ts';
import { idSchema, nameSchema } from '../schemas.ts';
import { registerConfigRoutes } from './config-routes.ts';

const head = { name: nameSchema, integrationId: idSchema };
const text = (max: number) => z.string().trim().min(1).max(max);
const optionalText = (max: number) => text(max).nullable().default(null);
const list = (max: number) => z.array(text(255)).max(max).default([]);

const workflow = z
  .strictObject({
    platform: z.enum(platforms),
    workflowType: z.enum(workflowTypes),
    workflowId: text(512).meta({ description: 'Id of the workflow at the provider' }),
    displayName: nameSchema,
    inputs: z.record(text(255), z.string().max(4096)).default({}).meta({ description: 'Fixed inputs; those that Signalbox supplies win' }),
  })
  .openapi('Workflow');

export const ciCdConfigSchema = z.strictObject({ ...head, workflows: z.array(workflow).max(100) });

export const projectManagementConfigSchema = z.strictObject({
  ...head,
  platforms: z
    .array(
      z.strictObject({
        platform: z.enum(platforms),
        project: text(255),
        issueType: text(255),
        completedStatus: optionalText(255).meta({ description: 'The status that counts as done; null: what the tracker counts as done' }),
        labels: list(50),
        assignee: optionalText(255),
        parent: optionalText(255),
        priority: optionalText(255),
      }),
    )
    .min(1)
    .max(platforms.length),
});

export const testManagementConfigSchema = z.strictObject({
  ...head,
  projectId: text(200),
  passThresholdPercent: z.int().min(0).max(100),
  platforms: z
    .array(
      z.strictObject({
        platform: z.enum(platforms),
        sectionIds: list(500),
        labelIds: list(500),
        squadIds: list(500),
        platformIds: list(500),
      }),
    )
    .min(1)
    .max(platforms.length),
});

export const commChannelsSchema = z.strictObject({
  ...head,
  channels: z
    .partialRecord(z.enum(buckets), z.array(text(255)).max(20))
    .meta({ description: 'Kind of notification → channel ids at the provider' }),
  threads: z
    .boolean()
    .default(false)
    .meta({ description: 'Messages about a release go as replies below its status message, where the provider has threads' }),
});

/** Bundle ids and package names. */
export const appIdSchema = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be a bundle id or package name')
  .max(255)
  .meta({ description: 'Bundle id or package name', example: 'com.acme.app' });

export const storeConfigSchema = z.strictObject({
  ...head,
  target: z.enum(storeTargets).meta({ description: 'What the provider of the integration releases to' }),
  appId: appIdSchema,
  track: nameSchema.max(64).default('production').meta({ description: 'As the store names it; stores with one track ignore it' }),
  uploadBy: z
    .enum(uploaders)
    .default('CI')
    .meta({ description: 'Who hands builds to the store. SIGNALBOX: the artifact of the build, where the store takes files' }),
  updatePriority: z
    .int()
    .min(0)
    .max(5)
    .nullable()
    .default(null)
    .meta({ description: "How urgently running apps offer the update, where the store knows that; null: the store's default" }),
});

export function registerConfigsRoutes(app: App, deps: ApiDeps): void {
  registerConfigRoutes(app, deps, {
    kind: ciCdConfig,
    path: 'ci-cd-configs',
    name: 'CiCdConfig',
    title: 'CI config',
    schema: ciCdConfigSchema,
    verify: checkWorkflows,
  });
  registerConfigRoutes(app, deps, {
    kind: projectManagementConfig,
    path: 'project-management-configs',
    name: 'ProjectManagementConfig',
    title: 'project management config',
    schema: projectManagementConfigSchema,
    verify: checkTracker,
  });
  registerConfigRoutes(app, deps, {
    kind: testManagementConfig,
    path: 'test-management-configs',
    name: 'TestManagementConfig',
    title: 'test management config',
    schema: testManagementConfigSchema,
    verify: checkTests,
  });
  registerConfigRoutes(app, deps, {
    kind: commChannels,
    path: 'communication-channels',
    name: 'ChannelConfig',
    title: 'channel config',
    schema: commChannelsSchema,
    verify: checkChannels,
  });
  registerConfigRoutes(app, deps, {
    kind: storeConfig,
    path: 'store-configs',
    name: 'StoreConfig',
    title: 'store config',
    schema: storeConfigSchema,
    verify: checkStore,
  });
}
