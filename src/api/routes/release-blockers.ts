import { createRoute, z } from '@hono/zod-openapi';
import { blockerSources, blockerStatuses } from '../../domain/blockers/blocker.ts';
import { addBlocker, blockOnTicket } from '../../services/blockers/add-blocker.ts';
import { resolveBlocker, waiveBlocker } from '../../services/blockers/close-blocker.ts';
import { listBlockers } from '../../services/blockers/list-blockers.ts';
import { reopenBlocker } from '../../services/blockers/reopen-blocker.ts';
import { type ApiDeps, type App, servicesFor } from '../context.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  answer,
  bearer,
  idempotencyHeader,
  idSchema,
  instantSchema,
  jsonBody,
  providerWriteProblems,
  readProblems,
  writeProblems,
} from '../schemas.ts';
import {
  optionalBody,
  optionalReason,
  personSchema,
  reasonSchema,
  refuseOtherBodies,
  releaseParams,
  releasePath,
} from './release-schemas.ts';

const blockersPath = `${releasePath}/blockers`;
const blockerParams = releaseParams.extend({ blockerId: idSchema });
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const printable = /^[^\u0000-\u001f\u007f]*$/;
const ticketParams = releaseParams.extend({
  ticketKey: z
    .string()
    .trim()
    .min(1)
    .max(128)
    .regex(printable, 'must not contain control characters')
    .meta({ description: 'As people call the ticket', example: 'APP-123' }),
});

const blockerSchema = z
  .object({
    id: idSchema,
    releaseId: idSchema,
    status: z.enum(blockerStatuses),
    statusSince: instantSchema,
    source: z.enum(blockerSources).meta({ description: 'Who brought it to its status' }),
    statusBy: personSchema.nullable().meta({ description: 'null: the tracker' }),
    reason: z.string().nullable().meta({ description: 'Given with the change to its status' }),
    title: z.string(),
    url: z.string().nullable(),
    ticket: z
      .object({
        key: z.string().meta({ example: 'APP-123' }),
        status: z.string().nullable().meta({ description: "The tracker's word when it was last read", example: 'In Progress' }),
        isDone: z.boolean(),
        checkedAt: instantSchema.nullable(),
        nextLookAt: instantSchema.nullable().meta({ description: 'null: it is looked at no more, the release has ended' }),
        isStale: z.boolean().meta({ description: 'The last look failed: what is shown may be wrong by now' }),
        error: z.string().nullable().meta({ description: 'Why it failed' }),
      })
      .nullable()
      .meta({ description: 'null: words of a person, nothing is followed' }),
    addedBy: personSchema,
    addedAt: instantSchema,
  })
  .openapi('Blocker');

const newBlockerSchema = z
  .strictObject({
    title: z.string().trim().min(1).max(500).regex(printable, 'must not contain control characters').meta({ example: 'Crash on start' }),
    url: z
      .url({ protocol: /^https?$/ })
      .max(1024)
      .optional()
      .meta({ description: 'Where more is said', example: 'https://example.com/crash/1' }),
    reason: reasonSchema.optional(),
  })
  .openapi('NewBlocker');

const filterQuery = z.object({ status: z.enum(blockerStatuses).optional() });
const waiveSchema = z.strictObject({ reason: reasonSchema }).openapi('WaiveBlocker');

const common = { tags: ['Blockers'], security: bearer };

