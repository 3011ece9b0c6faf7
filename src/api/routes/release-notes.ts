import { createRoute, z } from '@hono/zod-openapi';
import { noteRemarks, noteSections } from '../../domain/notes/document.ts';
import { NOTES_JSON_VERSION } from '../../domain/notes/json.ts';
import { storeTargets } from '../../domain/release/vocabulary.ts';
import { editNotes } from '../../services/notes/edit-notes.ts';
import { publishNotes } from '../../services/notes/publish-notes.ts';
import { notesFormats, readNotes, renderNotes } from '../../services/notes/read-notes.ts';
import { listNotes } from '../../services/releases/list-notes.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import {
  answer,
  bearer,
  idSchema,
  instantSchema,
  jsonBody,
  problems,
  providerWriteProblems,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import { releaseParams, releasePath } from './release-schemas.ts';

const sectionSchema = z.enum(noteSections);
const itemIdSchema = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be the id of an item')
  .meta({ description: 'The same in the notes of every candidate and the final ones', example: '9f86d081884c7d65' });

const itemSchema = z
  .object({
    id: itemIdSchema,
    section: sectionSchema,
    scope: z.string().nullable(),
    text: z.string(),
    breakingNotes: z.array(z.string()).meta({ description: 'What people must do about a breaking change' }),
    tickets: z.array(z.string()),
    pullRequests: z.array(z.object({ number: z.int(), url: z.string().nullable() })),
    authors: z.array(z.string()),
    commits: z.array(
      z.object({
        sha: z.string(),
        url: z.string().nullable(),
        pickedFrom: z.array(z.string()).meta({ description: 'Commits that it was cherry-picked from' }),
      }),
    ),
  })
  .openapi('NoteItem');

const prose = z.string().nullable();

const documentSchema = z
  .object({
    version: z.literal(NOTES_JSON_VERSION).meta({ description: 'Of this shape' }),
    base: z.string(),
    head: z.string(),
    commits: z.int().meta({ description: 'In the range, those included that notes leave out' }),
    preface: prose,
    sections: z.array(z.object({ section: sectionSchema, items: z.array(itemSchema) })),
    appendix: prose,
    remarks: z.array(z.enum(noteRemarks)).meta({ description: 'What readers must know about how the notes were made' }),
  })
  .openapi('NotesDocument');

const summary = {
  id: idSchema,
  kind: z.enum(['cycle', 'final']),
  cycle: z.int().nullable(),
  baseRef: z.string(),
  headRef: z.string(),
  markdown: z.string().meta({ description: 'As people read them, edits applied' }),
  version: z.int().meta({ description: 'What an edit must name' }),
  createdAt: instantSchema,
};

const notesSchema = z
  .object({ ...summary, edits: z.object({ count: z.int(), stale: z.int() }).meta({ description: 'How many items people changed' }) })
  .openapi('ReleaseNotes');

const detailSchema = z
  .object({
    ...summary,
    document: documentSchema.nullable().meta({ description: 'Null for notes of before their parts were kept' }),
    preface: prose,
    appendix: prose,
    edits: z.array(
      z.object({
        itemId: itemIdSchema,
        text: z.string().nullable(),
        hidden: z.boolean(),
        section: sectionSchema.nullable(),
        was: z.string().meta({ description: 'How the item read when it was edited' }),
        stale: z.boolean().meta({ description: 'Its item is not in the notes (any more): its commits were reverted' }),
      }),
    ),
    hidden: z.array(itemSchema).meta({ description: 'What people took out' }),
  })
  .openapi('ReleaseNotesDetail');

const proseInput = z
  .string()
  .trim()
  .max(4_000)
  .nullable()
  .transform((text) => text || null)
  .openapi({ type: ['string', 'null'], description: 'Plain text; blank lines part paragraphs' });

const editSchema = z
  .strictObject({
    itemId: itemIdSchema,
    text: z.string().trim().min(1).max(1_000).optional().meta({ description: 'In place of the whole line', example: 'Search is faster' }),
    hidden: z.boolean().optional(),
    section: sectionSchema.optional(),
  })
  .refine(({ text, hidden, section }) => text !== undefined || hidden === true || section !== undefined, 'must change something');

