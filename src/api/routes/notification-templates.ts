import { createRoute, z } from '@hono/zod-openapi';
import { messageTypes } from '../../domain/notifications/message-types.ts';
import { buckets } from '../../domain/release/vocabulary.ts';
import { listTemplates, previewTemplate, readTemplate } from '../../services/notification-templates/read-template.ts';
import { deleteTemplate, replaceTemplate } from '../../services/notification-templates/replace-template.ts';
import type { ApiDeps, App } from '../context.ts';
import { answer, bearer, instantSchema, jsonBody, readProblems, tenantParams, writeProblems } from '../schemas.ts';

const wordsBody = z.strictObject({
  isEnabled: z.boolean().default(true).meta({ description: 'false: this type is not sent at all' }),
  bucket: z.enum(buckets).nullable().default(null).meta({ description: 'Where it goes; null: as ours' }),
  headline: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .nullable()
    .default(null)
    .meta({ description: 'One line with placeholders; null: ours', example: '{{release.displayId}}: {{rcTag}} is ready to test' }),
  body: z.string().trim().min(1).max(4000).nullable().default(null).meta({
    description: 'Plain text with placeholders, in place of ours; null: ours. The release or the deployment is named below it all the same',
    example: '{{#builds}}{{platform}} {{version}}\n{{/builds}}',
  }),
});

const renderedSchema = z.object({ bucket: z.enum(buckets), headline: z.string(), body: z.string() }).openapi('RenderedNotification');

const templateSchema = z
  .object({
    type: z.enum(messageTypes),
    default: renderedSchema.meta({ description: "The type's example in our words, as plain text" }),
    placeholders: z
      .array(
        z.object({
          path: z.string().meta({ example: 'builds.version' }),
          kind: z.enum(['value', 'list']),
          description: z.string(),
          example: z.string().nullable(),
        }),
      )
      .meta({
        description:
          'What a template may name, e.g. {{release.displayId}}, of types about a deployment {{deployment.displayId}}. Lists are gone through by {{#builds}}{{version}}{{/builds}}; {{^builds}}…{{/builds}} is for none; {{#by}}…{{/by}} is for a value that is there',
      }),
    exampleData: z.record(z.string(), z.unknown()),
    override: wordsBody.extend({ updatedAt: instantSchema }).nullable().meta({ description: "The tenant's words; null: ours are used" }),
  })
  .openapi('NotificationTemplate');

const previewSchema = z
  .object({ rendered: renderedSchema.nullable().meta({ description: 'null: it is not sent' }) })
  .openapi('NotificationPreview');
const newWords = wordsBody.openapi('NotificationWords');

const collection = '/api/v1/tenants/{tenantId}/notification-templates';
const item = `${collection}/{type}` as const;
// A type that does not exist is not found, as any other resource.
const itemParams = tenantParams.extend({ type: z.string().min(1).max(64).meta({ example: 'TASK_FAILED' }) });
const common = { tags: ['Messages'], security: bearer };

const routes = () => ({
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listNotificationTemplates',
    summary: 'Every type of notification: our words, its placeholders, and the words of the tenant',
    request: { params: tenantParams },
    responses: { 200: answer('All types', z.object({ items: z.array(templateSchema) }).openapi('NotificationTemplates')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readNotificationTemplate',
    summary: 'One type of notification',
    request: { params: itemParams },
    responses: { 200: answer('The type', templateSchema), ...readProblems },
  }),
  replace: createRoute({
    ...common,
    method: 'put',
    path: item,
    operationId: 'replaceNotificationTemplate',
    summary: 'Tell a type of notification in other words, elsewhere, or not at all',
    description: 'Holds from the next message on. Placeholders that the type does not have are refused by name.',
    request: { params: itemParams, ...jsonBody(newWords) },
    responses: { 200: answer('The type', templateSchema), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: item,
    operationId: 'deleteNotificationTemplate',
    summary: 'Go back to our words',
    request: { params: itemParams },
    responses: { 204: { description: 'Our words are used' }, ...writeProblems },
  }),
  preview: createRoute({
    ...common,
    method: 'post',
    path: `${item}/preview`,
    operationId: 'previewNotificationTemplate',
    summary: 'See what words make of the example; nothing is stored',
    request: { params: itemParams, ...jsonBody(newWords) },
    responses: { 200: answer('What people would read', previewSchema), ...writeProblems },
  }),
});

export function registerNotificationTemplateRoutes(app: App, deps: ApiDeps): void {
  const { list, read, replace, remove, preview } = routes();
  app.openapi(list, async (c) => c.json({ items: await listTemplates(deps, c.get('caller')) }, 200));
  app.openapi(read, async (c) => c.json(await readTemplate(deps, c.get('caller'), c.req.valid('param').type), 200));
  app.openapi(replace, async (c) => {
    return c.json(await replaceTemplate(deps, c.get('caller'), c.req.valid('param').type, c.req.valid('json')), 200);
  });
  app.openapi(remove, async (c) => {
    await deleteTemplate(deps, c.get('caller'), c.req.valid('param').type);
    return c.body(null, 204);
  });
  app.openapi(preview, (c) => c.json(previewTemplate(c.get('caller'), c.req.valid('param').type, c.req.valid('json')), 200));
}
