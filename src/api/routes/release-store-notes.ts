import { createRoute, z } from '@hono/zod-openapi';
import { localeName, storeNotesLimits } from '../../domain/release/store-notes.ts';
import { storeTargets } from '../../domain/release/vocabulary.ts';
import { listStoreNotes, readStoreNotes } from '../../services/store-notes/read-store-notes.ts';
import { putStoreNotes, removeStoreNotes } from '../../services/store-notes/write-store-notes.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { answer, bearer, instantSchema, jsonBody, readProblems, writeProblems } from '../schemas.ts';
import { personSchema, releaseParams, releasePath } from './release-schemas.ts';

const maxChars = z.int().meta({ description: `${storeTargets.map((target) => `${target}: ${storeNotesLimits[target]}`).join(', ')}` });
const editable = z.boolean().meta({ description: 'The store does not have them for review, and has not let them pass' });

const storeNotesSchema = z
  .object({
    target: z.enum(storeTargets),
    locale: z.string().meta({ example: 'en-US' }),
    text: z.string().nullable().meta({ description: 'What a person wrote; null: nobody did' }),
    sent: z.string().nullable().meta({ description: 'What the store would be given now; null: the release has no notes yet' }),
    maxChars,
    editable,
    updatedBy: personSchema.nullable(),
    updatedAt: instantSchema.nullable(),
  })
  .openapi('StoreNotes');

const targetNotesSchema = z
  .object({
    target: z.enum(storeTargets),
    maxChars,
    editable,
    generated: z.string().nullable().meta({
      description: "What locales are given that nobody wrote for: the release's notes, cut at a change; null: there are none yet",
    }),
    locales: z.array(storeNotesSchema).meta({ description: 'Those that people wrote for' }),
  })
  .openapi('TargetNotes');

const newNotesSchema = z
  .strictObject({
    text: z
      .string()
      .trim()
      .min(1)
      .max(Math.max(...Object.values(storeNotesLimits)))
      .meta({ description: 'What is new, as plain text' }),
  })
  .openapi('NewStoreNotes');

const localeSchema = z
  .string()
  .refine((text) => localeName(text) !== null, 'must be a locale such as en-US')
  .transform((text) => localeName(text) ?? text)
  .openapi({ type: 'string', description: 'BCP 47', example: 'en-US' });

const collection = `${releasePath}/store-notes`;
const item = `${collection}/{target}/{locale}`;
const itemParams = releaseParams.extend({ target: z.enum(storeTargets), locale: localeSchema });
const common = { tags: ['Stores'], security: bearer };

const routes = {
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listStoreNotes',
    summary: 'What the stores are told is new, by target',
    request: { params: releaseParams },
    responses: { 200: answer('The notes', z.object({ items: z.array(targetNotesSchema) }).openapi('StoreNotesList')), ...readProblems },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readStoreNotes',
    summary: 'What one locale of a store would be given now',
    request: { params: itemParams },
    responses: { 200: answer('The notes', storeNotesSchema), ...readProblems },
  }),
  put: createRoute({
    ...common,
    method: 'put',
    path: item,
    operationId: 'putStoreNotes',
    summary: 'Write what one locale of a store is given',
    description: 'In place of the notes of the release, in the next submission. Refused while the store has them for review.',
    request: { params: itemParams, ...jsonBody(newNotesSchema) },
    responses: { 200: answer('The notes', storeNotesSchema), ...writeProblems },
  }),
  remove: createRoute({
    ...common,
    method: 'delete',
    path: item,
    operationId: 'deleteStoreNotes',
    summary: 'Give one locale of a store the notes of the release again',
    request: { params: itemParams },
    responses: { 204: { description: 'Nobody has written for it any more' }, ...writeProblems },
  }),
};

export function registerReleaseStoreNotesRoutes(app: App, deps: ApiDeps): void {
  app.openapi(routes.list, async (c) => c.json(await listStoreNotes(deps, c.get('caller'), c.req.valid('param').releaseId), 200));
  app.openapi(routes.read, async (c) => {
    const { releaseId, ...place } = c.req.valid('param');
    return c.json(await readStoreNotes(deps, c.get('caller'), releaseId, place), 200);
  });
  app.openapi(routes.put, async (c) => {
    const { releaseId, ...place } = c.req.valid('param');
    return c.json(await putStoreNotes(servicesFor(c, deps), c.get('caller'), releaseId, place, c.req.valid('json')), 200);
  });
  app.openapi(routes.remove, async (c) => {
    const { releaseId, ...place } = c.req.valid('param');
    await removeStoreNotes(servicesFor(c, deps), c.get('caller'), releaseId, place);
    return c.body(null, 204);
  });
}