const editsSchema = z
  .strictObject({
    version: z.int().min(1).meta({ description: 'Of the notes as they were read; when they are another by now, the answer is 409' }),
    preface: proseInput,
    appendix: proseInput,
    edits: z.array(editSchema).max(2_000).meta({ description: 'All of them: what is missing here is taken back' }),
  })
  .openapi('NotesEdits');

const publishedSchema = z.object({ url: z.string(), version: z.int() }).openapi('PublishedNotes');

const collection = `${releasePath}/notes`;
const item = `${collection}/{noteId}`;
const itemParams = releaseParams.extend({ noteId: idSchema });
const common = { tags: ['Releases'], security: bearer };
const textContent = (description: string) => ({ schema: z.string().meta({ description }) });

const routes = {
  list: createRoute({
    ...common,
    method: 'get',
    path: collection,
    operationId: 'listReleaseNotes',
    summary: 'The notes of each candidate, then the final ones; or one of them as a page',
    description: 'With `format`, the final notes, or those of the latest candidate before there are any, or those of `cycle`.',
    request: {
      params: releaseParams,
      query: z.object({
        format: z.enum(notesFormats).optional(),
        target: z
          .enum(storeTargets)
          .optional()
          .meta({ description: 'The store that `format=store` is for: it is cut at a change to what fits' }),
        cycle: z.coerce.number().int().min(1).optional(),
      }),
    },
    responses: {
      200: {
        description: 'The notes',
        content: {
          'application/json': { schema: z.union([z.object({ items: z.array(notesSchema) }).openapi('ReleaseNotesList'), documentSchema]) },
          'text/markdown': textContent('format=markdown'),
          'text/html': textContent('format=html: a fragment'),
          'text/plain': textContent('format=store'),
        },
      },
      ...problems(401, 403, 404, 409, 422, 429),
    },
  }),
  read: createRoute({
    ...common,
    method: 'get',
    path: item,
    operationId: 'readReleaseNotes',
    summary: 'Notes with their items and what people changed',
    request: { params: itemParams },
    responses: { 200: answer('The notes', detailSchema), ...readProblems },
  }),
  edit: createRoute({
    ...common,
    method: 'put',
    path: item,
    operationId: 'editReleaseNotes',
    summary: 'Say what people change of the notes',
    description:
      'Edits belong to items and are applied again whenever the notes are composed anew; the notes of later candidates and the final ones take them over. One whose item is gone is kept as stale.',
    request: { params: itemParams, ...jsonBody(editsSchema) },
    responses: { 200: answer('The notes', detailSchema), ...writeProblems },
  }),
  publish: createRoute({
    ...common,
    method: 'post',
    path: `${item}/publish`,
    operationId: 'publishReleaseNotes',
    summary: 'Bring the release object in source control in line with the final notes',
    description: 'The task that writes the final notes does so by itself; edits made after it do not get there otherwise. May be repeated.',
    request: { params: itemParams },
    responses: { 200: answer('Where they are', publishedSchema), ...providerWriteProblems },
  }),
};

export function registerReleaseNotesRoutes(app: App, deps: ApiDeps): void {
  app.openapi(routes.list, async (c) => {
    const { releaseId } = c.req.valid('param');
    const { format, ...which } = c.req.valid('query');
    if (format === undefined) return c.json(await listNotes(deps, c.get('caller'), releaseId), 200);
    const { contentType, body } = await renderNotes(deps, c.get('caller'), releaseId, { format, ...which });
    return c.body(body, 200, {
      'content-type': contentType,
      // A fragment that a browser opens from here is no page of ours.
      'content-security-policy': "default-src 'none'; sandbox",
    });
  });
  app.openapi(routes.read, async (c) => c.json(await readNotes(deps, c.get('caller'), c.req.valid('param')), 200));
  app.openapi(routes.edit, async (c) =>
    c.json(await editNotes(servicesFor(c, deps), c.get('caller'), c.req.valid('param'), c.req.valid('json')), 200),
  );
  app.openapi(routes.publish, async (c) => c.json(await publishNotes(servicesFor(c, deps), c.get('caller'), c.req.valid('param')), 200));
}
