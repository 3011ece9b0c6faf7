import { z } from '@hono/zod-openapi';
import { buckets, platforms, workflowTypes } from '../../domain/release/vocabulary.ts';
import { checkWorkflows } from '../../services/ci-cd-configs/check-workflows.ts';
import { ciCdConfig } from '../../services/ci-cd-configs/ci-cd-config.ts';
import { commChannels } from '../../services/comm-channels/comm-channels.ts';
import { projectManagementConfig } from '../../services/project-management-configs/project-management-config.ts';
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

const ciCdConfigSchema = z.strictObject({ ...head, workflows: z.array(workflow).max(100) });

const projectManagementConfigSchema = z.strictObject({
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

const testManagementConfigSchema = z.strictObject({
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

const commChannelsSchema = z.strictObject({
  ...head,
  channels: z
    .partialRecord(z.enum(buckets), z.array(text(255)).max(20))
    .meta({ description: 'Kind of notification → channel ids at the provider' }),
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
  });
  registerConfigRoutes(app, deps, {
    kind: testManagementConfig,
    path: 'test-management-configs',
    name: 'TestManagementConfig',
    title: 'test management config',
    schema: testManagementConfigSchema,
  });
  registerConfigRoutes(app, deps, {
    kind: commChannels,
    path: 'communication-channels',
    name: 'ChannelConfig',
    title: 'channel config',
    schema: commChannelsSchema,
  });
}