const routes = (deps: ApiDeps) => {
  const post = { ...common, method: 'post' as const };
  const change = { params: blockerParams, ...optionalBody(optionalReason) };
  return {
    list: createRoute({
      ...common,
      method: 'get',
      path: blockersPath,
      operationId: 'listBlockers',
      summary: 'What blocks a release, and what did; open ones first',
      request: { params: releaseParams, query: filterQuery },
      responses: { 200: answer('The blockers', z.object({ items: z.array(blockerSchema) }).openapi('BlockerList')), ...readProblems },
    }),
    add: createRoute({
      ...post,
      path: blockersPath,
      operationId: 'addBlocker',
      summary: 'Block a release in words',
      description: 'Nothing of the release starts until people resolve or waive it; before the kickoff, not even that.',
      middleware: [idempotent(deps)] as const,
      request: { params: releaseParams, headers: idempotencyHeader, ...jsonBody(newBlockerSchema) },
      responses: { 201: answer('The blocker', blockerSchema), ...writeProblems },
    }),
    onTicket: createRoute({
      ...post,
      path: `${blockersPath}/{ticketKey}`,
      operationId: 'blockOnTicket',
      summary: 'Block a release on a ticket of its tracker, until the ticket is done',
      description:
        'Asks the tracker whether the ticket exists. It is followed from then on: done resolves the blocker, and reopened opens it again while the release goes on. Asked twice, it is one blocker; one that was closed is open again.',
      middleware: [refuseOtherBodies, idempotent(deps)] as const,
      request: { params: ticketParams, headers: idempotencyHeader, ...optionalBody(optionalReason) },
      responses: {
        200: answer('It was a blocker of the release already', blockerSchema),
        201: answer('The blocker', blockerSchema),
        ...providerWriteProblems,
      },
    }),
    resolve: createRoute({
      ...post,
      path: `${blockersPath}/{blockerId}/resolve`,
      operationId: 'resolveBlocker',
      summary: 'Say that a blocker is out of the way, whatever its ticket says',
      description: 'With the last open one the release goes on where it was, and people hear of it once.',
      middleware: [refuseOtherBodies] as const,
      request: change,
      responses: { 200: answer('The blocker', blockerSchema), ...writeProblems },
    }),
    waive: createRoute({
      ...post,
      path: `${blockersPath}/{blockerId}/waive`,
      operationId: 'waiveBlocker',
      summary: 'Let a release go on in spite of a blocker',
      description: 'Needs the permission to override gates, and a reason. A ticket that is reopened does not bring it back; people can.',
      request: { params: blockerParams, ...jsonBody(waiveSchema) },
      responses: { 200: answer('The blocker', blockerSchema), ...writeProblems },
    }),
    reopen: createRoute({
      ...post,
      path: `${blockersPath}/{blockerId}/reopen`,
      operationId: 'reopenBlocker',
      summary: 'Have a blocker block again',
      middleware: [refuseOtherBodies] as const,
      request: change,
      responses: { 200: answer('The blocker', blockerSchema), ...writeProblems },
    }),
  };
};

export function registerReleaseBlockerRoutes(app: App, deps: ApiDeps): void {
  const { list, add, onTicket, resolve, waive, reopen } = routes(deps);
  app.openapi(list, async (c) =>
    c.json(await listBlockers(deps, c.get('caller'), c.req.valid('param').releaseId, c.req.valid('query')), 200),
  );
  app.openapi(add, async (c) =>
    c.json(await addBlocker(servicesFor(c, deps), c.get('caller'), c.req.valid('param').releaseId, c.req.valid('json')), 201),
  );
  app.openapi(onTicket, async (c) => {
    const { releaseId, ticketKey } = c.req.valid('param');
    const { blocker, isNew } = await blockOnTicket(servicesFor(c, deps), c.get('caller'), releaseId, ticketKey, c.req.valid('json'));
    return isNew ? c.json(blocker, 201) : c.json(blocker, 200);
  });
  app.openapi(resolve, async (c) => {
    const { releaseId, blockerId } = c.req.valid('param');
    return c.json(await resolveBlocker(servicesFor(c, deps), c.get('caller'), releaseId, blockerId, c.req.valid('json')), 200);
  });
  app.openapi(waive, async (c) => {
    const { releaseId, blockerId } = c.req.valid('param');
    return c.json(await waiveBlocker(servicesFor(c, deps), c.get('caller'), releaseId, blockerId, c.req.valid('json')), 200);
  });
  app.openapi(reopen, async (c) => {
    const { releaseId, blockerId } = c.req.valid('param');
    return c.json(await reopenBlocker(servicesFor(c, deps), c.get('caller'), releaseId, blockerId, c.req.valid('json')), 200);
  });
}
